"""Keys per judgement on the review page, by its own handler of keys.

    python benchmarks/bars/keys.py DATA

DATA holds `clips_rated/ratings.csv`: every rating of every rater is given once, value
and class, with nothing of the machine's shown; every keydown counts, there is no
pointer, and settings are those of a new browser. Needs `npm --prefix web ci`.

The raters are a vision language model, not people: what is measured is the way that
these values take through the keys, not how fast anybody is.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

WEB = Path(__file__).parents[2] / "web"


def ratings_of(path: Path) -> list[dict[str, object]]:
    """The ratings as the page's test reads them."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            {
                "value": [float(row["valence"]), float(row["arousal"])],
                "expression": row["expression"],
            }
            for row in csv.DictReader(file)
        ]


def counted(ratings: list[dict[str, object]]) -> dict[str, float]:
    """Mean numbers of keys, by what is done."""
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "ratings.json", Path(folder) / "counted.json"
        given.write_text(json.dumps(ratings), encoding="utf-8")
        names = {"FELTLINE_KEYS": str(given), "FELTLINE_KEYS_OUT": str(out)}
        subprocess.run(
            ["npx", "vitest", "run", "test/keysPerJudgement.test.ts"],
            cwd=WEB,
            env=os.environ | names,
            check=True,
        )
        return dict(json.loads(out.read_text(encoding="utf-8")))


BARS = {"blind": 5.5}
"""Corrections and accepts are examples: no bar can be met by them."""
SAID = {
    "blind": "keys of a blind judgement, value and class",
    "proposed": "the same where a class proposes its place",
    "correction": "keys of two examples of a correction",
    "accept": "keys of an accept, an example",
}


def main() -> None:
    """Count and print, a line each; leaves with 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    asked = parser.parse_args()
    ratings = ratings_of(asked.data / "clips_rated" / "ratings.csv")
    found = counted(ratings)
    print(f"{len(ratings)} ratings by a vision language model, not people")
    missed = 0
    for name, said in SAID.items():
        bar = BARS.get(name)
        is_met = bar is None or found[name] <= bar
        missed += not is_met
        limit = "" if bar is None else f"bar {bar:g}   {'met' if is_met else 'MISSED'}"
        print(f"{said:50s}{found[name]:6.2f}   {limit}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
