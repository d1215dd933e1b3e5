"""Adapters: everything that can be benchmarked on, as clips.

`walks`, `photos` and `affectnet` take corpora of single faces
(`lab.bench.photos`); `clips` takes any videos with CSVs of ratings
(`lab.bench.rated`); `portrait` needs no data; `afew-va` and `aff-wild2` take these
corpora in their own layouts, their frames grouped into clips by folder.
"""

from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np

from feltline.encoder import GEOMETRY, encoder_parts, find_card
from feltline.errors import InputError
from feltline.lab.bench.clips import N_FOLDS, Clip, Corpus, folds_by_person
from feltline.lab.bench.photos import PHOTO_CORPORA, encode_set, photo_corpus
from feltline.lab.bench.rated import rated_corpus
from feltline.lab.bench.readout import readout_knows
from feltline.lab.datasets import read_dataset
from feltline.pipeline import extract_all
from feltline.project import ExtractOptions
from feltline.types import Embeddings, FaceTrack

__all__ = ["CORPORA", "load_corpora", "load_corpus"]

CORPORA: Final = (*PHOTO_CORPORA, "clips", "portrait", "afew-va", "aff-wild2")
"""What can be benchmarked on."""

FRAME_RATE: Final = {"afew-va": 25.0, "aff-wild2": 30.0}
"""Frames per second; neither layout says, and both consist mostly of such videos."""
PORTRAITS: Final = 12
_PORTRAIT_S: Final = 6.0
_EVERY: Final = 4

Progress = Callable[[str, int, int], None]


def load_corpus(  # noqa: PLR0913 - keyword-only, each a choice of its own
    kind: str,
    path: Path | Sequence[Path] | None,
    encoder: str,
    *,
    seed: int = 0,
    support_rater: str | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Corpus:
    """Read a corpus and let the encoder look at it.

    Args:
        kind: One of `CORPORA`.
        path: Its folder; for `clips` the CSV, beside which the videos lie, or several;
            None for `portrait`.
        encoder: Names of encoders joined by +. Corpora of single pictures have no mesh:
            there the part that looks at pixels is used alone.
        seed: Of what is drawn: curves, the order of photos, portraits.
        support_rater: Of `clips`: whose ratings are the labels that methods are given;
            if absent, the mean of all raters.
        cache: Where extracted faces are kept.
        progress: Called with what is looked at, how much is done, and of how much.

    Raises:
        InputError: There is no such kind, or the data cannot be read.
    """
    if kind not in CORPORA:
        raise InputError(f"{kind} is no corpus; give one of {', '.join(CORPORA)}")
    paths = [path] if isinstance(path, Path) else list(path or ())
    if support_rater is not None and kind != "clips":
        raise InputError(
            f"{kind} does not say which rater gave a label, so none can be chosen "
            f"({support_rater}); only clips does"
        )
    if kind == "portrait":
        clips = _portraits(encoder, seed, cache, progress)
        return _folded("generated portraits", clips, encoder, note=_PORTRAIT_NOTE)
    if not paths:
        raise InputError(f"say where {kind} lies: feltline bench run {kind} PATH")
    if kind == "clips":
        return rated_corpus(
            paths,
            encoder,
            support_rater=support_rater,
            cache=cache,
            progress=progress,
        )
    if len(paths) > 1:
        raise InputError(
            f"{kind} lies in one folder, but {len(paths)} paths were given; only clips "
            f"takes several"
        )
    return _picture_corpus(kind, paths[0], encoder, seed, progress)


def _picture_corpus(
    kind: str, path: Path, encoder: str, seed: int, progress: Progress | None
) -> Corpus:
    """A corpus of pictures, which only an encoder of pixels can look at."""
    pixels = _needs_pixels(encoder)
    if kind in FRAME_RATE:
        clips, corpus = _frames(kind, path, pixels, progress)
        return _folded(corpus, clips, pixels)
    return photo_corpus(kind, path, pixels, seen_by(pixels), seed, progress)


def load_corpora(
    kind: str,
    path: Path | Sequence[Path] | None,
    encoder: str,
    *,
    seeds: Sequence[int],
    progress: Progress | None = None,
) -> list[Corpus]:
    """The corpus at several seeds; one that draws nothing is read once."""
    first = load_corpus(kind, path, encoder, seed=seeds[0], progress=progress)
    if kind not in (*PHOTO_CORPORA, "portrait"):
        return [first] * len(seeds)
    return [first] + [
        load_corpus(kind, path, encoder, seed=seed, progress=progress)
        for seed in seeds[1:]
    ]


_PORTRAIT_NOTE: Final = (
    "Generated clips of one portrait: they show that everything works, not how well it "
    "does on people."
)


def _folded(
    name: str,
    clips: Sequence[Clip],
    encoder: str,
    *,
    note: str = "",
) -> Corpus:
    corpus = name.split()[0]
    return Corpus(
        name=name,
        clips=tuple(clips),
        learn=(),
        fold=folds_by_person(clips, N_FOLDS),
        encoder=encoder,
        has_seen=corpus in seen_by(encoder) or readout_knows(encoder, clips),
        note=note,
    )


def _needs_pixels(encoder: str) -> str:
    """The part of a joint encoder that needs no mesh."""
    parts = [part for part in encoder_parts(encoder) if part != GEOMETRY]
    if len(parts) != 1:
        raise InputError(
            f"{encoder} looks at meshes, which a corpus of pictures does not have; "
            f"give an encoder that looks at pixels, such as affect-s"
        )
    return parts[0]


def seen_by(encoder: str) -> tuple[str, ...]:
    """Corpora that an encoder's cards say it was trained on."""
    parts = [part for part in encoder_parts(encoder) if part != GEOMETRY]
    return tuple(name for part in parts for name in find_card(part).training_data)


def _portraits(
    encoder: str, seed: int, cache: Path | None, progress: Progress | None
) -> list[Clip]:
    """Generated clips with known curves, rated at every fourth frame."""
    import tempfile

    from feltline.lab.demo import portrait_clip
    from feltline.video import VideoWriter

    made = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(PORTRAITS):
            whole = portrait_clip(seconds=_PORTRAIT_S, seed=seed * PORTRAITS + number)
            path = Path(folder) / f"portrait-{number:02d}.mp4"
            size = {"width": whole.portrait.width, "height": whole.portrait.height}
            with VideoWriter(path, rate=whole.rate_hz, **size) as writer:
                for done, rgb in enumerate(whole.frames(), start=1):
                    writer.write(rgb)
                    if progress is not None:
                        progress(path.name, done, whole.n_frames)
            (found,) = extract_all([path], ExtractOptions(encoder=encoder), cache=cache)
            if not found.tracks:
                continue
            track = found.tracks[0]
            at = np.arange(0, len(track), _EVERY, dtype=np.int64)
            made.append(
                Clip(
                    track=track,
                    seen=found.embeddings[0],
                    person=path.stem,
                    at=at,
                    value=whole.affect[track.frame[at]],
                    expression=np.full(len(at), -1, np.int64),
                )
            )
    return made


def _frames(
    kind: str, path: Path, encoder: str, progress: Progress | None
) -> tuple[list[Clip], str]:
    """Corpora of frames in folders: a folder is a clip, a file's number its frame."""
    split = "all" if kind == "afew-va" else "valid"
    faces = read_dataset(kind, path, split)
    faces = faces.only(faces.has_affect)
    whole = encode_set(encoder, faces, progress)
    groups: dict[str, list[int]] = {}
    for row, name in enumerate(faces.name):
        groups.setdefault(str(PurePosixPath(name).parent), []).append(row)
    made = []
    for name, members in sorted(groups.items()):
        number = np.array([int(PurePosixPath(faces.name[i]).stem) for i in members])
        order = np.argsort(number)
        rows, frame = np.array(members)[order], number[order].astype(np.int64)
        n = len(rows)
        track = FaceTrack(
            video_id=name,
            track_id=0,
            frame=frame,
            time_s=frame / FRAME_RATE[kind],
            box_xyxy=np.zeros((n, 4), np.float32),
            quality=np.ones(n, np.float32),
        )
        seen = Embeddings(
            encoder_id=whole.encoder_id,
            vector=whole.vector[rows],
            zero_shot_value=whole.zero_shot_value[rows],
            zero_shot_expression=whole.zero_shot_expression[rows],
        )
        made.append(
            Clip(
                track=track,
                seen=seen,
                person=faces.person[rows[0]],
                at=np.arange(n, dtype=np.int64),
                value=faces.affect[rows],
                expression=faces.expression[rows],
            )
        )
    return made, faces.corpus
