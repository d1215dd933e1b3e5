import numpy as np
import pytest
from fastapi import APIRouter, FastAPI, HTTPException
from prometheus_client.parser import text_string_to_metric_families
from tests.server.asking import ask

from feltline.review import View
from feltline.server.metrics import Metrics


class Pending(View):
    """A track of which nothing is known but which frames are pending."""

    def __new__(cls, confidence):
        made = object.__new__(cls)
        object.__setattr__(made, "confidence", np.array(confidence))
        return made

    def __init__(self, confidence):
        """Nothing else is set."""

    def pending(self, threshold):
        return vars(self)["confidence"] < threshold


@pytest.fixture
def metrics():
    return Metrics()


@pytest.fixture
def app(metrics):
    app = FastAPI()
    router = APIRouter()

    @router.get("/videos/{video_id}/frames/{frame}")
    def frame(video_id: str, frame: int) -> str:
        if frame > 9:
            raise HTTPException(404, "no such frame")
        return f"{video_id} {frame}"

    @router.post("/broken")
    def broken() -> None:
        raise ZeroDivisionError

    app.include_router(router, prefix="/api")
    metrics.attach(app)
    return app


def samples(metrics, views=(), threshold=0.8, **rest):
    response = metrics.response(views, threshold, **rest)
    assert response.headers["content-type"].startswith("text/plain; version=")
    text = response.body.decode()
    return {
        (sample.name, *(f"{k}={v}" for k, v in sorted(sample.labels.items()))): (
            sample.value
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_are_counted_by_template_and_status(app, metrics):
    route = "route=/api/videos/{video_id}/frames/{frame}"
    for target in ("a/frames/1", "b/frames/2", "a/frames/10"):
        ask(app, target=f"/api/videos/{target}")
    ask(app, target="/nowhere")
    ask(app, target="/elsewhere")
    found = samples(metrics)
    count = "feltline_requests_total"
    assert found[count, "method=GET", route, "status=200"] == 2
    assert found[count, "method=GET", route, "status=404"] == 1
    assert found[count, "method=GET", "route=none", "status=404"] == 2
    seconds = "feltline_request_seconds"
    assert found[f"{seconds}_count", "method=GET", route, "status=200"] == 2
    assert 0 < found[f"{seconds}_sum", "method=GET", route, "status=200"] < 5
    # No path of a request is a label: there would be no end of them.
    assert not any("/nowhere" in part for key in found for part in key)


def test_faults_are_counted(app, metrics):
    with pytest.raises(ZeroDivisionError):
        ask(app, "POST", "/api/broken")
    found = samples(metrics)
    where = ("method=POST", "route=/api/broken", "status=500")
    assert found["feltline_requests_total", *where] == 1


def test_work_is_counted(metrics):
    for decision in ("label", "label", "accept"):
        metrics.label_saved(decision)
    metrics.refilled(0.3)
    metrics.proxy_ended("built", 12.0)
    found = samples(metrics)
    assert found["feltline_labels_total", "decision=label"] == 2
    assert found["feltline_labels_total", "decision=accept"] == 1
    assert found[("feltline_refill_seconds_sum",)] == pytest.approx(0.3)
    assert found["feltline_refill_seconds_bucket", "le=0.5"] == 1
    assert found["feltline_refill_seconds_bucket", "le=0.25"] == 0
    assert found["feltline_proxy_seconds_count", "outcome=built"] == 1


def test_the_queue_as_it_stands(metrics):
    views = [Pending([0.1, 0.9, 0.5]), Pending([0.95]), Pending([0.2])]
    found = samples(metrics, views, proxies_waiting=4)
    assert found[("feltline_queue_frames",)] == 3
    assert found[("feltline_queue_tracks",)] == 2
    assert found[("feltline_proxies_waiting",)] == 4
    assert samples(metrics, views, 0.0)[("feltline_queue_frames",)] == 0


def test_servers_count_apart(metrics):
    metrics.label_saved("label")
    assert ("feltline_labels_total", "decision=label") not in samples(Metrics())
