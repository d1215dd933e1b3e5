"""Labels out: a row per video, face and frame, as CSV, Excel, Parquet or JSON Lines.

Written track by track: memory does not grow with the number of rows. A CSV begins with
a byte order mark, without which Excel takes it for another encoding than UTF-8. Text
cells that a spreadsheet would take for a formula get an apostrophe before them.
"""

import codecs
import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Literal

import numpy as np
from jaxtyping import Float32, Float64, Int32, Int64, UInt8

from feltline.atomic import check_folder, replacing
from feltline.errors import InputError, SetupError
from feltline.formats.cell_values import FORMULA
from feltline.formats.workbooks import write_workbook
from feltline.types import DEFAULT_SCHEMA, LabelSchema

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "ORIGINS",
    "SCHEMA_VERSION",
    "TABLE_SUFFIXES",
    "Layer",
    "TableFormat",
    "TrackRows",
    "check_table_path",
    "encoded_rows",
    "table_columns",
    "write_rows",
]

SCHEMA_VERSION: Final = "2"
TABLE_SUFFIXES: Final = (".csv", ".xlsx", ".parquet", ".jsonl")
ORIGINS: Final = ("", "support", "human", "model", "consensus", "import")
"""Where a value or class comes from; empty where there is none."""

PIECE: Final = 1 << 20
"""Bytes that are handed on at once."""
_METADATA_PREFIX: Final = "feltline:"

Layer = Literal["final", "human", "model"]
"""What a row tells: what stands in the end, one rater's judgement, or a prediction."""

TableFormat = Literal["csv", "parquet", "jsonl"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrackRows:
    """Labels of one track, ready to be written. r rows, m dimensions.

    Attributes:
        video_id: Its video.
        track_id: Its number.
        frame: Frame of each row.
        time_s: When it is shown; NaN = unknown.
        quality: How well the face can be judged; NaN = unknown.
        layer: What the rows tell.
        rater: Who judged, in the layer `human`.
        value: In the schema's units, NaN = missing.
        low: Lower end of the interval, NaN = none.
        high: Upper end of it.
        confidence: NaN = none.
        expression: Index of the class, -1 = none.
        expression_confidence: Probability of that class, NaN = none.
        origin: Index into `ORIGINS`, of the value.
        expression_origin: Likewise, of the class.
        model_id: The model that the machine's values come from.
        evidence: Frames that carried each value, -1 fills up.
        revision: Event of the newest judgement that deals with the frame, 0 = none.
        updated_at: When each row was last changed, in microseconds since 1970 in UTC.
        scope: What a judgement speaks of: `frame`, `span` or `clip`; or the decision
            that it is. Empty in other layers, like the next three.
        last_frame: Last frame that it speaks of.
        touched: Dimensions that the rater moved, by name; the others are as they were
            shown. Empty where that was not recorded.
        comment: The rater's own words.
    """

    video_id: str
    track_id: int
    frame: Int64[np.ndarray, " r"]
    time_s: Float64[np.ndarray, " r"]
    quality: Float32[np.ndarray, " r"]
    layer: Layer
    rater: str | None
    value: Float32[np.ndarray, "r m"]
    low: Float32[np.ndarray, "r m"]
    high: Float32[np.ndarray, "r m"]
    confidence: Float32[np.ndarray, " r"]
    expression: Int64[np.ndarray, " r"]
    expression_confidence: Float32[np.ndarray, " r"]
    origin: UInt8[np.ndarray, " r"]
    expression_origin: UInt8[np.ndarray, " r"]
    model_id: str | None
    evidence: Int32[np.ndarray, "r e"]
    revision: Int64[np.ndarray, " r"]
    updated_at: Int64[np.ndarray, " r"]
    scope: Sequence[str] = ()
    last_frame: Sequence[int] = ()
    touched: Sequence[str] = ()
    comment: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.frame)


def check_table_path(path: Path) -> None:
    """Raise now if `write_rows` could not write there later.

    Raises:
        InputError: The ending is none of `TABLE_SUFFIXES`, or the folder is missing.
    """
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise InputError(
            f"cannot tell the format of {path} by its ending; use one of "
            f"{', '.join(TABLE_SUFFIXES)}"
        )
    check_folder(path)


def write_rows(
    path: Path,
    rows: Iterable[TrackRows],
    metadata: Mapping[str, str],
    schema: LabelSchema = DEFAULT_SCHEMA,
) -> int:
    """Write a row per face and frame, missing values empty or null.

    Args:
        path: Where to; its ending chooses CSV, Excel, Parquet or JSON Lines.
        rows: Labels, track by track; written as they come.
        metadata: Kept in the Parquet file's key-value metadata, keys prefixed with
            `feltline:`; the other formats have no place for it.
        schema: Its dimensions are columns, its classes are named.

    Returns:
        How many rows were written.

    Raises:
        InputError: The ending, the folder, or more rows than an Excel sheet holds.
        SetupError: No room or no permission to write.
    """
    check_table_path(path)
    form = path.suffix.lower().removeprefix(".")
    written = 0

    def counted() -> Iterator[TrackRows]:
        nonlocal written
        for one in rows:
            written += len(one)
            yield one

    with replacing(path) as scratch:
        if form == "xlsx":
            lines = (line for one in counted() for line in _sheet_rows(one, schema))
            write_workbook(scratch, table_columns(schema), lines, title="labels")
            return written
        with scratch.open("wb") as file:
            if form == "parquet":
                _write_parquet(file, counted(), metadata, schema)
            else:
                is_csv = form == "csv"
                file.writelines(_lines(counted(), schema, is_csv=is_csv))
    return written


def encoded_rows(
    rows: Iterable[TrackRows],
    form: TableFormat,
    metadata: Mapping[str, str],
    schema: LabelSchema = DEFAULT_SCHEMA,
) -> Iterator[bytes]:
    """The file's bytes, piece by piece; Parquet goes by way of a temporary file."""
    if form != "parquet":
        yield from _lines(rows, schema, is_csv=form == "csv")
        return
    with tempfile.TemporaryFile() as file:
        _write_parquet(file, rows, metadata, schema)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def table_columns(schema: LabelSchema = DEFAULT_SCHEMA) -> tuple[str, ...]:
    """Names of the columns, in order."""
    return tuple(_types(schema))


def _lines(
    rows: Iterable[TrackRows], schema: LabelSchema, *, is_csv: bool
) -> Iterator[bytes]:
    """Pieces of CSV or JSON Lines, one per track."""
    import polars as pl

    if is_csv:
        header = io.StringIO()
        csv.writer(header, lineterminator="\n").writerow(_types(schema))
        yield codecs.BOM_UTF8 + header.getvalue().encode()
    for one in rows:
        table = _table_of(one, schema)
        if not is_csv:
            yield table.write_ndjson().encode()
            continue
        text = pl.col(pl.String)
        safe = (
            pl.when(text.str.contains(FORMULA)).then(pl.lit("'") + text).otherwise(text)
        )
        table = table.with_columns(safe.name.keep()).with_columns(_evidence_text())
        yield table.write_csv(float_precision=4, include_header=False).encode()


def _evidence_text() -> "pl.Expr":
    """Lists of frames as one text."""
    import polars as pl

    return pl.col("evidence").cast(pl.List(pl.String)).list.join(" ")


def _sheet_rows(
    rows: TrackRows, schema: LabelSchema
) -> Iterator[tuple[str | int | float | None, ...]]:
    """Rows for a sheet, numbers as in a CSV; times of change as text, in UTC."""
    import polars as pl

    when = pl.col("updated_at").dt.strftime("%Y-%m-%dT%H:%M:%S%.6f%z")
    # Through the shortest decimals: 0.1 of 32 bits is 0.10000000149 of 64.
    small = pl.col(pl.Float32).cast(pl.Float64).round(4)
    table = _table_of(rows, schema).with_columns(_evidence_text(), when, small)
    return table.iter_rows()


def _write_parquet(
    file: IO[bytes],
    rows: Iterable[TrackRows],
    metadata: Mapping[str, str],
    schema: LabelSchema,
) -> None:
    """Write row groups as rows come.

    Raises:
        SetupError: No room to write.
    """
    import polars as pl
    from polars.io.plugins import register_io_source

    kept = {_METADATA_PREFIX + key: value for key, value in metadata.items()}
    kept[_METADATA_PREFIX + "schema_version"] = SCHEMA_VERSION
    failure: list[Exception] = []

    def tables(*_asked: object) -> Iterator["pl.DataFrame"]:
        try:
            for one in rows:
                yield _table_of(one, schema)
        except Exception as error:  # noqa: BLE001 - polars would hide what it was
            failure.append(error)

    try:
        register_io_source(tables, schema=_types(schema)).sink_parquet(
            file, metadata=kept, engine="streaming", maintain_order=True
        )
    except (pl.exceptions.PolarsError, OSError) as error:
        if not failure:
            raise SetupError(
                f"the Parquet file cannot be written ({error}); make room on the disk "
                f"and export again"
            ) from error
    if failure:
        raise failure[0]


def _types(schema: LabelSchema) -> dict[str, "pl.DataType"]:
    """Type of each column, in order."""
    import polars as pl

    value = dict.fromkeys(schema.dimension_names, pl.Float32())
    interval = {
        f"{end}_{name}": pl.Float32()
        for name in schema.dimension_names
        for end in ("low", "high")
    }
    return {
        "video_id": pl.String(),
        "track_id": pl.Int32(),
        "frame": pl.Int32(),
        "time_s": pl.Float64(),
        "layer": pl.String(),
        "rater": pl.String(),
        **value,
        "expression": pl.String(),
        "confidence": pl.Float32(),
        **interval,
        "expression_confidence": pl.Float32(),
        "quality": pl.Float32(),
        "origin": pl.String(),
        "expression_origin": pl.String(),
        "model_id": pl.String(),
        "evidence": pl.List(pl.Int32()),
        "revision": pl.Int64(),
        "updated_at": pl.Datetime("us", "UTC"),
        "scope": pl.String(),
        "last_frame": pl.Int32(),
        "touched": pl.String(),
        "comment": pl.String(),
    }


def _table_of(rows: TrackRows, schema: LabelSchema) -> "pl.DataFrame":
    import polars as pl

    columns: dict[str, Any] = {
        "expression": _named(schema.class_names, rows.expression),
        "origin": _named(ORIGINS[1:], rows.origin.astype(np.int64) - 1),
        "expression_origin": _named(
            ORIGINS[1:], rows.expression_origin.astype(np.int64) - 1
        ),
        "evidence": [[f for f in row if f >= 0] for row in rows.evidence.tolist()],
        "scope": rows.scope or None,
        "last_frame": rows.last_frame or None,
        "touched": [text or None for text in rows.touched] or None,
        "comment": [text or None for text in rows.comment] or None,
    }
    for j, name in enumerate(schema.dimension_names):
        columns[name] = rows.value[:, j]
        columns[f"low_{name}"], columns[f"high_{name}"] = (
            rows.low[:, j],
            rows.high[:, j],
        )
    made = []
    for name, kind in _types(schema).items():
        column = columns[name] if name in columns else getattr(rows, name)
        if column is None or isinstance(column, str | int):
            series = pl.repeat(column, len(rows), dtype=kind, eager=True)
        elif isinstance(column, np.ndarray):
            series = pl.Series(np.ascontiguousarray(column)).cast(kind)
        else:
            series = pl.Series(column, dtype=kind)
        # NaN is missing, never a number.
        made.append((series.fill_nan(None) if kind.is_float() else series).alias(name))
    return pl.DataFrame(made)


def _named(names: Sequence[str], index: Int64[np.ndarray, " r"]) -> "pl.Series":
    """Names by index; nothing where it is -1."""
    import polars as pl

    return pl.Series([*names, None], dtype=pl.String).gather(index % (len(names) + 1))
