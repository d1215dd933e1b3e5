"""A database as the first release left it: its tables, and rows as it wrote them."""

from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from tests.store.making import AT, face_track, hash_of

from feltline.store.connect import engine_of, target_of
from feltline.store.rows import pack
from feltline.store.transactions import writing

METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
TYPES: dict[str, Any] = {
    "w": sa.BigInteger,
    "t": sa.Text,
    "r": sa.Double,
    "f": sa.Boolean,
    "b": sa.LargeBinary,
    "j": sa.JSON,
    "d": sa.DateTime(timezone=True),
}
ON_TRACK = ("tracks", "video_id", "found_track_id")
BY_VIDEO = ("video_id", "event_id")


def table(name, key, columns, refers=(), indexes=(), unique=()):
    """A table of which `columns` are written name:type, with ? if NULL may stand."""
    made = [sa.Column("project_id", sa.Text, nullable=False)]
    for word in columns.split():
        column, kind = word.split(":")
        made.append(sa.Column(column, TYPES[kind[0]], nullable=kind.endswith("?")))
    parts: list[Any] = [sa.PrimaryKeyConstraint("project_id", *key.split())]
    for other, *own in refers:
        theirs = ["track_id" if n == "found_track_id" else n for n in own]
        theirs = ["event_id" if n == "undoes" else n for n in theirs]
        parts.append(
            sa.ForeignKeyConstraint(
                ["project_id", *own],
                [f"{other}.{n}" for n in ("project_id", *theirs)],
            )
        )
    parts += [sa.Index(None, "project_id", *names) for names in indexes]
    parts += [sa.UniqueConstraint("project_id", name) for name in unique]
    return sa.Table(name, METADATA, *made, *parts)


table(
    "projects",
    "",
    "name:t created_at:d last_event_id:w last_batch:w last_run:w needs_scrub:f",
)
table(
    "videos",
    "video_id",
    "video_id:t content_hash:t location:t width:w height:w n_frames:w duration_s:r "
    "time_base:t codec:t encoder_id:t added_at:d",
    [("projects",)],
    unique=["content_hash"],
)
table(
    "video_arrays", "video_id", "video_id:t arrays:b", refers=[("videos", "video_id")]
)
table(
    "tracks",
    "video_id track_id",
    "video_id:t track_id:w n_frames:w first_frame:w last_frame:w arrays:b",
    [("videos", "video_id")],
)
table(
    "events",
    "event_id",
    "event_id:w at:d rater:t kind:t undoes:w? client_id:t? video_id:t?",
    [("projects",), ("events", "undoes")],
    [BY_VIDEO, ("undoes",), ("rater", "kind", "event_id")],
    ["client_id"],
)
OF_EVENT = ("events", "event_id")
table("thresholds", "event_id", "event_id:w value:r", [OF_EVENT])
table("notes", "event_id", "event_id:w detail:j", [OF_EVENT])
table(
    "labels",
    "event_id",
    "event_id:w video_id:t track_id:w found_track_id:w scope:t first_frame:w "
    "last_frame:w valence:r? arousal:r? expression:t? active_s:r? shown_run_id:t? "
    "comment:t decision:t origin:t",
    [OF_EVENT, ON_TRACK],
    [BY_VIDEO],
)
table(
    "reviews",
    "event_id",
    "event_id:w video_id:t track_id:w found_track_id:w frame:w first_frame:w "
    "last_frame:w decision:t run_id:t? active_s:r? comment:t is_audit:f",
    [OF_EVENT, ON_TRACK],
    [BY_VIDEO],
)
table(
    "track_edits",
    "event_id",
    "event_id:w video_id:t kind:t track_id:w frame:w? other_track_id:w?",
    [OF_EVENT, ("videos", "video_id")],
    [BY_VIDEO],
)
table(
    "persons",
    "event_id",
    "event_id:w video_id:t track_id:w found_track_id:w name:t",
    [OF_EVENT, ON_TRACK],
    [BY_VIDEO],
)
table(
    "runs",
    "run_id",
    "run_id:t number:w event_id:w base_run_id:t? created_at:d method:t options:j "
    "n_labels:w calibration:t origin:t encoder_id:t is_complete:f",
    [("projects",)],
    unique=["number"],
)
table(
    "estimates",
    "run_id video_id track_id",
    "run_id:t video_id:t track_id:w method:t coverage:r tolerance:r calibration:t "
    "arrays:b",
    [("runs", "run_id"), ("videos", "video_id")],
    [("video_id",)],
)
table(
    "suggestions",
    "batch position",
    "batch:w position:w video_id:t track_id:w frame:w rank:w reason:t is_audit:f",
    [("videos", "video_id")],
    [("video_id",)],
)


class Released:
    """Writes rows of one project as the first release did."""

    def __init__(self, connection):
        self._connection = connection
        self.last = 0

    def row(self, table, /, **columns):
        """Insert one row."""
        rows = sa.insert(METADATA.tables[table])
        self._connection.execute(rows, {"project_id": "p", **columns})

    def event(self, kind, rater="me", video_id="a.mp4", **columns):
        """Insert the next event; returns its number."""
        self.last += 1
        own = {"undoes": None, "client_id": None, "video_id": video_id, **columns}
        self.row("events", event_id=self.last, at=AT, rater=rater, kind=kind, **own)
        return self.last

    def label(self, frame=5, review=None, rater="me", client_id=None, **columns):
        """Insert a label, and perhaps the review that came with it."""
        event_id = self.event("label", rater, client_id=client_id)
        own = {
            "video_id": "a.mp4",
            "track_id": 0,
            "found_track_id": 0,
            "scope": "frame",
            "first_frame": frame,
            "last_frame": frame,
            "valence": 0.25,
            "arousal": -0.5,
            "expression": None,
            "active_s": 1.5,
            "shown_run_id": None,
            "comment": "",
            "decision": "label",
            "origin": "human",
        }
        self.row("labels", event_id=event_id, **(own | columns))
        if review is not None:
            self._review(event_id, **review)
        return event_id

    def review(self, rater="me", **columns):
        """Insert a review that came alone."""
        event_id = self.event("review", rater)
        self._review(event_id, **columns)
        return event_id

    def _review(self, event_id, frame=5, **columns):
        own = {
            "video_id": "a.mp4",
            "track_id": 0,
            "found_track_id": 0,
            "frame": frame,
            "first_frame": frame,
            "last_frame": frame,
            "decision": "reject",
            "run_id": None,
            "active_s": 0.75,
            "comment": "",
            "is_audit": False,
        }
        self.row("reviews", event_id=event_id, **(own | columns))

    def undo(self, event_id, rater="me"):
        """Insert an undo."""
        return self.event("undo", rater, undoes=event_id)

    def run(self, run_id, number, origin, *, is_complete=True):
        """Insert a run with an estimate of a.mp4's face."""
        self.row(
            "runs",
            run_id=run_id,
            number=number,
            event_id=3,
            base_run_id=None,
            created_at=AT,
            method="affect-net" if origin == "import" else "gp",
            options={"views": ["a"]},
            n_labels=0,
            calibration="as given",
            origin=origin,
            encoder_id="",
            is_complete=is_complete,
        )
        self.row(
            "estimates",
            run_id=run_id,
            video_id="a.mp4",
            track_id=0,
            method="import",
            coverage=0.9,
            tolerance=0.2,
            calibration="as given",
            arrays=pack(estimate_arrays()),
        )


def estimate_arrays():
    """Arrays of an estimate by the names of the first release."""
    affect = np.linspace(-0.8, 0.8, 200, dtype=np.float32).reshape(100, 2)
    return {
        "affect": affect,
        "low": affect - np.float32(0.1),
        "high": affect + np.float32(0.1),
        "confidence": np.full(100, 0.5, np.float32),
        "expression": np.full((100, 8), np.nan, np.float32),
        "is_human": np.zeros(100, bool),
        "evidence": np.empty((100, 0), np.int32),
    }


def make_project(url, fill):
    """Make the tables and a project "p" of one video, filled by a function."""
    target = target_of(url)
    engine = engine_of(target, make=True)
    with writing(engine, target) as connection:
        METADATA.create_all(connection)
        stamp = sa.Table(
            "feltline_schema",
            sa.MetaData(),
            sa.Column("version_num", sa.String(32), primary_key=True),
        )
        stamp.create(connection)
        connection.execute(sa.insert(stamp), {"version_num": "0002"})
        old = Released(connection)
        counters = {"last_event_id": 0, "last_batch": 1, "last_run": 3}
        old.row("projects", name="Talks", created_at=AT, needs_scrub=False, **counters)
        _add_video(old, AT)
        fill(old)
        projects = METADATA.tables["projects"]
        connection.execute(sa.update(projects).values(last_event_id=old.last))
    engine.dispose()


def _add_video(old, added_at: datetime):
    old.row(
        "videos",
        video_id="a.mp4",
        content_hash=hash_of("a.mp4"),
        location="/films/a.mp4",
        width=640,
        height=480,
        n_frames=100,
        duration_s=4.0,
        time_base="1/12800",
        codec="h264",
        encoder_id="geometry",
        added_at=added_at,
    )
    arrays = {"time_s": np.arange(100) / 25, "looked_at": np.arange(0, 100, 2)}
    old.row("video_arrays", video_id="a.mp4", arrays=pack(arrays))
    for number, first, n in ((0, 0, 100), (1, 40, 20)):
        face = face_track(track_id=number, first=first, n=n)
        names = ("frame", "time_s", "box_xyxy", "quality")
        old.row(
            "tracks",
            video_id="a.mp4",
            track_id=number,
            n_frames=n,
            first_frame=first,
            last_frame=first + n - 1,
            arrays=pack({name: getattr(face, name) for name in names}),
        )
