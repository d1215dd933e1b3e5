"""`feltline serve`: the review page of projects."""

import os
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from feltline.cli import options as o
from feltline.cli.packages import need
from feltline.cli.project import opened
from feltline.cli.show import line, notice, print_json
from feltline.errors import FeltlineError
from feltline.messages import known_in_language, terminal_language

if TYPE_CHECKING:
    from feltline.project import Project
    from feltline.server import ServedProjects

__all__ = ["serve"]

DEFAULT_PORT: Final = 8771

Media = Annotated[
    list[Path] | None,
    o.option(
        "A folder whose projects and videos the page may open; may be repeated.",
        metavar="FOLDER",
    ),
]
Port = Annotated[
    int | None,
    o.option(
        "0 takes any that is free.",
        min=0,
        max=65535,
        show_default=f"{DEFAULT_PORT}; with --all, any if that is taken",
    ),
]


PublicUrl = Annotated[
    str | None,
    o.option(
        "Serve to others, who sign in: the https address that a reverse proxy has. "
        "Links and tokens in files let nobody in there.",
        metavar="URL",
    ),
]
Listen = Annotated[
    str,
    o.option("Address to listen on, with --public-url.", metavar="ADDRESS"),
]
Proxies = Annotated[
    list[str] | None,
    o.option(
        "Address of the reverse proxy, which is then believed who asks; may be "
        "repeated.",
        metavar="ADDRESS",
    ),
]


@o.example(
    "Examples: feltline serve; feltline serve study pilot --media ~/Videos; "
    "feltline serve --all --open"
)
def serve(
    projects: Annotated[
        list[Path] | None,
        o.argument("[PROJECT...]", "Folders of projects; without any, where you are."),
    ] = None,
    every_known: Annotated[
        bool, o.option("Serve every project that you had open before.", "--all")
    ] = False,
    media: Media = None,
    port: Port = None,
    open_page: Annotated[
        bool, o.option("Open the page in your browser.", "--open")
    ] = False,
    public_url: PublicUrl = None,
    listen: Listen = "127.0.0.1",
    trust_proxy: Proxies = None,
    as_json: o.AsJson = False,
) -> None:
    """Serve the review pages of projects to this machine, until Ctrl-C.

    The link that is printed lets one browser in, once; the next link is printed when
    it was used. Nothing is served to other machines, but with --public-url.
    """
    named = projects or ([] if every_known else [Path()])
    run(
        named,
        with_all=every_known,
        media=media or (),
        port=port,
        open_page=open_page,
        as_json=as_json,
        public_url=public_url,
        address=listen,
        proxies=trust_proxy or (),
    )


def run(
    named: Sequence[Path],
    *,
    with_all: bool,
    media: Sequence[Path],
    port: int | None,
    open_page: bool,
    as_json: bool = False,
    public_url: str | None = None,
    address: str = "127.0.0.1",
    proxies: Sequence[str] = (),
) -> None:
    """Serve projects until Ctrl-C; the link leads to the one, or to all of them.

    Raises:
        InputError: A folder that was named is no project, or cannot be read, or the
            public address is none.
        SetupError: The port is taken, or a package is missing.
        StoreError: The one project's database cannot be opened.
    """
    need("server")
    # Predicting solves many small systems: threads wait for one another in these, up to
    # ten times as long on a busy machine. It counts before NumPy is loaded only.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from feltline.project import find_project
    from feltline.server import (
        Credentials,
        KnownProjects,
        MediaRoots,
        PublicAddress,
        ServedProjects,
        is_free,
    )
    from feltline.server import serve as run_server
    from feltline.settings import home_folder

    def announce(link: str) -> None:
        if as_json:
            print_json({"link": link})
        else:
            sentence = f"open this page: {link}"
            line(known_in_language(sentence, terminal_language(os.environ)))

    if port is None:
        port = DEFAULT_PORT
        if with_all and not is_free(port):  # as after a second double click
            port = 0
    folders = [find_project(folder) for folder in named]
    known = KnownProjects(home_folder())
    public = None if public_url is None else PublicAddress.of(public_url)
    if public is not None and not proxies:
        notice(
            "feltline: without --trust-proxy all who sign in seem to come from one "
            "address, and wait for one another after wrong passwords"
        )
    served = ServedProjects(
        known,
        Credentials.load(known.home),
        MediaRoots(media),
        public=public,
        with_all=with_all,
    )
    with ExitStack() as stack:
        opening = [(folder, _opened(folder, stack)) for folder in folders]
        with closing(served):
            keys = [
                _added(served, folder, project, is_only=len(folders) == 1)
                for folder, project in opening
            ]
            only = keys[0] if len(keys) == 1 and not with_all else None
            run_server(
                served,
                key=only,
                port=port,
                announce=announce,
                open_page=open_page,
                address=address,
                proxies=proxies,
            )


def _opened(folder: Path, stack: ExitStack) -> "Project | FeltlineError":
    """A project, open until the stack is closed, or why it cannot be opened."""
    try:
        return stack.enter_context(opened(folder))
    except FeltlineError as error:
        return error


def _added(
    served: "ServedProjects",
    folder: Path,
    project: "Project | FeltlineError",
    *,
    is_only: bool,
) -> str:
    """Have a project served; of several, one that cannot be opened is listed."""
    try:
        if isinstance(project, FeltlineError):
            raise project
        key = served.adopt(project)
        served.served(key)
    except FeltlineError as error:
        if is_only:
            raise
        notice(f"feltline: {error}")
        return served.add(folder, fault=str(error))
    return key
