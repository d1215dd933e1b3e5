"""Column mapping: what the columns of a person's own table are, and in which units.

Tables come with names of their own ("File", "Frame no.", "快不快") and on scales of
their own (1 to 9). Nothing of that is guessed when labels are read: a mapping says it.
The same texts make one at the command line (`--column frame="Frame no."`) and on the
page. What a column may be is guessed for people to confirm, never to be used unseen.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from feltline.errors import InputError
from feltline.formats.cell_values import class_key
from feltline.types import LabelSchema

__all__ = ["NO_MAPPING", "PLACE", "Scale", "TableMapping", "guessed_columns"]

PLACE: Final = ("video", "frame", "time_s", "face")
"""Columns that say which face in which frame is meant."""

_ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "video": (
        *("file", "filename", "file name", "file_name", "clip", "video name"),
        *("video_name", "video file", "video_file", "movie", "動画", "動画名"),
        *("ファイル", "ファイル名", "映像"),
    ),
    "frame": (
        *("frame number", "frame_number", "frame no", "frame no.", "frame_no"),
        *("framenumber", "frames", "フレーム", "フレーム番号", "コマ"),
    ),
    "time_s": (
        *("time", "time (s)", "time(s)", "time_sec", "seconds", "sec", "t"),
        *("timestamp", "時刻", "時間", "秒"),
    ),
    "face": ("face number", "face_id", "face no", "face no.", "顔", "顔番号"),
    "valence": ("v", "val", "pleasure", "pleasantness", "感情価", "快不快"),
    "arousal": ("a", "aro", "activation", "activity", "覚醒度", "覚醒"),
    "expression": (
        *("emotion", "class", "category", "label", "facial expression"),
        *("表情", "感情", "表情ラベル"),
    ),
    "rater": (
        *("annotator", "coder", "observer", "judge", "labeller", "labeler"),
        *("評定者", "評価者", "アノテーター"),
    ),
}
"""Other names of a column, as `class_key` writes them; never used without being asked
for. Not `video_id` and `track_id`: those are of feltline's own exports, whose values
are mostly the machine's."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale of a column of values, mapped linearly on that of its dimension.

    Attributes:
        low: What stands for the low end of the dimension.
        high: What stands for the high end; less than `low` where the scale is reversed.
    """

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMapping:
    """How a table of another layout is read.

    Attributes:
        columns: Name of the file's column by our name; empty = the file has none, even
            if a column of it is named so.
        scales: By dimension, the scale of its column; the label schema's if absent.
        videos: Name of a video of the project by what the file calls it.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    scales: Mapping[str, Scale] = field(default_factory=dict)
    videos: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(
        cls,
        schema: LabelSchema,
        *,
        columns: Sequence[str] = (),
        scales: Sequence[str] = (),
        videos: Sequence[str] = (),
        known_videos: Collection[str] = (),
    ) -> "TableMapping":
        """Read a mapping from texts, as the command line and the page give them.

        Args:
            schema: Its dimensions are columns.
            columns: Texts `our=theirs`; `our=` = the file has no such column.
            scales: Texts `dimension=LOW..HIGH`.
            videos: Texts `video=theirs`.
            known_videos: Names of the videos.

        Raises:
            InputError: One of them cannot be read, or contradicts another.
        """
        ours = (*PLACE, *schema.dimension_names, "expression", "rater")
        named = _once("column", [_pair("column", text, ours) for text in columns])
        theirs = [class_key(name) for name in named.values() if name]
        if twice := sorted({name for name in theirs if theirs.count(name) > 1}):
            raise InputError(
                f"the column {twice[0]!r} of the file is given for two things; it can "
                f"be read as one of them only"
            )
        ranges = [_pair("scale", text, schema.dimension_names) for text in scales]
        pairs = [_pair("video", text, known_videos) for text in videos]
        called = _once("name of a video", [(theirs, ours) for ours, theirs in pairs])
        return cls(
            columns=named,
            scales={name: _scale(name, text) for name, text in ranges},
            videos=called,
        )

    def column(self, name: str) -> str:
        """What the file calls a column, as columns are compared."""
        return class_key(self.columns.get(name, name))


NO_MAPPING: Final = TableMapping()
"""The columns are named, and the values scaled, as documented."""


def guessed_columns(
    header: Collection[str], dimensions: Sequence[str]
) -> dict[str, str]:
    """Which column of a file may be which of ours, for a person to confirm.

    Args:
        header: Names of its columns, as `class_key` writes them.
        dimensions: Names of those of the label schema, which are columns.

    Returns:
        The file's column by our name; those of which nothing is known are left out.
    """
    ours = (*PLACE, *dimensions, "expression", "rater")
    found = {name: name for name in ours if name in header}
    for name in ours:
        left = [h for h in header if h and h not in found.values()]
        if name in found:
            continue
        alias = next((a for a in _ALIASES.get(name, ()) if a in left), None)
        if alias is None:
            alias = next(iter(get_close_matches(name, left, n=1, cutoff=0.8)), None)
        if alias is not None:
            found[name] = alias
    return found


def _once(what: str, pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Pairs as a mapping.

    Raises:
        InputError: A name comes twice.
    """
    made: dict[str, str] = {}
    for name, other in pairs:
        if made.setdefault(name, other) != other:
            raise InputError(f"the {what} {name!r} is given twice; give it once")
    return made


def _pair(what: str, text: str, known: Collection[str]) -> tuple[str, str]:
    """The two sides of `our=theirs`; a video's name may hold the sign itself.

    Raises:
        InputError: There is no such sign, or what stands before it is unknown.
    """
    parts = text.split("=")
    for n in range(1, len(parts)):
        name = "=".join(parts[:n]).strip()
        if name in known:
            return name, "=".join(parts[n:]).strip()
    shown = ", ".join(sorted(known)[:10])
    raise InputError(
        f"cannot read the {what} {text!r}; expected NAME=..., where NAME is one of "
        f"{shown or 'none: there are no videos yet'}"
    )


def _scale(name: str, text: str) -> Scale:
    """A scale from `LOW..HIGH`.

    Raises:
        InputError: It is none.
    """
    low, dots, high = text.partition("..")
    try:
        scale = Scale(float(low), float(high))
    except ValueError:
        dots = ""
        scale = Scale(0.0, 0.0)
    is_finite = math.isfinite(scale.low) and math.isfinite(scale.high)
    if not dots or not is_finite or scale.low == scale.high:
        raise InputError(
            f"cannot read the scale {text!r} of {name}; expected its two ends, such as "
            f"1..9 (or 9..1 where it is reversed)"
        )
    return scale
