"""Run the server on this machine until it is interrupted."""

import errno
import socket
import sys
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Final

import uvicorn

from feltline.errors import SetupError
from feltline.server.app import create_app
from feltline.server.deadlines import DeadlineProtocol
from feltline.server.served_projects import ServedProjects

__all__ = ["is_free", "serve"]

HOST: Final = "127.0.0.1"
SHUTDOWN_S: Final = 3
SWITCH_S: Final = 0.001
"""Longest turn of a thread that computes while another has a request to answer.

An answer gives way some dozens of times, at each statement and larger array; at
Python's own 5 ms each, work in the background would make it late by 150 ms.
"""


def serve(  # noqa: PLR0913 - each a choice of who starts it
    projects: ServedProjects,
    *,
    port: int,
    announce: Callable[[str], None],
    key: str | None = None,
    open_page: bool = False,
    address: str = HOST,
    proxies: Sequence[str] = (),
) -> None:
    """Serve projects until Ctrl-C; they are closed then.

    Without a public address (`ServedProjects.public`), to this machine alone.

    Args:
        projects: Which; more may be opened on the page.
        port: 0 takes any that is free.
        announce: Given a link that lets one browser in, once; given a new one when it
            was used. At a public address, given that: users sign in there.
        key: Of the project whose page the link opens; None opens the start page.
        open_page: Whether to open the first link in the user's browser.
        address: Where to listen; beyond this machine at a public address only.
        proxies: Addresses of reverse proxies, which are believed who it is that asks.

    Raises:
        SetupError: The port or the address cannot be used, or nobody could sign in at
            the public address.
    """
    sys.setswitchinterval(SWITCH_S)
    public = projects.public
    if public is None and address != HOST:
        raise SetupError(
            f"the server listens on {address} with a public address only; name it "
            f"with --public-url"
        )
    if public is not None and not projects.people.can_sign_in():
        raise SetupError(
            "nobody could sign in: no user has a password yet; make one with feltline "
            "user add NAME --admin"
        )
    listening = listen(port, address)
    page = "/" if key is None else f"/p/{key}/"
    base = f"http://{HOST}:{listening.getsockname()[1]}{page}"
    credentials = projects.credentials

    def offer() -> str:
        if public is not None:
            announce(public.origin + page)
            return public.origin + page
        link = f"{base}?token={credentials.new_link_token()}"
        announce(link)
        return link

    credentials.on_redeemed = offer
    app = create_app(projects)
    link = offer()
    if open_page:
        webbrowser.open(link)
    with listening, closing(projects):
        config = config_of(app, None if public is None else proxies)
        server = Server(config, projects.end_streams)
        server.run(sockets=[listening])


def config_of(
    app: Callable[..., object], proxies: Sequence[str] | None = None
) -> uvicorn.Config:
    """How an application is served.

    Args:
        app: It.
        proxies: Addresses of reverse proxies that are believed who it is that asks;
            None = as uvicorn has it, any on this machine.
    """
    return uvicorn.Config(
        app,
        http=DeadlineProtocol,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=proxies is None or bool(proxies),
        forwarded_allow_ips=None if proxies is None else list(proxies),
        timeout_graceful_shutdown=SHUTDOWN_S,
    )


class Server(uvicorn.Server):
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


def is_free(port: int) -> bool:
    """Whether a server could listen on a port now."""
    try:
        listen(port).close()
    except SetupError:
        return False
    return True


def listen(port: int, address: str = HOST) -> socket.socket:
    """A socket that accepts connections.

    Args:
        port: 0 takes any that is free.
        address: Where; by itself those of this machine.

    Raises:
        SetupError: The port is taken, or the machine has no such address.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # By its protocol, asyncio sees that TCP_NODELAY is to be set. Without that, each
    # answer on a connection that is kept waits 40 ms for the client's acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address, port))
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
            raise SetupError(
                f"this machine has no address {address} ({error.strerror}); give one "
                f"of its own with --listen"
            ) from error
        raise SetupError(
            f"port {port} cannot be used ({error.strerror}); another feltline serve "
            f"may be running: choose another with --port, or --port 0 for any"
        ) from error
    listening.listen()  # before the link is told: who is quick waits for an answer
    return listening
