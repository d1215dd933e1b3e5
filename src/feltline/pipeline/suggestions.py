"""Suggest frames to label: the whole way from videos to a CSV to fill in."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from feltline.atomic import check_folder
from feltline.errors import InputError, NothingToLabelError, SupportError
from feltline.fewshot import (
    Budget,
    Outlook,
    Selection,
    Suggestion,
    forecast,
    suggest_frames,
)
from feltline.formats import (
    choices_of,
    read_frames_to_choose,
    read_support,
    support_of,
    write_suggestions,
)
from feltline.pipeline.label_videos import extract_all
from feltline.project.extraction_cache import ExtractOptions
from feltline.project.project import Project
from feltline.project.snapshot import ProjectState
from feltline.settings import THRESHOLD, TOLERANCE
from feltline.store import Suggested
from feltline.types import Progress

__all__ = [
    "keep_labels",
    "outlook",
    "outlook_in",
    "suggest",
    "suggest_in",
    "write_suggested",
]


def suggest(  # noqa: PLR0913 - keyword-only, each a choice of its own
    videos: Path | str | Sequence[Path | str],
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
    listed = [videos] if isinstance(videos, Path | str) else list(videos)
    chosen_rows = None if among is None else read_frames_to_choose(Path(among))
    label_rows = None if support is None else read_support(Path(support))
    extractions = extract_all(listed, extraction, cache=cache, progress=progress)
    faces = [e.faces for e in extractions]
    allowed = labelled = None
    if among is not None and chosen_rows is not None:
        allowed = choices_of(Path(among), chosen_rows, faces)
    if support is not None and label_rows is not None:
        labelled, _ = support_of(Path(support), label_rows, faces)
    made = suggest_frames(
        [t for e in extractions for t in e.tracks],
        [seen for e in extractions for seen in e.embeddings],
        budget,
        among=allowed,
        labelled=labelled,
        selection=selection,
        rng=np.random.default_rng(seed),
        audit=audit,
    )
    if not made:
        names = ", ".join(e.video_id for e in extractions)
        raise NothingToLabelError(
            f"there is no frame to suggest: no face was found in {names}, or all "
            f"frames to choose from are labelled"
        )
    if out is not None:
        write_suggested(Path(out), made)
    return made


def write_suggested(path: Path, made: Sequence[Suggestion]) -> None:
    """Write suggested frames as a CSV to fill in.

    Raises:
        InputError: The file holds labels, or its folder does not exist.
        SetupError: No room or no permission to write.
    """
    keep_labels(path)
    write_suggestions(path, [_row(s) for s in made])


def outlook(  # noqa: PLR0913 - keyword-only, each a choice of its own
    videos: Path | str | Sequence[Path | str],
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

    Args:
        videos: One or more videos.
        more: Numbers of further labels, spent over all videos where they help most.
        support: A support CSV of labels already given.
        tolerance: The error that confidence speaks of.
        threshold: The confidence that accepts.
        extraction: Which frames and faces to look at.
        cache: Where extracted faces are kept.
        progress: Told how far it is.

    Returns:
        One outlook per number in `more`; none where no face was found.

    Raises:
        VideoError: A video cannot be read.
        SupportError: A row of `support` cannot be used.
    """
    listed = [videos] if isinstance(videos, Path | str) else list(videos)
    rows = None if support is None else read_support(Path(support))
    extractions = extract_all(listed, extraction, cache=cache, progress=progress)
    labelled = None
    if support is not None and rows is not None:
        labelled, _ = support_of(Path(support), rows, [e.faces for e in extractions])
    tracks = [t for e in extractions for t in e.tracks]
    if not tracks:
        return []
    return forecast(
        tracks,
        [seen for e in extractions for seen in e.embeddings],
        labelled,
        more,
        tolerance=tolerance,
        threshold=threshold,
    )


def suggest_in(
    project: Project,
    state: ProjectState,
    budget: Budget,
    *,
    selection: Selection = "engine",
    seed: int = 0,
    audit: float = 0.0,
) -> list[Suggestion]:
    """Choose the frames of a project that a person should label, and keep the list.

    Args:
        project: The project.
        state: How it stands.
        budget: How many.
        selection: `engine`, or a baseline.
        seed: For `random`, and for audits.
        audit: Share of the budget, below 1, spent on checking what would be accepted.

    Raises:
        InputError: An audit without labels.
        NothingToLabelError: No face was found, or no frame is left to ask for.
    """
    labelled = state.support
    made = suggest_frames(
        state.tracks,
        state.embeddings,
        budget,
        labelled=labelled if len(labelled) else None,
        selection=selection,
        rng=np.random.default_rng(seed),
        audit=audit,
    )
    if not made:
        raise NothingToLabelError(
            "there is no frame to suggest: no face was found in this project, or all "
            "frames are labelled"
        )
    project.store.save_suggestions(
        [
            Suggested(
                video_id=s.video_id,
                track_id=s.track_id,
                frame=s.frame,
                rank=rank,
                reason=s.code,
                is_audit=s.code == "audit",
            )
            for rank, s in enumerate(made, start=1)
        ]
    )
    project.store.note(
        "suggestions", rater=project.settings.rater, detail={"frames": len(made)}
    )
    return made


def outlook_in(
    project: Project, state: ProjectState, more: Sequence[int]
) -> list[Outlook]:
    """What error to expect in a project now, and after more labels.

    Args:
        project: The project.
        state: How it stands.
        more: Numbers of further labels, spent where they help most.
    """
    if not state.tracks:
        return []
    return forecast(
        state.tracks,
        state.embeddings,
        state.support if len(state.support) else None,
        more,
        tolerance=project.settings.tolerance,
        threshold=project.threshold,
    )


def keep_labels(path: Path) -> None:
    """Refuse to overwrite a file in which somebody has filled in labels.

    Raises:
        InputError: It holds labels, or its folder does not exist.
    """
    check_folder(path)
    if not path.exists():
        return
    try:
        holds = f"{len(read_support(path))} labels"
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
