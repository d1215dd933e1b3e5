import pytest
from fastapi import APIRouter, FastAPI, HTTPException
from prometheus_client.parser import text_string_to_metric_families
from tests.server.asking import ask

from feltline.server.metrics import Metrics, Waiting


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
    app.include_router(router, prefix="/p/{project}/api")
    metrics.attach(app)
    return app


def samples(metrics, **waiting):
    response = metrics.response(waiting)
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
    for key in ("study", "pilot"):  # not a label of its own for each key
        ask(app, target=f"/p/{key}/api/videos/a/frames/1")
    ask(app, target="/nowhere")
    ask(app, target="/elsewhere")
    found = samples(metrics)
    count = "feltline_request_seconds_count"
    assert found[count, "method=GET", route, "status=200"] == 2
    assert found[count, "method=GET", route, "status=404"] == 1
    of_project = "route=/p/{project}/api/videos/{video_id}/frames/{frame}"
    assert found[count, "method=GET", of_project, "status=200"] == 2
    assert found[count, "method=GET", "route=none", "status=404"] == 2
    total = "feltline_request_seconds_sum"
    assert 0 < found[total, "method=GET", route, "status=200"] < 5
    # No path of a request is a label: there would be no end of them.
    assert not any("/nowhere" in part for key in found for part in key)


def test_faults_are_counted(app, metrics):
    with pytest.raises(ZeroDivisionError):
        ask(app, "POST", "/api/broken")
    found = samples(metrics)
    where = ("method=POST", "route=/api/broken", "status=500")
    assert found["feltline_request_seconds_count", *where] == 1


def test_work_is_timed(metrics):
    metrics.refill_s.observe(0.3)
    metrics.proxy_s.labels("built").observe(12.0)
    found = samples(metrics)
    assert found[("feltline_refill_seconds_sum",)] == pytest.approx(0.3)
    assert found["feltline_refill_seconds_bucket", "le=0.5"] == 1
    assert found["feltline_refill_seconds_bucket", "le=0.25"] == 0
    assert found["feltline_proxy_seconds_count", "outcome=built"] == 1


def test_the_queue_as_it_stands(metrics):
    found = samples(metrics, study=Waiting(3, 2, 4), pilot=Waiting(7, 0, 0))
    assert found["feltline_queue_frames", "project=study"] == 3
    assert found["feltline_queue_tracks", "project=study"] == 2
    assert found["feltline_proxies_waiting", "project=study"] == 4
    assert found["feltline_queue_frames", "project=pilot"] == 7
    # One that is closed is gone.
    found = samples(metrics, study=Waiting(0, 0, 0))
    assert found["feltline_queue_frames", "project=study"] == 0
    assert ("feltline_queue_frames", "project=pilot") not in found


def test_servers_count_apart(metrics):
    metrics.judgements.labels("label").inc()
    assert ("feltline_judgements_total", "decision=label") not in samples(Metrics())
