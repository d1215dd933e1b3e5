"""Prometheus metrics of the server."""

import time
from collections.abc import Mapping
from functools import partial
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Metrics", "Waiting"]

_REQUEST_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_REFILL_S: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_PROXY_S: Final = (1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0)


class Waiting(NamedTuple):
    """What waits in a project: frames of the queue, their tracks, proxy videos."""

    frames: int
    tracks: int
    proxies: int


class Metrics:
    """The figures of one server, in a registry of its own; safe under threads.

    Attributes:
        judgements: Counts judgements by `decision`.
        refill_s: Seconds from a judgement to the new predictions of its video.
        proxy_s: Seconds that building a proxy took, by `outcome`: built, failed,
            stopped.
    """

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        histogram = partial(Histogram, registry=registry)
        gauge = partial(Gauge, registry=registry)
        self._request_s = histogram(
            "feltline_request_seconds",
            "From a request's arrival to the head of its answer.",
            ["method", "route", "status"],
            buckets=_REQUEST_S,
        )
        self.judgements = Counter(
            "feltline_judgements",
            "Judgements saved, by decision.",
            ["decision"],
            registry=registry,
        )
        self.refill_s = histogram(
            "feltline_refill_seconds",
            "From a judgement to the new predictions of its video.",
            buckets=_REFILL_S,
        )
        self.proxy_s = histogram(
            "feltline_proxy_seconds",
            "Building of proxy videos, by how it ended: built, failed, stopped.",
            ["outcome"],
            buckets=_PROXY_S,
        )
        self._frames = gauge(
            "feltline_queue_frames",
            "Frames under the threshold that nobody has reviewed, of open projects.",
            ["project"],
        )
        self._tracks = gauge(
            "feltline_queue_tracks", "Tracks with such frames.", ["project"]
        )
        self._proxies = gauge(
            "feltline_proxies_waiting",
            "Proxy videos that are being built or wait for their turn.",
            ["project"],
        )

    def attach(self, app: Starlette) -> None:
        """Time the requests of an application that has not served one yet.

        Attach it after every other middleware, so that it sees all answers.
        """
        app.add_middleware(_RequestTimer, request_s=self._request_s)

    def response(self, waiting: Mapping[str, Waiting]) -> Response:
        """All figures in the text format of Prometheus, and what waits now.

        Args:
            waiting: Per key of an open project.
        """
        for gauge in (self._frames, self._tracks, self._proxies):
            gauge.clear()
        for key, now in waiting.items():
            self._frames.labels(key).set(now.frames)
            self._tracks.labels(key).set(now.tracks)
            self._proxies.labels(key).set(now.proxies)
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
    params = scope.get("path_params", {})
    filled = template.format(**params)
    if not path.endswith(filled):
        return template
    before = path.removesuffix(filled)
    if "project" in params:  # no label of its own for each key that is asked for
        before = before.replace(f"/p/{params['project']}", "/p/{project}", 1)
    return before + template
