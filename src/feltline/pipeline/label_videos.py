"""Labelling videos from a support set: the whole way from files to labels."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from feltline.errors import EncoderError, NothingToLabelError
from feltline.fewshot import (
    LabelOptions,
    contradicts,
    label_by_baseline,
    learn_tracks,
    predict_track,
    with_values,
)
from feltline.formats import check_replaceable, check_table_path
from feltline.pipeline.labelling import Labelling
from feltline.pipeline.videos_with_support import Videos, VideosWithSupport
from feltline.project.annotations import annotate
from feltline.project.encoder_extras import comparison_of, has_pair_heads, learnt_view
from feltline.project.extraction_cache import ExtractOptions
from feltline.project.laying import lay_over
from feltline.types import DEFAULT_SCHEMA, Judgement, Prediction, Progress

__all__ = ["label"]


def label(  # noqa: PLR0913 - keyword-only, each a choice of its own
    videos: Videos,
    *,
    support: Path | str,
    out: Path | str | None = None,
    options: LabelOptions | None = None,
    extraction: ExtractOptions | None = None,
    cache: Path | None = None,
    encoding: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Labelling:
    """Label videos from a few human labels of their frames.

    Args:
        videos: One or more videos.
        support: The labels, a CSV or .xlsx (see `feltline.formats.support`).
        out: Where to write the table; nothing is written if absent.
        options: Method, tolerance and coverage.
        extraction: Which frames and faces to look at.
        cache: Where extracted faces are kept.
        encoding: Of the CSV; found out if absent.
        force: Whether a file at `out` that feltline did not write is kept beside it
            as `NAME.bak-N`, not refused.
        progress: Told how far it is.

    Returns:
        The labelling.

    Raises:
        InputError: There is a file at `out` that feltline did not write.
        VideoError: A video cannot be read.
        SupportError: A row of the support set cannot be used.
        NothingToLabelError: No face was found, or there is no label.
        EncoderError: `mt-clar` with an encoder that cannot compare faces.
        SetupError: A package or disk space is missing.
    """
    options, asked = options or LabelOptions(), extraction or ExtractOptions()
    if out is not None:  # say so before the long work, not after it
        check_table_path(Path(out))
        check_replaceable(Path(out), force=force)
    if options.method == "mt-clar" and not has_pair_heads(asked.encoder):
        raise EncoderError(
            f"{asked.encoder} cannot compare faces, which mt-clar does; give an "
            f"encoder whose card names pair_heads, such as affect-s, or another "
            f"--method"
        )
    clips = VideosWithSupport.read(
        videos, support, asked, cache=cache, encoding=encoding, progress=progress
    )
    if not clips.tracks:
        looked_at = ", ".join(
            f"{e.video_id} ({len(e.features.looked_at)} frames)"
            for e in clips.extractions
        )
        raise NothingToLabelError(
            f"no face was found in {looked_at}; nothing was written"
        )
    made = _labelled(clips, options, asked.encoder)
    if out is not None:
        made.write(out, force=force)
    return made


def _labelled(
    clips: VideosWithSupport, options: LabelOptions, encoder: str
) -> Labelling:
    model_id: str = options.method
    calibration = "nothing: only gp gives a confidence"
    tracks, observations = clips.tracks, clips.observations
    valued = with_values(tracks, observations)
    predictions: Sequence[Prediction | None]
    if options.method == "gp":
        model, features = learn_tracks(
            tracks, clips.embeddings, observations, options, ood_score=clips.ood_score
        )
        model_id, calibration = model.model_id, model.calibration.source
        predictions = [
            predict_track(model, own, observed, schema=DEFAULT_SCHEMA)
            for own, observed in zip(features, observations, strict=True)
        ]
    else:
        comparisons = None
        if options.method == "mt-clar":
            comparisons = [
                comparison_of(encoder, learnt_view(e)) for e in clips.embeddings
            ]
        predictions = label_by_baseline(tracks, valued, options.method, comparisons)
    rows, unlabelled = [], []
    for track, own, prediction in zip(tracks, clips.stored, predictions, strict=True):
        if prediction is None or np.isnan(prediction.value).all():
            unlabelled.append(track)
            continue
        annotations = annotate(track.frame, own, DEFAULT_SCHEMA)
        laid = lay_over(annotations, prediction, DEFAULT_SCHEMA, is_support=True)
        # There is no log that a revision could name an event of.
        rows.append((track, replace(laid, revision=np.zeros_like(laid.revision))))
    return Labelling(
        extractions=clips.extractions,
        rows=tuple(rows),
        unlabelled=tuple(unlabelled),
        notes=(
            *clips.notes,
            *_contradicting_judgements(clips.judgements),
            *_unusual_faces(clips.ood_score),
        ),
        options=options,
        model_id=model_id,
        calibration=calibration,
    )


def _contradicting_judgements(judgements: Sequence[Judgement]) -> list[str]:
    """A note on judgements whose class and value cannot both be right."""
    both = [j for j in judgements if j.has_value and j.expression is not None]
    if not both:
        return []
    value = DEFAULT_SCHEMA.to_unit(np.array([j.value for j in both], np.float64))
    names = DEFAULT_SCHEMA.class_names
    number = np.array([names.index(str(j.expression)) for j in both])
    wrong = np.flatnonzero(contradicts(value, number, DEFAULT_SCHEMA))
    if not len(wrong):
        return []
    first = both[wrong[0]]
    given = " / ".join("-" if v is None else f"{v:+.2f}" for v in first.value)
    return [
        f"labels whose class lies on the other side of their valence or arousal: "
        f"{len(wrong)}; the first is frame {first.first_frame} of {first.video_id} "
        f"({first.expression} at {given}). They are used as they are: look again"
    ]


def _unusual_faces(ood_score: Sequence[np.ndarray]) -> list[str]:
    """A note on faces unlike those that the encoder knows."""
    n = sum(int((one > 1).sum()) for one in ood_score)
    if not n:
        return []
    return [
        f"faces unlike those that the encoder knows (covered, badly lit, or no face at "
        f"all): {n}; their confidence is lowered"
    ]
