"""Suggest frames to label: the whole way from videos to a CSV to fill in."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from feltline.errors import NothingToLabelError
from feltline.fewshot import (
    Budget,
    LabelOptions,
    Outlook,
    QueryTrack,
    Selection,
    Suggestion,
    forecast,
    learn_tracks,
    suggest_frames,
    track_posterior,
)
from feltline.formats import (
    PlaceRow,
    VideoNames,
    check_replaceable,
    check_suggestions_path,
    choices_of,
    read_frames_to_choose,
    replacing_output,
    write_suggestions,
)
from feltline.pipeline.videos_with_support import Videos, VideosWithSupport
from feltline.project.extraction_cache import ExtractOptions
from feltline.settings import THRESHOLD, TOLERANCE
from feltline.types import DEFAULT_SCHEMA, LabelSchema, Progress

__all__ = ["outlook", "shortage", "suggest", "write_suggested"]

_MOST_NAMED: Final = 5


def suggest(  # noqa: PLR0913 - keyword-only, each a choice of its own
    videos: Videos,
    *,
    labels_per_clip: int | None = None,
    share: float | None = None,
    total: int | None = None,
    among: Path | str | None = None,
    support: Path | str | None = None,
    out: Path | str | None = None,
    selection: Selection = "engine",
    seed: int = 0,
    audit: float = 0.0,
    threshold: float = THRESHOLD,
    extraction: ExtractOptions | None = None,
    cache: Path | None = None,
    encoding: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
    note: Callable[[str], None] | None = None,
) -> list[Suggestion]:
    """Choose the frames of some videos that a person should label.

    Args:
        videos: One or more videos.
        labels_per_clip: So many in each video, or
        share: this share of each video's frames with a face, or
        total: so many over all videos, where they help most.
        among: A CSV or .xlsx; only the frames it names are chosen from.
        support: A support CSV of labels already given.
        out: Where to write the CSV or .xlsx to fill in; nothing is written if absent.
        selection: `engine`, or a baseline (`feltline.fewshot.Selection`).
        seed: For `random`, and for audits.
        audit: Share of the budget, below 1, spent on checking labels that would be
            accepted; needs a support set.
        threshold: The confidence that accepts.
        extraction: Which frames and faces to look at.
        cache: Where extracted faces are kept.
        encoding: Of `among` and `support`; found out if absent.
        force: Whether a file at `out` that feltline did not write is kept beside it
            as `NAME.bak-N`, not refused.
        progress: Told how far it is.
        note: Given what the user should know.

    Returns:
        Suggestions by video, then by rank.

    Raises:
        InputError: Not exactly one budget, one that is not above 0, or an `out` that
            feltline did not write as it is now.
        VideoError: A video cannot be read.
        SupportError: A row of `among` or `support` cannot be used.
        NothingToLabelError: No face was found, or no frame is left to ask for.
    """
    if out is not None:  # say so before the long work, not after it
        check_suggestions_path(Path(out))
        check_replaceable(Path(out), force=force)
    budget = Budget(per_clip=labels_per_clip, share=share, total=total)
    tell = note or (lambda _text: None)
    rows: list[PlaceRow] = []
    notes: list[str] = []
    if among is not None:
        rows, notes = read_frames_to_choose(Path(among), encoding=encoding)
    clips = VideosWithSupport.read(
        *(videos, support, extraction),
        cache=cache,
        encoding=encoding,
        progress=progress,
    )
    allowed, location = None, {e.video_id: e.location for e in clips.extractions}
    if among is not None:
        faces = [e.faces for e in clips.extractions]
        allowed, moved = choices_of(Path(among), rows, faces, location)
        notes += moved
    for one in (*clips.notes, *notes):
        tell(one)
    made = suggest_frames(
        _query_tracks(clips, TOLERANCE, allowed),
        budget,
        selection=selection,
        rng=np.random.default_rng(seed),
        audit=audit,
        threshold=threshold,
    )
    if not made:
        names = ", ".join(e.video_id for e in clips.extractions)
        raise NothingToLabelError(
            f"there is no frame to suggest: no face was found in {names}, or all "
            f"frames to choose from are labelled"
        )
    if lack := shortage(budget, made):
        tell(lack)
    if out is not None:
        write_suggested(Path(out), made, location, force=force)
    return made


def write_suggested(
    path: Path,
    made: Sequence[Suggestion],
    location: Mapping[str, str],
    schema: LabelSchema = DEFAULT_SCHEMA,
    *,
    force: bool = False,
) -> None:
    """Write suggested frames as a CSV or .xlsx to fill in.

    A video whose name does not tell it from the others is written with its path.

    Args:
        path: Where to.
        made: The frames.
        location: Path or URL of each video by its name.
        schema: Its dimensions are columns.
        force: Whether a file that feltline did not write is kept as `NAME.bak-N`, not
            refused.

    Raises:
        InputError: There is a file that feltline did not write as it is now, or no
            folder.
        SetupError: No room or no permission to write.
    """
    names = VideoNames(location)
    with replacing_output(path, force=force):
        write_suggestions(path, [_row(s, names) for s in made], schema)


def outlook(  # noqa: PLR0913 - keyword-only, each a choice of its own
    videos: Videos,
    *,
    more: Sequence[int],
    support: Path | str | None = None,
    tolerance: float = TOLERANCE,
    threshold: float = THRESHOLD,
    extraction: ExtractOptions | None = None,
    cache: Path | None = None,
    encoding: str | None = None,
    progress: Progress | None = None,
) -> list[Outlook]:
    """What error to expect now, and after more labels.

    `more` are numbers of further labels, spent over all videos where they help most;
    `tolerance` is the error that confidence speaks of, the rest as in `suggest`.

    Returns:
        One outlook per number in `more`; none where no face was found.

    Raises:
        VideoError: A video cannot be read.
        SupportError: A row of `support` cannot be used.
    """
    clips = VideosWithSupport.read(
        *(videos, support, extraction),
        cache=cache,
        encoding=encoding,
        progress=progress,
    )
    tracks = _query_tracks(clips, tolerance)
    return forecast(tracks, more, threshold=threshold) if tracks else []


def _query_tracks(
    clips: VideosWithSupport,
    tolerance: float,
    allowed: Sequence[np.ndarray] | None = None,
) -> list[QueryTrack]:
    """Tracks of videos that are in no project, conditioned on their support set."""
    tracks, observed = clips.tracks, clips.observations
    if not tracks:
        return []
    options = LabelOptions(tolerance=tolerance)
    model, features = learn_tracks(
        tracks, clips.embeddings, observed, options, ood_score=clips.ood_score
    )
    masks = [None] * len(tracks) if allowed is None else allowed
    return [
        QueryTrack(track=track, posterior=track_posterior(model, some, own), among=mask)
        for track, some, own, mask in zip(
            tracks, features, observed, masks, strict=True
        )
    ]


def _row(s: Suggestion, names: VideoNames) -> dict[str, str | int | float]:
    return {
        "video": names.name_for(s.video_id),
        "frame": s.frame,
        "time_s": f"{s.time_s:.3f}",
        "face": s.track_id,
        "rank": s.rank,
        "reason": s.reason,
    }


def shortage(budget: Budget, made: Sequence[Suggestion]) -> str:
    """What to say where fewer frames than asked for could be suggested; else ""."""
    if budget.total is not None and len(made) < budget.total:
        return (
            f"{budget.total} frames were asked for; all {len(made)} that are there to "
            f"choose from are suggested"
        )
    counts = Counter(s.video_id for s in made)
    short = [name for name, n in counts.items() if n < (budget.per_clip or 0)]
    if not short:
        return ""
    named = ", ".join(f"{name} ({counts[name]})" for name in short[:_MOST_NAMED])
    more = len(short) - _MOST_NAMED
    return (
        f"{budget.per_clip} frames of each video were asked for; of these all that are "
        f"there to choose from are suggested: {named}"
        + (f" and {more} more videos" if more > 0 else "")
    )
