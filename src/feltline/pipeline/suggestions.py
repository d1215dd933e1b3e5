"""Suggest frames to label: the whole way from videos to a CSV to fill in."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from feltline.atomic import check_folder
from feltline.errors import InputError, NothingToLabelError, SupportError
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
    choices_of,
    read_frames_to_choose,
    read_support,
    write_suggestions,
)
from feltline.pipeline.videos_with_support import Videos, VideosWithSupport
from feltline.project.extraction_cache import ExtractOptions
from feltline.settings import THRESHOLD, TOLERANCE
from feltline.types import DEFAULT_SCHEMA, LabelSchema, Progress

__all__ = ["keep_labels", "outlook", "suggest", "write_suggested"]


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
    progress: Progress | None = None,
) -> list[Suggestion]:
    """Choose the frames of some videos that a person should label.

    Args:
        videos: One or more videos.
        labels_per_clip: So many in each video, or
        share: this share of each video's frames with a face, or
        total: so many over all videos, where they help most.
        among: A CSV; only the frames it names are chosen from.
        support: A support CSV of labels already given.
        out: Where to write the CSV to fill in; nothing is written if absent.
        selection: `engine`, or a baseline (`feltline.fewshot.Selection`).
        seed: For `random`, and for audits.
        audit: Share of the budget, below 1, spent on checking labels that would be
            accepted; needs a support set.
        threshold: The confidence that accepts.
        extraction: Which frames and faces to look at.
        cache: Where extracted faces are kept.
        progress: Told how far it is.

    Returns:
        Suggestions by video, then by rank.

    Raises:
        InputError: Not exactly one budget, one that is not above 0, or an `out` that
            holds labels.
        VideoError: A video cannot be read.
        SupportError: A row of `among` or `support` cannot be used.
        NothingToLabelError: No face was found, or no frame is left to ask for.
    """
    if out is not None:  # say so before the long work, not after it
        keep_labels(Path(out))
    budget = Budget(per_clip=labels_per_clip, share=share, total=total)
    rows = None if among is None else read_frames_to_choose(Path(among))
    clips = VideosWithSupport.read(
        videos, support, extraction, cache=cache, progress=progress
    )
    allowed = None
    if among is not None and rows is not None:
        allowed = choices_of(Path(among), rows, [e.faces for e in clips.extractions])
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
    if out is not None:
        write_suggested(Path(out), made)
    return made


def write_suggested(
    path: Path, made: Sequence[Suggestion], schema: LabelSchema = DEFAULT_SCHEMA
) -> None:
    """Write suggested frames as a CSV to fill in.

    Raises:
        InputError: The file holds labels, or its folder does not exist.
        SetupError: No room or no permission to write.
    """
    keep_labels(path, schema)
    write_suggestions(path, [_row(s) for s in made], schema)


def outlook(  # noqa: PLR0913 - keyword-only, each a choice of its own
    videos: Videos,
    *,
    more: Sequence[int],
    support: Path | str | None = None,
    tolerance: float = TOLERANCE,
    threshold: float = THRESHOLD,
    extraction: ExtractOptions | None = None,
    cache: Path | None = None,
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
        videos, support, extraction, cache=cache, progress=progress
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


def keep_labels(path: Path, schema: LabelSchema = DEFAULT_SCHEMA) -> None:
    """Refuse to overwrite a file in which somebody has filled in labels.

    Raises:
        InputError: It holds labels, or its folder does not exist.
    """
    check_folder(path)
    if not path.exists():
        return
    try:
        holds = f"{len(read_support(path, schema))} labels"
    except NothingToLabelError:
        return
    except SupportError:
        holds = "something else"
    raise InputError(
        f"{path} already holds {holds} and is not overwritten; choose another name for "
        f"the suggestions"
    )


def _row(s: Suggestion) -> dict[str, str | int | float]:
    return {
        "video": s.video_id,
        "frame": s.frame,
        "time_s": f"{s.time_s:.3f}",
        "face": s.track_id,
        "rank": s.rank,
        "reason": s.reason,
    }
