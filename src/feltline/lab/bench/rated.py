"""Rated clips: videos beside CSVs of ratings, as one corpus."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from feltline.errors import InputError
from feltline.formats import (
    SupportRow,
    file_beside,
    judgements_of,
    read_support,
    read_table,
)
from feltline.lab.bench.clips import Clip, Corpus, leave_one_person_out
from feltline.lab.bench.ratings import Ratings
from feltline.lab.bench.readout import readout_knows, relearnt_readout
from feltline.pipeline import extract_all
from feltline.project import Extraction, ExtractOptions
from feltline.types import DEFAULT_SCHEMA, Embeddings, FaceTrack, Judgement

__all__ = ["rated_corpus"]

Progress = Callable[[str, int, int], None]

_NOTE: Final = (
    "Rated by {raters}, as {files}; who they are is not said there. Those of "
    "feltline's own reference clips are a vision language model that saw single "
    "stills, not people: say so wherever figures of these are quoted."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _RatingFile:
    """One CSV of ratings.

    Attributes:
        path: The file.
        rows: Its ratings.
        video: Where each video that a row names lies.
        person: Who is in the video of each path, where `persons.csv` says so.
    """

    path: Path
    rows: tuple[SupportRow, ...]
    video: dict[str, Path]
    person: dict[Path, str]

    @property
    def raters(self) -> list[str]:
        """All names."""
        return sorted({row.rater for row in self.rows})


def rated_corpus(
    path: Path | Sequence[Path],
    encoder: str,
    *,
    support_rater: str | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Corpus:
    """Videos beside CSVs of ratings; every clip is judged by what others teach.

    The reference is the mean of the raters of a frame, and the plurality of their
    classes. Where a `persons.csv` (columns `video`, `person`) lies beside a CSV, the
    clips of one person are left out together, those of other files included that name
    the same person; else each clip is a person.

    Args:
        path: A CSV in the layout of a support set, or several; no two of them may hold
            ratings of the same frame by the same rater.
        encoder: Names of encoders joined by +.
        support_rater: Whose ratings are the labels that methods are given; if absent,
            the reference.
        cache: Where extracted faces are kept.
        progress: Called with what is looked at, how much is done, and of how much.

    Raises:
        SupportError: A row cannot be used.
        InputError: A video is missing, a rating comes twice, no frame has a value, or
            nobody of the name of the support rater rated any.
    """
    files = [_read(one) for one in ([path] if isinstance(path, Path) else path)]
    names = _shown(files)
    clips, unvalued = _clips(files, encoder, cache, progress)
    notes = [_raters_note(files, names)]
    if unvalued:
        notes.append(f"Frames without a value, left out: {unvalued}.")
    # An encoder whose network does not come first is read as it is, and marked.
    has_seen = readout_knows(encoder, clips)
    if relearnt := relearnt_readout(clips, encoder):
        has_seen = False
        clips, note = relearnt
        notes.append(note)
    if support_rater is not None:
        clips, note = _with_support_of(clips, support_rater)
        notes.append(note)
    return Corpus(
        name=f"rated clips of {', '.join(names)}",
        clips=tuple(clips),
        learn=(),
        fold=leave_one_person_out(clips),
        encoder=encoder,
        has_seen=has_seen,
        note=" ".join(notes),
    )


def _read(path: Path) -> _RatingFile:
    rows = read_support(path).rows
    video = {row.video: _place(path, row.video) for row in rows}
    absent = [at.name for at in dict.fromkeys(video.values()) if not at.exists()]
    if absent:
        raise InputError(
            f"{path} rates {', '.join(absent)}, which does not lie beside it in "
            f"{path.parent}; put the videos there"
        )
    person = _persons(path.parent / "persons.csv")
    return _RatingFile(path=path, rows=rows, video=video, person=person)


def _place(path: Path, named: str) -> Path:
    """Where a video lies, written alike however a file's path was given."""
    return Path(os.path.abspath(file_beside(path.parent, named)))  # noqa: PTH100


def _persons(path: Path) -> dict[Path, str]:
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
        table.rows(lambda _, cells: (_place(path, cells["video"]), cells["person"]))
    )


def _shown(files: Sequence[_RatingFile]) -> list[str]:
    """Names of the files, with their folder where two are named alike."""
    short = [one.path.name for one in files]
    return [
        name if short.count(name) == 1 else f"{one.path.absolute().parent.name}/{name}"
        for one, name in zip(files, short, strict=True)
    ]


def _raters_note(files: Sequence[_RatingFile], names: Sequence[str]) -> str:
    if len(files) == 1:
        raters = ", ".join(files[0].raters)
        return _NOTE.format(raters=raters, files=f"{names[0]} names them")
    raters = "; ".join(
        f"{', '.join(one.raters)} ({name})"
        for one, name in zip(files, names, strict=True)
    )
    return _NOTE.format(raters=raters, files="these files name them")


def _clips(
    files: Sequence[_RatingFile],
    encoder: str,
    cache: Path | None,
    progress: Progress | None,
) -> tuple[list[Clip], int]:
    """All clips, and how many rated frames have no value and were left out."""
    videos = list(dict.fromkeys(at for one in files for at in one.video.values()))
    found = extract_all(
        videos, ExtractOptions(encoder=encoder), cache=cache, progress=progress
    )
    judgements = _judgements(files, found)
    person = {at: who for one in files for at, who in one.person.items()}
    made, unvalued = [], 0
    for extraction in found:
        for track, seen in zip(extraction.tracks, extraction.embeddings, strict=True):
            mine = [
                one
                for one in judgements
                if (one.video_id, one.track_id) == (track.video_id, track.track_id)
            ]
            if not mine:
                continue
            who = person.get(extraction.path, f"{track.video_id}/{track.track_id}")
            clip, lost = _clip(track, seen, who, mine)
            unvalued += lost
            if len(clip):
                made.append(clip)
    if not made:
        raise InputError(
            f"no frame in {', '.join(str(one.path) for one in files)} has both valence "
            f"and arousal; fill in at least one row of each clip"
        )
    return made, unvalued


def _judgements(
    files: Sequence[_RatingFile], found: Sequence[Extraction]
) -> list[Judgement]:
    """The judgement that each row of each file is.

    Raises:
        InputError: Two files hold a rating of the same frame by the same rater.
    """
    faces = {e.video_id: e.faces for e in found}
    name = {e.path: e.video_id for e in found}
    made: list[Judgement] = []
    origin: dict[tuple[str, int, int, str], Path] = {}
    for file in files:
        rows = [replace(row, video=name[file.video[row.video]]) for row in file.rows]
        location = {name[at]: str(at) for at in file.video.values()}
        judged, _ = judgements_of(file.path, rows, location, faces.__getitem__)
        for one in judged:
            key = (one.video_id, one.track_id, one.first_frame, one.rater)
            if key in origin:
                raise InputError(
                    f"{origin[key]} and {file.path} both hold a rating of frame "
                    f"{one.first_frame} of {one.video_id} by {one.rater}; give each "
                    f"rating once"
                )
            origin[key] = file.path
        made += judged
    return made


def _clip(
    track: FaceTrack, seen: Embeddings, person: str, judgements: Sequence[Judgement]
) -> tuple[Clip, int]:
    """A clip of the frames with a value, and how many have none."""
    frames = sorted({one.first_frame for one in judgements})
    raters = sorted({one.rater for one in judgements})
    value = np.full((len(raters), len(frames), 2), np.nan, np.float32)
    expression = np.full(value.shape[:2], -1, np.int64)
    for one in judgements:
        place = raters.index(one.rater), frames.index(one.first_frame)
        expression[place] = DEFAULT_SCHEMA.class_index(one.expression)
        if one.value and None not in one.value:
            value[place] = one.value
    every = Ratings(raters=tuple(raters), value=value, expression=expression)
    rows = np.flatnonzero(every.has_value.any(axis=0))
    ratings = every.at(rows)
    frame = np.array(frames, np.int64)[rows]
    clip = Clip(
        track=track,
        seen=seen,
        person=person,
        at=np.asarray(np.searchsorted(track.frame, frame), np.int64),
        value=ratings.mean,
        expression=ratings.plurality,
        ratings=ratings,
    )
    return clip, len(frames) - len(rows)


def _with_support_of(clips: Sequence[Clip], rater: str) -> tuple[list[Clip], str]:
    """The same with one rater's labels, and what that leaves to the reference."""
    raters = sorted({name for c in clips if c.ratings for name in c.ratings.raters})
    if rater not in raters:
        raise InputError(
            f"there is no rater {rater}; those of these clips are {', '.join(raters)}"
        )
    made = [replace(clip, support_rater=rater) for clip in clips]
    lacking = sum(
        len(clip) - int(clip.ratings.has_value[clip.ratings.raters.index(rater)].sum())
        if rater in clip.ratings.raters
        else len(clip)
        for clip in made
        if clip.ratings is not None
    )
    note = f"Labels are those of {rater} alone; the reference is the mean of all."
    if lacking:
        note += (
            f" Frames without a value by {rater}, whose label is the mean of their "
            f"raters: {lacking}."
        )
    return made, note
