"""From a support set to an estimate for every frame of every track."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Float32, Int64

from feltline.errors import EncoderError, NothingToLabelError
from feltline.fewshot.baselines.interpolation import carriers, interpolate
from feltline.fewshot.baselines.mtclar import Compare, anchors_past, by_one_anchor
from feltline.fewshot.gp.kernel import HyperParameters
from feltline.fewshot.model import fill
from feltline.fewshot.predictions import N_EVIDENCE, Draft, LabelOptions, finished
from feltline.fewshot.track_labels import NO_CHOICES, Told, told_of_tracks
from feltline.types import (
    EXPRESSIONS,
    Embeddings,
    Estimate,
    FaceTrack,
    Method,
    SupportSet,
)

__all__ = ["label_tracks"]


def label_tracks(  # noqa: PLR0913 - keyword-only, each a choice of its own
    tracks: Sequence[FaceTrack],
    embeddings: Sequence[Embeddings],
    support: SupportSet,
    options: LabelOptions | None = None,
    *,
    run_id: str = "",
    around: HyperParameters | None = None,
    comparisons: Sequence[Compare] | None = None,
    strangeness: Sequence[Float32[np.ndarray, " _"]] | None = None,
) -> list[Estimate | None]:
    """Carry the labels of a project to all frames of its tracks.

    Args:
        tracks: All tracks of the project.
        embeddings: Their embeddings, in the same order.
        support: The human labels.
        options: Method and promises.
        run_id: Written into every estimate.
        around: Hyper-parameters of the engine to stay near; if absent, the shipped
            ones.
        comparisons: Per track, what compares its frames; needed by `mt-clar` alone.
        strangeness: Per track, how unlike the faces that the encoder knows each frame
            is (1 = the edge of the ordinary); all ordinary if absent.

    Returns:
        One estimate per track; None for a track without a label of its own where
        nothing but its own labels could have filled it.

    Raises:
        NothingToLabelError: There is no label, or no track.
        EncoderError: `mt-clar` without comparisons.
    """
    options = options or LabelOptions()
    if not tracks or len(support) == 0:
        lacking = "face" if not tracks else "label"
        raise NothingToLabelError(
            f"there is no {lacking} to work from: labelling needs at least one face "
            f"and one human label of it"
        )
    if options.method == "gp":
        filling = fill(
            tracks,
            embeddings,
            support,
            options,
            run_id=run_id,
            around=around,
            strangeness=strangeness,
        )
        return [filling.estimate(number) for number in range(len(tracks))]
    told = told_of_tracks(tracks, support, NO_CHOICES)
    made: list[Estimate | None] = [None] * len(tracks)
    for number, own in told.items():
        track = tracks[number]
        if options.method != "mt-clar":
            draft = _by_time(track, own, options.method)
        elif comparisons is None:
            raise EncoderError("mt-clar needs pair heads to compare faces with")
        else:
            draft = _by_anchor(track, own, comparisons[number])
        made[number] = finished(draft, track, own, options, run_id)
    return made


def _by_anchor(track: FaceTrack, own: Told, compare: Compare) -> Draft:
    """MT-CLAR as published: the latest label plus the predicted difference."""
    latest = anchors_past(track.time_s[own.at], track.time_s)
    apart = compare(own.at[latest], np.arange(len(track))).difference
    return _plain_draft(
        by_one_anchor(own.affect[latest], apart), own.frame[latest][:, None]
    )


def _by_time(track: FaceTrack, own: Told, method: Method) -> Draft:
    label_s = track.time_s[own.at]
    by = carriers(method, label_s, track.time_s)
    value = interpolate(method, label_s, own.affect.astype(np.float64), track.time_s)
    return _plain_draft(value, np.where(by >= 0, own.frame[by], -1))


def _plain_draft(
    affect: Float[np.ndarray, "n 2"], carriers: Int64[np.ndarray, "n c"]
) -> Draft:
    """A method that knows values and where they come from, and nothing else."""
    n = len(affect)
    evidence = np.full((n, N_EVIDENCE), -1, np.int32)
    evidence[:, : carriers.shape[1]] = carriers
    return Draft(
        affect=affect,
        expression=np.full((n, len(EXPRESSIONS)), np.nan, np.float32),
        evidence=evidence,
    )
