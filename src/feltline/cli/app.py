"""`feltline`: the command line.

Exit codes: 0 done, 2 wrong usage, 3 nothing to label, 4 bad input or something this
machine lacks, 130 interrupted; 1 is a fault of feltline itself.
"""

import os
import sys
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from feltline.cli import options as o
from feltline.cli.add import add, relocate
from feltline.cli.agree import agree
from feltline.cli.assign import assign
from feltline.cli.audit import audit
from feltline.cli.backup import backup, restore
from feltline.cli.bench import BENCH
from feltline.cli.data import DATA
from feltline.cli.demo import demo
from feltline.cli.doctor import doctor
from feltline.cli.encoders import ENCODERS
from feltline.cli.evaluate import evaluate
from feltline.cli.export_encoder import export_encoder
from feltline.cli.extract import extract
from feltline.cli.label import label
from feltline.cli.project import init, propagate, status, threshold
from feltline.cli.project_data import LABELS, export, purge
from feltline.cli.serve import serve
from feltline.cli.show import notice, print_json
from feltline.cli.starter import starter
from feltline.cli.suggest import suggest
from feltline.cli.train import train
from feltline.cli.users import USER
from feltline.errors import FeltlineError

__all__ = ["app", "main"]

INTERRUPTED = 130
OWN_FAULT = 1
WRONG_USAGE = 2
WITHOUT_COMMAND = ("serve", "--all", "--open")
"""What `feltline` alone means."""
_JSON = "--json"
_INTERRUPTED = (
    "interrupted; what was done is kept, and the same command goes on from there"
)

app = typer.Typer(
    name="feltline",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Label a video for valence and arousal from a few human-labelled frames.",
    epilog="Without a command, your projects are served and the page is opened. Start "
    "with: feltline demo. Exit codes: 0 done, 2 usage, 3 nothing to "
    "label, 4 bad input, 130 interrupted.",
)
for verb in (
    *(label, suggest, extract),
    *(init, add, relocate, propagate, status, threshold, serve, export, purge),
    *(backup, restore),
    *(agree, assign, audit),
    *(train, evaluate, export_encoder, demo, doctor, starter),
):
    app.command(verb.__name__.replace("_", "-"), epilog=o.EXAMPLES[verb])(verb)
for name, group in {
    "labels": LABELS,
    "encoders": ENCODERS,
    "data": DATA,
    "bench": BENCH,
    "user": USER,
}.items():
    app.add_typer(group, name=name)


def _print_version(wanted: bool) -> bool:
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"feltline {version('feltline')}\n")
        raise typer.Exit
    return wanted


@app.callback()
def _options(
    _version: Annotated[
        bool,
        o.option(
            "Print the version.", "--version", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; every failure is a sentence and an exit code."""
    try:
        if _JSON in sys.argv:
            _run_for_programs()
        else:
            app(sys.argv[1:] or WITHOUT_COMMAND)
    except FeltlineError as error:
        _fail(str(error), error.exit_code)
    except SystemExit as leaving:
        if leaving.code == INTERRUPTED:
            notice(_INTERRUPTED)
        raise
    except BrokenPipeError:  # the reader of our output has gone, as `| head` does
        sys.stderr.close()
        sys.exit(OWN_FAULT)
    except Exception as error:  # the last resort: no user ever sees a traceback
        if os.environ.get("FELTLINE_DEBUG"):
            raise
        _fail(
            f"feltline itself failed ({type(error).__name__}: {error}); please report "
            f"this with the command you gave. FELTLINE_DEBUG=1 shows where",
            OWN_FAULT,
        )


def _run_for_programs() -> None:
    """Run the command line so that wrong usage is a JSON document, too."""
    try:
        code = app(standalone_mode=False)
    except TyperException as error:  # wrong usage, in the words of typer
        _fail(error.format_message(), WRONG_USAGE)
    except typer.Abort:
        _fail("not confirmed; nothing was done", OWN_FAULT)
    else:
        if code == INTERRUPTED:
            _fail(_INTERRUPTED, INTERRUPTED)
        sys.exit(code or 0)


def _fail(sentence: str, exit_code: int) -> NoReturn:
    if _JSON in sys.argv:
        print_json({"error": sentence, "exit_code": exit_code})
    else:
        notice(f"feltline: {sentence}")
    sys.exit(exit_code)
