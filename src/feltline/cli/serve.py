"""`feltline serve`: the review page."""

import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from feltline.cli import options as o
from feltline.cli.packages import need_server
from feltline.cli.project import ProjectFolder, opened
from feltline.cli.show import line, print_json

NAME: Final = "serve"
EXAMPLE: Final = "Examples: feltline serve; feltline serve --port 8800 --open"
DEFAULT_PORT: Final = 8771


def run(
    project: ProjectFolder = Path(),
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="0 takes any that is free.")
    ] = DEFAULT_PORT,
    open_page: Annotated[
        bool, typer.Option("--open", help="Open the page in your browser.")
    ] = False,
    as_json: o.AsJson = False,
) -> None:
    """Serve the review page to this machine, until Ctrl-C.

    The link that is printed lets one browser in, once; the next link is printed when
    it was used. Nothing is served to other machines.
    """
    need_server()
    # Predicting solves many small systems: threads wait for one another in these, up to
    # ten times as long on a busy machine. It counts before NumPy is loaded only.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from feltline.server import serve

    def announce(link: str) -> None:
        if as_json:
            print_json({"link": link})
        else:
            line(f"open this page: {link}")
        sys.stdout.flush()  # the reader may be another program

    with opened(project) as here:
        serve(here, port=port, announce=announce, open_page=open_page)
