"""Label videos from a support set: the whole way from files to labels."""

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float

from feltline.errors import EncoderError, InputError, NothingToLabelError
from feltline.fewshot import (
    LabelOptions,
    basis_of,
    contradicts,
    default_model,
    features_of,
    label_tracks,
    learn,
    observations_of,
    predict_track,
)
from feltline.formats import check_table_path, judgements_of, read_support, write_rows
from feltline.pipeline.extraction import extract_all
from feltline.project.annotations import annotate
from feltline.project.encoder_extras import comparison_of, has_pair_heads, learnt_view
from feltline.project.export_rows import final_rows, microseconds
from feltline.project.extraction_cache import Extraction, ExtractOptions
from feltline.project.laying import FinalRows, lay_over
from feltline.render import DrawnValues, Overlay, draw_curves
from feltline.settings import THRESHOLD, version
from feltline.store import StoredJudgement
from feltline.types import (
    DEFAULT_SCHEMA,
    FaceTrack,
    Judgement,
    Observation,
    Prediction,
    Progress,
)
from feltline.video import VideoWriter, probe, read_frames

__all__ = ["Labelling", "Summary", "label", "support_of"]

NO_CONFIDENCE = "this method gives none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A labelled video set in a few figures.

    Attributes:
        frames: Faces labelled, one per face and frame.
        by_hand: How many of them a person labelled.
        accepted: How many machine labels reach the threshold; None where the method
            has no confidence.
        threshold: The confidence that accepts.
        contradictions: Machine labels whose likeliest class contradicts the quadrant
            of their valence and arousal.
        unlabelled_faces: Tracks left out because they have no label of their own.
        method: How labels were carried over.
        calibration: What confidence rests on.
        model_id: Names the model, or the method.
    """

    frames: int
    by_hand: int
    accepted: int | None
    threshold: float
    contradictions: int
    unlabelled_faces: int
    method: str
    calibration: str
    model_id: str

    @property
    def share_by_hand(self) -> float:
        """Share of the frames that a person labelled."""
        return self.by_hand / self.frames

    @property
    def share_accepted(self) -> float | None:
        """Share of the machine labels that are accepted; None if there is none."""
        machine = self.frames - self.by_hand
        return None if self.accepted is None or not machine else self.accepted / machine


@dataclass(frozen=True, kw_only=True, eq=False)
class Labelling:
    """Labelled videos, ready to be written, drawn or looked at.

    Attributes:
        extractions: The faces of each video.
        labelled: Tracks with what stands in each of their frames, by video and face.
        unlabelled: Tracks that no label could reach.
        notes: What the user should know about the support set.
        options: Method and promises.
        calibration: What confidence rests on, in words.
    """

    extractions: tuple[Extraction, ...]
    labelled: tuple[tuple[FaceTrack, FinalRows], ...]
    unlabelled: tuple[FaceTrack, ...]
    notes: tuple[str, ...]
    options: LabelOptions
    calibration: str

    def summary(self, threshold: float = THRESHOLD) -> Summary:
        """The figures that say how it went."""
        rows = [rows for _, rows in self.labelled]
        machine = np.concatenate([one.confidence[~_by_hand(one)] for one in rows])
        known = np.isfinite(machine).all()
        accepted = int((machine >= np.float32(threshold)).sum()) if known else None
        return Summary(
            frames=sum(len(one.value) for one in rows),
            by_hand=int(sum(_by_hand(one).sum() for one in rows)),
            accepted=accepted,
            threshold=threshold,
            contradictions=sum(_contradictions(one) for one in rows),
            unlabelled_faces=len(self.unlabelled),
            method=self.options.method,
            calibration=self.calibration,
            model_id=rows[0].model_id or "",
        )

    def write(self, path: Path | str) -> None:
        """Write the table: CSV, Parquet or JSON Lines by the ending of `path`."""
        now = microseconds(datetime.now(tz=UTC))
        metadata = {
            "program": f"feltline {version()}",
            "model_id": self.labelled[0][1].model_id or "",
            "method": self.options.method,
            "value_range": json.dumps(
                {d.name: [d.low, d.high] for d in DEFAULT_SCHEMA.dimensions}
            ),
            "tolerance": f"{self.options.tolerance:g}",
            "coverage": f"{self.options.coverage:g}",
            "calibration": self.calibration,
            "encoder_id": self.extractions[0].features.encoder_id,
            "sha256": json.dumps(
                {e.video_id: e.features.facts.content_hash for e in self.extractions}
            ),
            "average_rate": json.dumps(
                {e.video_id: e.features.facts.average_rate for e in self.extractions}
            ),
        }
        rows = (
            final_rows(track, rows, given_at={}, learnt_at=now)
            for track, rows in self.labelled
        )
        write_rows(Path(path), rows, metadata)

    def plot(
        self,
        path: Path | str,
        *,
        threshold: float = THRESHOLD,
        truth: Sequence[Float[np.ndarray, "_ 2"] | None] | None = None,
    ) -> None:
        """Draw the curves of all tracks as PNG or SVG."""
        draw_curves(Path(path), self._drawn, threshold=threshold, truth=truth)

    def overlay(
        self,
        path: Path | str,
        *,
        threshold: float = THRESHOLD,
        progress: Progress | None = None,
    ) -> None:
        """Write the one video of this labelling with its labels drawn in, as H.264.

        Raises:
            InputError: There are several videos.
        """
        if len(self.extractions) != 1:
            raise InputError(
                f"an overlay shows one video, but {len(self.extractions)} were "
                f"labelled; label that video alone to get its overlay"
            )
        whole = self.extractions[0]
        info = probe(whole.path)
        overlay = Overlay(self._drawn, threshold=threshold)
        time_s = whole.looked_at_s
        writer = VideoWriter(
            Path(path),
            width=info.width,
            height=info.height,
            rate=info.average_rate or 25,
        )
        frames = read_frames(whole.path, start_s=float(time_s[0]))
        with writer, closing(frames):
            for done, frame in enumerate(frames, start=1):
                if frame.time_s > time_s[-1]:
                    break
                writer.write(overlay.draw(frame.rgb, frame.frame), frame.time_s)
                if progress is not None:
                    progress(Path(path).name, done, whole.features.facts.n_frames)

    @cached_property
    def _drawn(self) -> list[tuple[FaceTrack, DrawnValues]]:
        return [
            (
                track,
                DrawnValues(
                    value=rows.value,
                    low=rows.low,
                    high=rows.high,
                    confidence=rows.confidence,
                    is_human=_by_hand(rows),
                    method=self.options.method,
                    coverage=self.options.coverage,
                ),
            )
            for track, rows in self.labelled
        ]


def _by_hand(rows: FinalRows) -> np.ndarray:
    """Frames whose value a person gave."""
    return rows.reviewed & np.isfinite(rows.value).any(axis=1)


def _contradictions(rows: FinalRows) -> int:
    """Machine labels whose likeliest class contradicts their quadrant."""
    chosen = np.where(_by_hand(rows), -1, rows.expression)
    return int(contradicts(rows.value, chosen, DEFAULT_SCHEMA).sum())


def _contradicting_labels(judgements: Sequence[Judgement]) -> list[str]:
    """A note on human labels whose class and value cannot both be right."""
    whole = [j for j in judgements if j.has_value and j.expression is not None]
    given = np.array(
        [[np.nan if v is None else v for v in j.value] for j in whole], np.float64
    ).reshape(-1, 2)
    chosen = [DEFAULT_SCHEMA.class_index(j.expression) for j in whole]
    wrong = contradicts(given, np.array(chosen, np.int64), DEFAULT_SCHEMA)
    if not wrong.any():
        return []
    first = int(wrong.argmax())
    valence, arousal = given[first]
    return [
        f"labels whose class lies on the other side of their valence or arousal: "
        f"{wrong.sum()}; the first is frame {whole[first].first_frame} of "
        f"{whole[first].video_id} ({whole[first].expression} at {valence:+.2f} / "
        f"{arousal:+.2f}). They are used as they are: look again"
    ]


def _strange_faces(extractions: Sequence[Extraction]) -> list[str]:
    """A note on faces unlike those that the encoder knows."""
    n = sum(int((e.features.ood_score > 1).sum()) for e in extractions)
    if not n:
        return []
    return [
        f"faces unlike those that the encoder knows (covered, badly lit, or no face at "
        f"all): {n}; their confidence is lowered"
    ]


def support_of(
    path: Path, extractions: Sequence[Extraction]
) -> tuple[dict[tuple[str, int], list[StoredJudgement]], list[str]]:
    """The judgements of a support CSV by video and track, and notes on them.

    Args:
        path: The CSV.
        extractions: The videos at hand.

    Raises:
        SupportError: A row cannot be used.
        NothingToLabelError: No row has a label.
    """
    faces = {e.video_id: e.faces for e in extractions}
    made, notes = judgements_of(
        path, read_support(path), list(faces), faces.__getitem__
    )
    now = datetime.now(tz=UTC)
    by_track: dict[tuple[str, int], list[StoredJudgement]] = {}
    for number, one in enumerate(made, start=1):
        stored = StoredJudgement(
            event_id=number, at=now, found_track_id=one.track_id, judgement=one
        )
        by_track.setdefault((one.video_id, one.track_id), []).append(stored)
    return by_track, notes + _contradicting_labels(made)


def label(  # noqa: PLR0913 - keyword-only, each a choice of its own
    videos: Path | str | Sequence[Path | str],
    *,
    support: Path | str,
    out: Path | str | None = None,
    options: LabelOptions | None = None,
    extraction: ExtractOptions | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Labelling:
    """Label videos from a few human labels of their frames.

    Args:
        videos: One or more videos.
        support: The labels, a CSV (see `feltline.formats.support`).
        out: Where to write the table; nothing is written if absent.
        options: Method, tolerance and coverage.
        extraction: Which frames and faces to look at.
        cache: Where extracted faces are kept.
        progress: Told how far it is.

    Returns:
        The labelling.

    Raises:
        VideoError: A video cannot be read.
        SupportError: A row of the support set cannot be used.
        NothingToLabelError: No face was found, or there is no label.
        EncoderError: `mt-clar` with an encoder that cannot compare faces.
        SetupError: A package or disk space is missing.
    """
    options = options or LabelOptions()
    listed = [videos] if isinstance(videos, Path | str) else list(videos)
    if out is not None:  # say so before the long work, not after it
        check_table_path(Path(out))
    encoder = (extraction or ExtractOptions()).encoder
    if options.method == "mt-clar" and not has_pair_heads(encoder):
        raise EncoderError(
            f"{encoder} cannot compare faces, which mt-clar does; give an encoder "
            f"whose card names pair_heads, such as ferplus-s, or another --method"
        )
    read_support(Path(support))  # raises before the long work
    extractions = extract_all(listed, extraction, cache=cache, progress=progress)
    tracks = [t for e in extractions for t in e.tracks]
    if not tracks:
        looked_at = ", ".join(
            f"{e.video_id} ({len(e.looked_at_s)} frames)" for e in extractions
        )
        raise NothingToLabelError(
            f"no face was found in {looked_at}; nothing was written"
        )
    given, notes = support_of(Path(support), extractions)
    own = [given.get((t.video_id, t.track_id), []) for t in tracks]
    observed = [
        observations_of(track, some, DEFAULT_SCHEMA)
        for track, some in zip(tracks, own, strict=True)
    ]
    made, calibration = _predictions(extractions, observed, options, encoder)
    laid = [
        lay_over(
            annotate(track.frame, some, DEFAULT_SCHEMA),
            prediction,
            DEFAULT_SCHEMA,
            is_support=True,
        )
        for track, some, prediction in zip(tracks, own, made, strict=True)
    ]
    reached = [prediction is not None for prediction in made]
    result = Labelling(
        extractions=extractions,
        labelled=tuple(
            (t, rows) for t, rows, has in zip(tracks, laid, reached, strict=True) if has
        ),
        unlabelled=tuple(t for t, has in zip(tracks, reached, strict=True) if not has),
        notes=(*notes, *_strange_faces(extractions)),
        options=options,
        calibration=calibration,
    )
    if out is not None:
        result.write(out)
    return result


def _predictions(
    extractions: Sequence[Extraction],
    observed: Sequence[Sequence[Observation]],
    options: LabelOptions,
    encoder: str,
) -> tuple[list[Prediction | None], str]:
    """One prediction per track, and what confidence rests on."""
    tracks = [t for e in extractions for t in e.tracks]
    embeddings = [seen for e in extractions for seen in e.embeddings]
    ood_score = [
        e.features.ood_score[e.features.rows(t.track_id)]
        for e in extractions
        for t in e.tracks
    ]
    has_value = any(np.isfinite(o.value).any() for own in observed for o in own)
    if options.method != "gp" or not has_value:
        comparisons = None
        if options.method == "mt-clar":
            comparisons = [comparison_of(encoder, learnt_view(e)) for e in embeddings]
        made = label_tracks(
            tracks, embeddings, observed, options, comparisons=comparisons
        )
        return made, NO_CONFIDENCE
    basis = basis_of(tracks, embeddings)
    features = features_of(tracks, embeddings, basis, DEFAULT_SCHEMA, ood_score)
    prior = default_model(
        basis=basis,
        schema=DEFAULT_SCHEMA,
        has_zero_shot=np.all([f.has_zero_shot for f in features], axis=0).tolist(),
        tolerance=options.tolerance,
        coverage=options.coverage,
    )
    clips = [track.video_id for track in tracks]
    learnt = zip(features, observed, clips, strict=True)
    model = learn(learnt, prior, schema=DEFAULT_SCHEMA)
    whole = [
        predict_track(model, some, own, schema=DEFAULT_SCHEMA)
        for some, own in zip(features, observed, strict=True)
    ]
    made = [None if np.isnan(one.value).all() else one for one in whole]
    return made, model.calibration.source
