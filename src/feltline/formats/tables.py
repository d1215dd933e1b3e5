"""Labels out: one row per video, face and frame, as CSV, Parquet or JSON Lines."""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from feltline.atomic import check_folder, replacing
from feltline.errors import InputError
from feltline.types import DIMENSIONS, EXPRESSIONS, Estimate, FaceTrack

if TYPE_CHECKING:
    import polars as pl

__all__ = ["SCHEMA_VERSION", "TABLE_SUFFIXES", "check_table_path", "write_table"]

SCHEMA_VERSION: Final = "1"
TABLE_SUFFIXES: Final = (".csv", ".parquet", ".jsonl")
_METADATA_PREFIX: Final = "feltline:"


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
    """Write the final layer: a row per face and frame, missing values empty or null.

    Args:
        path: Where to; its ending chooses CSV, Parquet or JSON Lines.
        labelled: Tracks and their estimates.
        metadata: Kept in the Parquet file's key-value metadata, keys prefixed with
            `feltline:`; CSV and JSON Lines have no place for it.

    Raises:
        InputError: The ending or the folder.
        SetupError: No room or no permission to write.
    """
    import polars as pl

    check_table_path(path)
    now = datetime.now(tz=UTC)
    table = pl.concat([_table_of(track, e, now) for track, e in labelled])
    with replacing(path) as scratch:
        if path.suffix.lower() == ".parquet":
            kept = {_METADATA_PREFIX + key: value for key, value in metadata.items()}
            kept[_METADATA_PREFIX + "schema_version"] = SCHEMA_VERSION
            # By way of memory: polars has no words for a disk that is full.
            packed = io.BytesIO()
            table.write_parquet(packed, metadata=kept)
            scratch.write_bytes(packed.getbuffer())
        elif path.suffix.lower() == ".jsonl":
            table.write_ndjson(scratch)
        else:
            spelled = pl.col("evidence").cast(pl.List(pl.String)).list.join(" ")
            table.with_columns(spelled).write_csv(scratch, float_precision=4)


def _table_of(track: FaceTrack, e: Estimate, now: datetime) -> "pl.DataFrame":
    import polars as pl

    n = len(track)
    chosen = e.expression.argmax(axis=1)
    has_class = np.isfinite(e.expression).all(axis=1)
    columns = {
        "video_id": pl.Series([track.video_id] * n, dtype=pl.String),
        "track_id": pl.Series(np.full(n, track.track_id, np.int32)),
        "frame": pl.Series(track.frame.astype(np.int32)),
        "time_s": pl.Series(track.time_s),
        "layer": pl.Series(["final"] * n, dtype=pl.String),
        "rater": pl.Series([None] * n, dtype=pl.String),
        **{name: _floats(e.affect[:, j]) for j, name in enumerate(DIMENSIONS)},
        "expression": pl.Series(
            [
                EXPRESSIONS[c] if ok else None
                for c, ok in zip(chosen, has_class, strict=True)
            ],
            dtype=pl.String,
        ),
        "confidence": _floats(e.confidence),
        **{
            f"{end}_{name}": _floats(bounds[:, j])
            for j, name in enumerate(DIMENSIONS)
            for end, bounds in (("low", e.low), ("high", e.high))
        },
        "expression_confidence": _floats(e.expression.max(axis=1)),
        "quality": _floats(track.quality),
        "origin": pl.Series(
            ["support" if human else "model" for human in e.is_human], dtype=pl.String
        ),
        "run_id": pl.Series([e.run_id] * n, dtype=pl.String),
        "evidence": pl.Series(
            [[f for f in row if f >= 0] for row in e.evidence.tolist()],
            dtype=pl.List(pl.Int32),
        ),
        "revision": pl.Series(np.zeros(n, np.int64)),
        "updated_at": pl.Series([now] * n, dtype=pl.Datetime("us", "UTC")),
    }
    return pl.DataFrame(columns)


def _floats(values: np.ndarray) -> "pl.Series":
    """A float column in which NaN is missing, never a number."""
    import polars as pl

    return pl.Series(values.astype(np.float32)).fill_nan(None)
