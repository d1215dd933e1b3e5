"""Counts and times of the server, for Prometheus."""

import time
from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feltline.review import View

__all__ = ["Counting", "Metrics"]

_REQUEST_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_REFILL_S: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_PROXY_S: Final = (1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0)


class Metrics:
    """The figures of one server, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._requests = Counter(
            "feltline_requests",
            "Requests answered, by route and status.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._request_s = Histogram(
            "feltline_request_seconds",
            "From a request's arrival to the head of its answer.",
            ["method", "route", "status"],
            buckets=_REQUEST_S,
            registry=registry,
        )
        self._labels = Counter(
            "feltline_labels",
            "Labels and reviews saved, by decision.",
            ["decision"],
            registry=registry,
        )
        self._refill_s = Histogram(
            "feltline_refill_seconds",
            "From a correction to the new estimates of its video.",
            buckets=_REFILL_S,
            registry=registry,
        )
        self._proxy_s = Histogram(
            "feltline_proxy_seconds",
            "Building of playable copies, by how it ended: built, failed, stopped.",
            ["outcome"],
            buckets=_PROXY_S,
            registry=registry,
        )
        self._frames = Gauge(
            "feltline_queue_frames",
            "Frames under the threshold that nobody has dealt with.",
            registry=registry,
        )
        self._tracks = Gauge(
            "feltline_queue_tracks", "Tracks with such frames.", registry=registry
        )
        self._proxies = Gauge(
            "feltline_proxies_waiting",
            "Playable copies that are being built or wait for their turn.",
            registry=registry,
        )

    def attach(self, app: Starlette) -> None:
        """Count the requests of an application that has not served one yet.

        Attach it after every other middleware, so that it sees all answers.
        """
        app.add_middleware(Counting, metrics=self)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request.

        Args:
            method: Such as GET.
            route: The template of its path, never the path itself.
            status: Of the answer.
            seconds: From its arrival to the head of the answer.
        """
        named = {"method": method, "route": route, "status": f"{status}"}
        self._requests.labels(**named).inc()
        self._request_s.labels(**named).observe(seconds)

    def label_saved(self, decision: str) -> None:
        """Count a label or a review, by what was decided."""
        self._labels.labels(decision=decision).inc()

    def refilled(self, seconds: float) -> None:
        """Note how long a correction took to reach its video's estimates."""
        self._refill_s.observe(seconds)

    def proxy_ended(self, outcome: str, seconds: float) -> None:
        """Note the end of a build: "built", "failed" or "stopped", and its length."""
        self._proxy_s.labels(outcome=outcome).observe(seconds)

    def response(
        self, views: Iterable[View], threshold: float, *, proxies_waiting: int = 0
    ) -> Response:
        """All figures in the text format of Prometheus.

        Args:
            views: All tracks as they stand.
            threshold: Confidence under which a person should look.
            proxies_waiting: Builds under way or waiting.
        """
        pending = [int(view.pending(threshold).sum()) for view in views]
        self._frames.set(sum(pending))
        self._tracks.set(sum(count > 0 for count in pending))
        self._proxies.set(proxies_waiting)
        body = generate_latest(self.registry)
        return Response(body, headers={"Content-Type": CONTENT_TYPE_LATEST})


class Counting:
    """Counts what an application answers; a plain ASGI application around it.

    Args:
        app: The application.
        metrics: Where to count.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have a request answered, and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        is_counted = False

        def count(status: int) -> None:
            nonlocal is_counted
            if not is_counted:
                is_counted = True
                seconds = time.perf_counter() - began
                method = scope["method"]
                self._metrics.answered(method, _route(scope), status, seconds)

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                count(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except Exception:
            count(500)  # what the server will make of it
            raise


def _route(scope: Scope) -> str:
    """The template of the path that was asked for; "none" for what has no route.

    A route knows its template within its router only: what stands before it in the
    path is the router's prefix.
    """
    template: str | None = getattr(scope.get("route"), "path_format", None)
    if template is None:
        return "none"
    path: str = scope["path"]
    filled = template.format(**scope.get("path_params", {}))
    return path.removesuffix(filled) + template if path.endswith(filled) else template
