"""`feltline`: the command line.

Exit codes: 0 done, 2 wrong usage, 3 nothing to label, 4 bad input or something this
machine lacks, 130 interrupted; 1 is a fault of feltline itself.
"""

import os
import sys
from typing import Annotated

import typer

from feltline.cli import (
    add,
    bench,
    data,
    demo,
    doctor,
    encoders,
    evaluate,
    export,
    export_encoder,
    extract,
    init,
    label,
    labels,
    propagate,
    purge,
    serve,
    status,
    suggest,
    threshold,
    train,
)
from feltline.cli.show import notice, print_json
from feltline.errors import FeltlineError

__all__ = ["app", "main"]

INTERRUPTED = 130
OWN_FAULT = 1

app = typer.Typer(
    name="feltline",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Label a video for valence and arousal from a few human-labelled frames.",
    epilog="Start with: feltline demo. Exit codes: 0 done, 2 usage, 3 nothing to "
    "label, 4 bad input, 130 interrupted.",
)
for module in (
    *(label, suggest, extract),
    *(init, add, propagate, status, threshold, serve, export, purge),
    *(train, evaluate, export_encoder, demo, doctor),
):
    app.command(module.NAME, epilog=module.EXAMPLE)(module.run)
app.add_typer(labels.APP, name=labels.NAME)
app.add_typer(encoders.APP, name=encoders.NAME)
app.add_typer(data.APP, name=data.NAME)
app.add_typer(bench.APP, name=bench.NAME)


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
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Print the version.",
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; every failure is a sentence and an exit code."""
    try:
        app()
    except FeltlineError as error:
        _fail(str(error), error.exit_code)
    except SystemExit as leaving:
        if leaving.code == INTERRUPTED:
            notice(
                "interrupted; what was done is kept, and the same command goes on from "
                "there"
            )
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


def _fail(sentence: str, exit_code: int) -> None:
    if "--json" in sys.argv:
        print_json({"error": sentence, "exit_code": exit_code})
    else:
        notice(f"feltline: {sentence}")
    sys.exit(exit_code)
