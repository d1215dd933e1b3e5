"""Prometheus metrics of the server."""

import threading
import time
from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Metrics"]

_REQUEST_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_REFILL_S: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_PROXY_S: Final = (1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0)
_RECENT_EVENTS: Final = 10_000


class Metrics:
    """The figures of one server, in a registry of its own; safe under threads.

    Args:
        last_event_id: Newest event of the log: judgements up to it were counted by
            another server, or never, and are not counted when they are sent again.
    """

    def __init__(self, last_event_id: int = 0) -> None:
        self._registry = registry = CollectorRegistry()
        self._counted_until = last_event_id
        self._counted: dict[int, None] = {}
        self._lock = threading.Lock()
        histogram = partial(Histogram, registry=registry)
        gauge = partial(Gauge, registry=registry)
        self._request_s = histogram(
            "feltline_request_seconds",
            "From a request's arrival to the head of its answer.",
            ["method", "route", "status"],
            buckets=_REQUEST_S,
        )
        self._judgements = Counter(
            "feltline_judgements",
            "Judgements saved, by decision.",
            ["decision"],
            registry=registry,
        )
        self._refill_s = histogram(
            "feltline_refill_seconds",
            "From a judgement to the new predictions of its video.",
            buckets=_REFILL_S,
        )
        self._proxy_s = histogram(
            "feltline_proxy_seconds",
            "Building of proxy videos, by how it ended: built, failed, stopped.",
            ["outcome"],
            buckets=_PROXY_S,
        )
        self._frames = gauge(
            "feltline_queue_frames",
            "Frames under the threshold that nobody has reviewed.",
        )
        self._tracks = gauge("feltline_queue_tracks", "Tracks with such frames.")
        self._proxies = gauge(
            "feltline_proxies_waiting",
            "Proxy videos that are being built or wait for their turn.",
        )

    def attach(self, app: Starlette) -> None:
        """Time the requests of an application that has not served one yet.

        Attach it after every other middleware, so that it sees all answers.
        """
        app.add_middleware(_RequestTimer, request_s=self._request_s)

    def judgement_saved(self, event_id: int, decision: str) -> None:
        """Count a judgement, once, however often it was sent.

        Args:
            event_id: Its event; one that is sent again has the event of the first.
            decision: What was decided, such as "accept".
        """
        with self._lock:
            if event_id <= self._counted_until or event_id in self._counted:
                return
            self._counted[event_id] = None
            if len(self._counted) > _RECENT_EVENTS:
                oldest = next(iter(self._counted))
                del self._counted[oldest]
                self._counted_until = max(self._counted_until, oldest)
        self._judgements.labels(decision=decision).inc()

    def refilled(self, seconds: float) -> None:
        """Note how long a judgement took to reach its video's predictions."""
        self._refill_s.observe(seconds)

    def proxy_ended(self, outcome: str, seconds: float) -> None:
        """Note the end of a build: "built", "failed" or "stopped", and its length."""
        self._proxy_s.labels(outcome=outcome).observe(seconds)

    def response(
        self, *, queue_frames: int, queue_tracks: int, proxies_waiting: int
    ) -> Response:
        """All figures in the text format of Prometheus.

        Args:
            queue_frames: Frames under the threshold that nobody has reviewed.
            queue_tracks: Tracks with such frames.
            proxies_waiting: Builds under way or waiting.
        """
        self._frames.set(queue_frames)
        self._tracks.set(queue_tracks)
        self._proxies.set(proxies_waiting)
        body = generate_latest(self._registry)
        return Response(body, headers={"Content-Type": CONTENT_TYPE_LATEST})


class _RequestTimer:
    """Times an application up to the head of each answer: a stream has no end."""

    def __init__(self, app: ASGIApp, *, request_s: Histogram) -> None:
        self._app = app
        self._request_s = request_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        is_answered = False

        def observe(status: int) -> None:
            nonlocal is_answered
            is_answered = True
            by = (scope["method"], _route(scope), f"{status}")
            self._request_s.labels(*by).observe(time.perf_counter() - began)

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                observe(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, observed)
        except Exception:
            if not is_answered:
                observe(500)  # what the server will make of it
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
