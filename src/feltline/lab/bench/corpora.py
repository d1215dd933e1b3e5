"""Adapters: everything that can be benchmarked on, as clips.

`walks`, `photos` and `affectnet` take corpora of single faces
(`lab.bench.photos`); `clips` takes any videos with a CSV of ratings; `portrait`
needs no data; `afew-va` and `aff-wild2` take these corpora in their own layouts, their
frames grouped into clips by folder.
"""

from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np

from feltline.encoder import GEOMETRY, encoder_parts, find_card
from feltline.errors import InputError
from feltline.formats import (
    SupportRow,
    file_beside,
    judgements_of,
    read_support,
    read_table,
)
from feltline.lab.bench.clips import N_FOLDS, Clip, Corpus, folds_by_person
from feltline.lab.bench.photos import PHOTO_CORPORA, encode_set, photo_corpus
from feltline.lab.datasets import read_dataset
from feltline.pipeline import extract_all
from feltline.project import ExtractOptions
from feltline.types import DEFAULT_SCHEMA, Embeddings, FaceTrack

__all__ = ["CORPORA", "load_corpora", "load_corpus", "rated_corpus"]

CORPORA: Final = (*PHOTO_CORPORA, "clips", "portrait", "afew-va", "aff-wild2")
"""What can be benchmarked on."""

FRAME_RATE: Final = {"afew-va": 25.0, "aff-wild2": 30.0}
"""Frames per second; neither layout says, and both consist mostly of such videos."""
PORTRAITS: Final = 12
_PORTRAIT_S: Final = 6.0
_EVERY: Final = 4

Progress = Callable[[str, int, int], None]


def load_corpus(
    kind: str,
    path: Path | None,
    encoder: str,
    *,
    seed: int = 0,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Corpus:
    """Read a corpus and let the encoder look at it.

    Args:
        kind: One of `CORPORA`.
        path: Its folder; for `clips` the CSV, beside which the videos lie; None for
            `portrait`.
        encoder: Names of encoders joined by +. Corpora of single pictures have no mesh:
            there the part that looks at pixels is used alone.
        seed: Of what is drawn: curves, the order of photos, portraits.
        cache: Where extracted faces are kept.
        progress: Called with what is looked at, how much is done, and of how much.

    Raises:
        InputError: There is no such kind, or the data cannot be read.
    """
    if kind not in CORPORA:
        raise InputError(f"{kind} is no corpus; give one of {', '.join(CORPORA)}")
    if kind == "portrait":
        clips = _portraits(encoder, seed, cache, progress)
        return _folded("generated portraits", clips, encoder, note=_PORTRAIT_NOTE)
    if path is None:
        raise InputError(f"say where {kind} lies: feltline bench run {kind} PATH")
    if kind == "clips":
        return rated_corpus(path, encoder, cache=cache, progress=progress)
    pixels = _needs_pixels(encoder)
    if kind in FRAME_RATE:
        clips, corpus = _frames(kind, path, pixels, progress)
        return _folded(corpus, clips, pixels)
    return photo_corpus(kind, path, pixels, seen_by(pixels), seed, progress)


def load_corpora(
    kind: str,
    path: Path | None,
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


_RATERS_NOTE: Final = (
    "Rated by {raters}, as {file} names them; it does not say who they are. Those of "
    "feltline's own reference clips are a vision language model that saw single "
    "stills, not people: say so wherever figures of these are quoted."
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
        has_seen=corpus in seen_by(encoder),
        note=note,
    )


def _needs_pixels(encoder: str) -> str:
    """The part of a joint encoder that needs no mesh."""
    parts = [part for part in encoder_parts(encoder) if part != GEOMETRY]
    if len(parts) != 1:
        raise InputError(
            f"{encoder} looks at meshes, which a corpus of pictures does not have; "
            f"give an encoder that looks at pixels, such as ferplus-s"
        )
    return parts[0]


def seen_by(encoder: str) -> tuple[str, ...]:
    """Corpora that an encoder's cards say it was trained on."""
    parts = [part for part in encoder_parts(encoder) if part != GEOMETRY]
    return tuple(name for part in parts for name in find_card(part).training_data)


def rated_corpus(
    path: Path,
    encoder: str,
    *,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Corpus:
    """Videos beside a CSV of ratings; every clip is judged by what others teach.

    Where a `persons.csv` (columns `video`, `person`) lies beside them, clips of one
    person share a fold; else each clip is a fold of its own.

    Raises:
        SupportError: A row cannot be used.
        InputError: A video is missing.
    """
    rows = read_support(path).rows
    clips = _rated(path, rows, encoder, cache, progress)
    shared = len({clip.person for clip in clips}) < len(clips)
    return Corpus(
        name=f"rated clips of {path.name}",
        clips=tuple(clips),
        learn=(),
        fold=folds_by_person(clips, N_FOLDS) if shared else tuple(range(len(clips))),
        encoder=encoder,
        has_seen=False,
        note=_RATERS_NOTE.format(
            raters=", ".join(sorted({row.rater for row in rows})), file=path.name
        ),
    )


def _persons(path: Path) -> dict[str, str]:
    """Who is in each video, where a file says so."""
    if not path.exists():
        return {}
    columns = ("video", "person")
    table = read_table(path, known=columns, needed=columns)
    if absent := [name for name in columns if name not in table.columns]:
        raise InputError(
            f"{path} lacks the column {absent[0]}; it says who is in each video, in "
            f"the columns video and person"
        )
    return dict(
        table.rows(
            lambda _, cells: (
                file_beside(path.parent, cells["video"]).name,
                cells["person"],
            )
        )
    )


def _rated(
    path: Path,
    rows: Sequence[SupportRow],
    encoder: str,
    cache: Path | None,
    progress: Progress | None,
) -> list[Clip]:
    """Videos beside a CSV of ratings, in the layout of a support set."""
    named = {row.video: file_beside(path.parent, row.video) for row in rows}
    videos = list(dict.fromkeys(named.values()))
    absent = [video.name for video in videos if not video.exists()]
    if absent:
        raise InputError(
            f"{path} rates {', '.join(absent)}, which does not lie beside it in "
            f"{path.parent}; put the videos there"
        )
    found = extract_all(
        videos, ExtractOptions(encoder=encoder), cache=cache, progress=progress
    )
    faces = {e.video_id: e.faces for e in found}
    location = {e.video_id: str(e.path.absolute()) for e in found}
    judgements, _ = judgements_of(path, rows, location, faces.__getitem__)
    made, persons = [], _persons(path.parent / "persons.csv")
    for extraction in found:
        for track, seen in zip(extraction.tracks, extraction.embeddings, strict=True):
            mine = [
                one
                for one in judgements
                if (one.video_id, one.track_id) == (track.video_id, track.track_id)
            ]
            if not mine:
                continue
            frame, first, group = np.unique(
                [one.first_frame for one in mine],
                return_index=True,
                return_inverse=True,
            )
            value = np.array([one.value for one in mine], np.float32)
            chosen = [DEFAULT_SCHEMA.class_index(one.expression) for one in mine]
            made.append(
                Clip(
                    track=track,
                    seen=seen,
                    person=persons.get(
                        track.video_id, f"{track.video_id}/{track.track_id}"
                    ),
                    at=np.asarray(np.searchsorted(track.frame, frame)),
                    value=np.stack(
                        [value[group == g].mean(axis=0) for g in range(len(frame))]
                    ),
                    expression=np.array(chosen, np.int64)[first],
                )
            )
    return made


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
