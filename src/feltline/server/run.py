"""Run the server on this machine until it is interrupted."""

import socket
import webbrowser
from collections.abc import Callable
from typing import Final

import uvicorn

from feltline.errors import SetupError
from feltline.project import Project
from feltline.server.app import create_app
from feltline.server.security import Gate
from feltline.types import Progress

__all__ = ["serve"]

HOST: Final = "127.0.0.1"
PATIENCE_S: Final = 3


def serve(
    project: Project,
    *,
    port: int,
    tell: Callable[[str], None],
    open_page: bool = False,
    progress: Progress | None = None,
) -> None:
    """Serve a project to this machine until Ctrl-C.

    Args:
        project: An open project.
        port: 0 takes any that is free.
        tell: Told a link that lets one browser in, once; told a new one when it was
            used.
        open_page: Whether to open the first link in the user's browser.
        progress: Told how far the opening of the project is.

    Raises:
        SetupError: The port is taken.
    """
    listening = _listen(port)
    port = int(listening.getsockname()[1])
    base = f"http://{HOST}:{port}"
    gate = Gate.of(project.hidden, hosts=(f"{HOST}:{port}", f"localhost:{port}"))

    def offer() -> str:
        link = f"{base}/?token={gate.new_token()}"
        tell(link)
        return link

    gate.when_used = offer
    app = create_app(project, gate, progress)
    link = offer()
    if open_page:
        webbrowser.open(link)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=PATIENCE_S,
    )
    with listening:
        _Server(config, app.state.served.news.close).run(sockets=[listening])


class _Server(uvicorn.Server):
    """A server that ends the streams of its pages itself, not by force.

    Args:
        config: How to serve.
        end_streams: Ends them.
    """

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; uvicorn would wait for the streams, which have no end of their own."""
        self._end_streams()
        await super().shutdown(sockets)


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise SetupError(
            f"port {port} cannot be used ({error.strerror}); another feltline serve "
            f"may be running: choose another with --port, or --port 0 for any"
        ) from error
    listening.listen()  # before the link is told: who is quick waits for an answer
    return listening
