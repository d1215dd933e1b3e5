"""Labels out: one row per video, face and frame, as CSV, Parquet or JSON Lines."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from jaxtyping import Float32, Int32, Int64

from feltline.atomic import check_folder, replacing
from feltline.errors import InputError
from feltline.types import DIMENSIONS, EXPRESSIONS, Estimate, FaceTrack

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "SCHEMA_VERSION",
    "TABLE_SUFFIXES",
    "Layer",
    "TableFormat",
    "TrackRows",
    "check_table_path",
    "encoded_rows",
    "rows_of_estimate",
    "write_rows",
    "write_table",
]

SCHEMA_VERSION: Final = "1"
TABLE_SUFFIXES: Final = (".csv", ".parquet", ".jsonl")
_METADATA_PREFIX: Final = "feltline:"

Layer = Literal["final", "human", "model"]
"""What a row tells: what stands in the end, one rater's word, or the machine's."""

TableFormat = Literal["csv", "parquet", "jsonl"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrackRows:
    """Labels of one track, ready to be written. m = rows.

    Attributes:
        track: The track; quality, times and names come from it.
        at: Positions in it that have a row.
        layer: What the rows tell.
        rater: Who judged, in the layer `human`.
        affect: Valence and arousal, NaN = missing.
        low: Lower end of the interval, NaN = none.
        high: Upper end of it.
        confidence: NaN = none.
        expression: Index into `EXPRESSIONS`, -1 = none.
        expression_confidence: Probability of that class, NaN = none.
        origin: `support`, `human`, `model`, `consensus` or `import`, per row.
        run_id: The run that the machine's values come from.
        evidence: Frames that carried each value, -1 fills up.
        revision: The event that a person's word rests on, 0 = none.
        updated_at: When each row was last changed.
        scope: What a person's word speaks of: `frame`, `span` or `clip`; or the
            decision that it is. Empty in other layers, like the next two.
        last_frame: Last frame that it speaks of.
        comment: The rater's own words.
    """

    track: FaceTrack
    at: Int64[np.ndarray, " m"]
    layer: Layer
    rater: str | None
    affect: Float32[np.ndarray, "m 2"]
    low: Float32[np.ndarray, "m 2"]
    high: Float32[np.ndarray, "m 2"]
    confidence: Float32[np.ndarray, " m"]
    expression: Int64[np.ndarray, " m"]
    expression_confidence: Float32[np.ndarray, " m"]
    origin: Sequence[str]
    run_id: str | None
    evidence: Int32[np.ndarray, "m e"]
    revision: Int64[np.ndarray, " m"]
    updated_at: Sequence[datetime]
    scope: Sequence[str] = ()
    last_frame: Sequence[int] = ()
    comment: Sequence[str] = ()


def check_table_path(path: Path) -> None:
    """Raise now if `write_table` could not write there later.

    Raises:
        InputError: The ending is none of `TABLE_SUFFIXES`, or the folder is missing.
    """
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise InputError(
            f"cannot tell the format of {path} by its ending; use one of "
            f"{', '.join(TABLE_SUFFIXES)}"
        )
    check_folder(path)


def write_table(
    path: Path,
    labelled: Sequence[tuple[FaceTrack, Estimate]],
    metadata: Mapping[str, str],
) -> None:
    """Write the final layer of tracks labelled in one go.

    Args:
        path: Where to; its ending chooses CSV, Parquet or JSON Lines.
        labelled: Tracks and their estimates.
        metadata: As for `write_rows`.

    Raises:
        InputError: The ending or the folder.
        SetupError: No room or no permission to write.
    """
    now = datetime.now(tz=UTC)
    write_rows(path, [rows_of_estimate(t, e, now) for t, e in labelled], metadata)


def write_rows(
    path: Path, rows: Iterable[TrackRows], metadata: Mapping[str, str]
) -> int:
    """Write a row per face and frame, missing values empty or null.

    Args:
        path: Where to; its ending chooses CSV, Parquet or JSON Lines.
        rows: Labels, track by track; written as they come, but for Parquet.
        metadata: Kept in the Parquet file's key-value metadata, keys prefixed with
            `feltline:`; CSV and JSON Lines have no place for it.

    Returns:
        How many rows were written.

    Raises:
        InputError: The ending or the folder.
        SetupError: No room or no permission to write.
    """
    check_table_path(path)
    form: TableFormat = path.suffix.lower().removeprefix(".")  # type: ignore[assignment]
    written = 0

    def counted() -> Iterator[TrackRows]:
        nonlocal written
        for one in rows:
            written += len(one.at)
            yield one

    with replacing(path) as scratch, scratch.open("wb") as file:
        for piece in encoded_rows(counted(), form, metadata):
            file.write(piece)
    return written


def encoded_rows(
    rows: Iterable[TrackRows], form: TableFormat, metadata: Mapping[str, str]
) -> Iterator[bytes]:
    """The file's bytes, piece by piece: one per track, but for Parquet."""
    import polars as pl

    if form == "parquet":
        tables = [_table_of(one) for one in rows]
        table = pl.concat(tables) if tables else _table_of_nothing()
        kept = {_METADATA_PREFIX + key: value for key, value in metadata.items()}
        kept[_METADATA_PREFIX + "schema_version"] = SCHEMA_VERSION
        # By way of memory: polars has no words for a disk that is full.
        packed = io.BytesIO()
        table.write_parquet(packed, metadata=kept)
        yield packed.getvalue()
        return
    if form == "csv":
        yield (",".join(_table_of_nothing().columns) + "\n").encode()
    for one in rows:
        piece = io.BytesIO()
        table = _table_of(one)
        if form == "jsonl":
            table.write_ndjson(piece)
        else:
            spelled = pl.col("evidence").cast(pl.List(pl.String)).list.join(" ")
            table.with_columns(spelled).write_csv(
                piece, float_precision=4, include_header=False
            )
        yield piece.getvalue()


def rows_of_estimate(track: FaceTrack, e: Estimate, now: datetime) -> TrackRows:
    """Every frame of an estimate as a row of the final layer."""
    n = len(track)
    has_class = np.isfinite(e.expression).all(axis=1)
    return TrackRows(
        track=track,
        at=np.arange(n),
        layer="final",
        rater=None,
        affect=e.affect,
        low=e.low,
        high=e.high,
        confidence=e.confidence,
        expression=np.where(has_class, np.nan_to_num(e.expression).argmax(axis=1), -1),
        expression_confidence=e.expression.max(axis=1),
        origin=["support" if human else "model" for human in e.is_human],
        run_id=e.run_id,
        evidence=e.evidence,
        revision=np.zeros(n, np.int64),
        updated_at=[now] * n,
    )


def _table_of(rows: TrackRows) -> "pl.DataFrame":
    import polars as pl

    n, track = len(rows.at), rows.track
    columns = {
        "video_id": pl.Series([track.video_id] * n, dtype=pl.String),
        "track_id": pl.Series(np.full(n, track.track_id, np.int32)),
        "frame": pl.Series(track.frame[rows.at].astype(np.int32)),
        "time_s": pl.Series(track.time_s[rows.at]),
        "layer": pl.Series([rows.layer] * n, dtype=pl.String),
        "rater": pl.Series([rows.rater] * n, dtype=pl.String),
        **{name: _floats(rows.affect[:, j]) for j, name in enumerate(DIMENSIONS)},
        "expression": pl.Series(
            [EXPRESSIONS[c] if c >= 0 else None for c in rows.expression.tolist()],
            dtype=pl.String,
        ),
        "confidence": _floats(rows.confidence),
        **{
            f"{end}_{name}": _floats(bounds[:, j])
            for j, name in enumerate(DIMENSIONS)
            for end, bounds in (("low", rows.low), ("high", rows.high))
        },
        "expression_confidence": _floats(rows.expression_confidence),
        "quality": _floats(track.quality[rows.at]),
        "origin": pl.Series(rows.origin, dtype=pl.String),
        "run_id": pl.Series([rows.run_id] * n, dtype=pl.String),
        "evidence": pl.Series(
            [[f for f in row if f >= 0] for row in rows.evidence.tolist()],
            dtype=pl.List(pl.Int32),
        ),
        "revision": pl.Series(rows.revision, dtype=pl.Int64),
        "updated_at": pl.Series(rows.updated_at, dtype=pl.Datetime("us", "UTC")),
        "scope": pl.Series(rows.scope or [None] * n, dtype=pl.String),
        "last_frame": pl.Series(rows.last_frame or [None] * n, dtype=pl.Int32),
        "comment": pl.Series(
            [said or None for said in rows.comment] or [None] * n, dtype=pl.String
        ),
    }
    return pl.DataFrame(columns)


def _table_of_nothing() -> "pl.DataFrame":
    none = np.empty(0, np.int64)
    track = FaceTrack(
        video_id="",
        track_id=0,
        frame=none,
        time_s=np.empty(0),
        box_xyxy=np.empty((0, 4), np.float32),
        quality=np.empty(0, np.float32),
    )
    pair, one = np.empty((0, 2), np.float32), np.empty(0, np.float32)
    return _table_of(
        TrackRows(
            track=track,
            at=none,
            layer="final",
            rater=None,
            affect=pair,
            low=pair,
            high=pair,
            confidence=one,
            expression=none,
            expression_confidence=one,
            origin=[],
            run_id=None,
            evidence=np.empty((0, 0), np.int32),
            revision=none,
            updated_at=[],
        )
    )


def _floats(values: np.ndarray) -> "pl.Series":
    """A float column in which NaN is missing, never a number."""
    import polars as pl

    return pl.Series(values.astype(np.float32)).fill_nan(None)
