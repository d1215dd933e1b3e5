"""`feltline data`: look a corpus over, and divide it by persons."""

from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from feltline.cli import options as o
from feltline.cli.show import figures, line, notice, print_json, progress
from feltline.errors import InputError

if TYPE_CHECKING:
    from feltline.lab.datasets import CorpusReport

DATA: Final = typer.Typer(
    no_args_is_help=True, help="Look a corpus over; divide it by persons."
)
_BAR = 24


@DATA.command(
    "check", epilog="Example: feltline data check affectnet data/AffectNet --json"
)
def check(
    kind: o.CorpusKind,
    path: o.CorpusPath,
    split: Annotated[
        list[str] | None, o.option("Only this split; may be repeated.")
    ] = None,
    folds: o.FoldsFile = None,
    pictures: Annotated[
        bool,
        o.option("Decode every picture: finds broken ones, and those in two splits."),
    ] = True,
    as_json: o.AsJson = False,
) -> None:
    """Count faces, labels and what is missing; find leaks between splits.

    Ends with exit code 4 if a picture does not decode.
    """
    from feltline.lab.datasets import Folds, check_corpus, read_dataset, splits_of

    names = Folds.read(folds).names if folds else splits_of(kind, path)
    chosen = {
        name: read_dataset(kind, path, name, folds=folds) for name in split or names
    }
    with progress("pictures", quiet=as_json, unit="pictures") as tell:
        report = check_corpus(chosen, pictures=pictures, progress=tell)
    if as_json:
        print_json({"kind": kind, "path": str(path)} | asdict(report))
    else:
        _show(report, f"{kind} in {path}")
    broken = report.undecodable
    if broken:
        first = next(iter(broken.values()))
        sentence = f"{len(broken)} pictures do not decode, first: {first}"
        if not as_json:
            raise InputError(sentence)
        raise typer.Exit(InputError.exit_code)


@DATA.command(
    "split",
    epilog="Example: feltline data split afew-va data/AFEW-VA --out folds.csv; then "
    "feltline train afew-va data/AFEW-VA --folds folds.csv --train-split "
    "fold1,fold2,fold3 --valid-split fold4 --out runs/afew-va",
)
def divide(
    kind: o.CorpusKind,
    path: o.CorpusPath,
    out: Annotated[Path, o.option("The CSV to write.")],
    of: Annotated[
        str | None, o.option("Which split to divide; the corpus's first if absent.")
    ] = None,
    folds: Annotated[int, o.option("How many folds.", min=2)] = 5,
    seed: Annotated[int, o.option("Of the order of persons.", min=0)] = 0,
    force: o.Force = False,
    as_json: o.AsJson = False,
) -> None:
    """Divide a split into folds that keep each person together.

    The same seed gives the same file.
    """
    from feltline.formats import replacing_output
    from feltline.lab.datasets import make_folds, read_dataset, splits_of

    if out.exists() and not force:  # its own, too: what was learnt by it would differ
        raise InputError(
            f"{out} exists; give another --out, or --force, which keeps the old file "
            f"beside the new one unless feltline wrote it"
        )
    faces = read_dataset(kind, path, of or splits_of(kind, path)[0])
    made = make_folds(faces, folds, seed)
    with replacing_output(out, force=force):
        made.write(out)
    counts = {name: int(made.of(faces, name).sum()) for name in made.names}
    if as_json:
        print_json({"file": str(out), "split_of": made.split_of, "faces": counts})
        return
    figures(f"{out}: {faces.corpus} {made.split_of} by persons, faces", counts)


def _show(report: "CorpusReport", title: str) -> None:
    from feltline.lab.datasets.check import EDGES

    line(title)
    for name, split in report.splits.items():
        rows: dict[str, Any] = {
            "faces": split.faces,
            "persons": split.persons,
            "with valence and arousal": split.with_affect,
            "with an expression": split.with_expression,
        }
        for reason, count in split.left_out.items():
            first = split.first_left_out.get(reason)
            rows[f"left out: {reason}"] = f"{count}, first {first}" if first else count
        if split.undecodable is not None:
            rows["pictures that do not decode"] = len(split.undecodable)
        figures(name, rows)
        if split.with_expression:
            figures("  expressions", _bars(split.expressions))
        for dimension, counts in split.histogram.items():
            if split.with_affect:
                ends = [f"{a:+.1f} to {b:+.1f}" for a, b in pairwise(EDGES)]
                figures(f"  {dimension}", _bars(dict(zip(ends, counts, strict=True))))
    for leak in report.leaks:
        same = (
            "pictures were not compared"
            if leak.pictures is None
            else f"{leak.pictures} identical pictures"
        )
        if leak.examples:
            notice(
                f"leak: {leak.splits[0]} and {leak.splits[1]} share {leak.persons} "
                f"persons, {same}, such as {', '.join(leak.examples)}"
            )
        else:
            line(f"{leak.splits[0]} and {leak.splits[1]} share no person; {same}")


def _bars(counts: dict[str, int]) -> dict[str, str]:
    """Counts with a bar each, the longest for the largest."""
    most = max(*counts.values(), 1)
    return {
        name: f"{count:>8}  {'█' * round(_BAR * count / most)}"
        for name, count in counts.items()
    }
