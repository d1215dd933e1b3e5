"""A project as version 0.1 left it, made from numbers alone: 72 frames, one face.

The tables are those of its revision 0002. Its faces lie in `faces.npz`, times and
tracks a second time in the database.
"""

import io
import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import numpy as np

N_FRAMES = 72
CONTENT = "95ee1a41bfd0f50a2f9d3384eeb11dfe7601db3a173f24825d5146369216f571"
ENCODER_ID = "ferplus-s-9db22d0fb48e+geometry-8e3f7a199909"
FOLDER = f"{CONTENT[:20]}-d45ffe8fb5e7"
"""The key that version 0.1 gave to these settings, encoder and detector."""
VIEWS = (256, 96)
AT = "2026-11-27 20:01:43.000000"

TABLES = {
    "projects": "project_id TEXT, name TEXT, created_at DATETIME, last_event_id BIGINT,"
    " last_batch BIGINT, last_run BIGINT, needs_scrub BOOLEAN",
    "videos": "project_id TEXT, video_id TEXT, content_hash TEXT, location TEXT,"
    " width BIGINT, height BIGINT, n_frames BIGINT, duration_s DOUBLE, time_base TEXT,"
    " codec TEXT, encoder_id TEXT, added_at DATETIME",
    "video_arrays": "project_id TEXT, video_id TEXT, arrays BLOB",
    "tracks": "project_id TEXT, video_id TEXT, track_id BIGINT, n_frames BIGINT,"
    " first_frame BIGINT, last_frame BIGINT, arrays BLOB",
    "events": "project_id TEXT, event_id BIGINT, at DATETIME, rater TEXT, kind TEXT,"
    " undoes BIGINT, client_id TEXT, video_id TEXT",
    "thresholds": "project_id TEXT, event_id BIGINT, value DOUBLE",
    "notes": "project_id TEXT, event_id BIGINT, detail JSON",
    "labels": "project_id TEXT, event_id BIGINT, video_id TEXT, track_id BIGINT,"
    " found_track_id BIGINT, scope TEXT, first_frame BIGINT, last_frame BIGINT,"
    " valence DOUBLE, arousal DOUBLE, expression TEXT, active_s DOUBLE,"
    " shown_run_id TEXT, comment TEXT, decision TEXT, origin TEXT",
    "reviews": "project_id TEXT, event_id BIGINT, video_id TEXT, track_id BIGINT,"
    " found_track_id BIGINT, frame BIGINT, first_frame BIGINT, last_frame BIGINT,"
    " decision TEXT, run_id TEXT, active_s DOUBLE, comment TEXT, is_audit BOOLEAN",
    "track_edits": "project_id TEXT, event_id BIGINT, video_id TEXT, kind TEXT,"
    " track_id BIGINT, frame BIGINT, other_track_id BIGINT",
    "persons": "project_id TEXT, event_id BIGINT, video_id TEXT, track_id BIGINT,"
    " found_track_id BIGINT, name TEXT",
    "runs": "project_id TEXT, run_id TEXT, number BIGINT, event_id BIGINT,"
    " base_run_id TEXT, created_at DATETIME, method TEXT, options JSON,"
    " n_labels BIGINT, calibration TEXT, origin TEXT, encoder_id TEXT,"
    " is_complete BOOLEAN",
    "estimates": "project_id TEXT, run_id TEXT, video_id TEXT, track_id BIGINT,"
    " method TEXT, coverage DOUBLE, tolerance DOUBLE, calibration TEXT, arrays BLOB",
    "suggestions": "project_id TEXT, batch BIGINT, position BIGINT, video_id TEXT,"
    " track_id BIGINT, frame BIGINT, rank BIGINT, reason TEXT, is_audit BOOLEAN",
}
KEYS = {
    "projects": "",
    "videos": ", video_id",
    "video_arrays": ", video_id",
    "tracks": ", video_id, track_id",
    "runs": ", run_id",
    "estimates": ", run_id, video_id, track_id",
    "suggestions": ", batch, position",
}
OPTIONAL = frozenset(
    (
        *("undoes", "client_id", "video_id", "valence", "arousal", "expression"),
        *("active_s", "shown_run_id", "run_id", "frame", "other_track_id"),
        "base_run_id",
    )
)
FOREIGN = {
    "videos": [("projects", "project_id")],
    "video_arrays": [("videos", "project_id, video_id")],
    "tracks": [("videos", "project_id, video_id")],
    "events": [("projects", "project_id")],
    "runs": [("projects", "project_id")],
}
INDEXES = (
    ("events", "video_id", "event_id"),
    ("events", "undoes"),
    ("events", "rater", "kind", "event_id"),
    ("labels", "video_id", "event_id"),
    ("reviews", "video_id", "event_id"),
    ("track_edits", "video_id", "event_id"),
    ("persons", "video_id", "event_id"),
    ("estimates", "video_id"),
    ("suggestions", "video_id"),
)


def arrays():
    """Columns of `faces.npz`, made up but of the true shapes."""
    rng = np.random.default_rng(0)
    frame = np.arange(N_FRAMES, dtype=np.int64)
    left = 100 + frame[:, None] * np.array([[1, 0, 1, 0]])
    box = left + np.array([[0, 50, 80, 150]])
    probability = rng.dirichlet(np.ones(8), N_FRAMES)
    return {
        "frame": frame,
        "time_s": frame / 30,
        "track_id": np.full(N_FRAMES, 3, np.int64),  # others were too short
        "box_xyxy": box.astype(np.float32),
        "quality": rng.uniform(0.5, 1, N_FRAMES).astype(np.float32),
        "vector": rng.normal(size=(N_FRAMES, sum(VIEWS))).astype(np.float32),
        "prior_va": rng.uniform(-1, 1, (N_FRAMES, 2)).astype(np.float32),
        "prior_expression": probability.astype(np.float32),
        "views": np.tile(np.array(VIEWS, np.int64), (N_FRAMES, 1)),
    }


def make_former_project(folder, renamed=False):
    """Write the project; returns its folder.

    Args:
        folder: Where to.
        renamed: Whether columns of `faces.npz` have the names of the last days of 0.1.
    """
    target = Path(folder) / "study"
    faces = target / ".feltline" / "faces" / FOLDER
    faces.mkdir(parents=True)
    made = arrays()
    if renamed:
        made["zero_shot_value"] = made.pop("prior_va")
        made["zero_shot_expression"] = made.pop("prior_expression")
    np.savez(faces / "faces.npz", **made)
    settings = {
        "project": {
            "project_id": "p1",
            "name": "study",
            "rater": "anna",
            "database": "",
        },
        "faces": {"encoder": "ferplus-s+geometry", "every": "1", "faces": 4},
        "labels": {"tolerance": 0.2, "coverage": 0.9, "threshold": 0.8},
    }
    lines = []
    for table, values in settings.items():
        lines.append(f"[{table}]")
        lines += [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    (target / "feltline.toml").write_text("\n".join(lines) + "\n")
    with closing(sqlite3.connect(target / "feltline.db")) as connection, connection:
        _make_tables(connection)
        _fill(connection, made)
    return target


def _make_tables(connection):
    connection.execute("PRAGMA application_id = 1717922932")
    connection.execute(
        "CREATE TABLE feltline_schema (version_num VARCHAR(32) NOT NULL,"
        " CONSTRAINT feltline_schema_pkc PRIMARY KEY (version_num))"
    )
    connection.execute("INSERT INTO feltline_schema VALUES ('0002')")
    for table, columns in TABLES.items():
        parts = [
            part
            if part.split()[0] in OPTIONAL and _may_be_null(table, part)
            else f"{part} NOT NULL"
            for part in columns.split(", ")
        ]
        key = KEYS.get(table, ", event_id")
        parts.append(f"CONSTRAINT pk_{table} PRIMARY KEY (project_id{key})")
        for other, names in FOREIGN.get(table, ()):
            parts.append(
                f"CONSTRAINT fk_{table}_{other} FOREIGN KEY({names}) "
                f"REFERENCES {other} ({names})"
            )
        if table == "videos":
            parts.append(
                "CONSTRAINT uq_videos_project_id_content_hash "
                "UNIQUE (project_id, content_hash)"
            )
        if table == "events":
            parts.append(
                "CONSTRAINT uq_events_project_id_client_id "
                "UNIQUE (project_id, client_id)"
            )
        if table == "runs":
            parts.append(
                "CONSTRAINT uq_runs_project_id_number UNIQUE (project_id, number)"
            )
        connection.execute(f"CREATE TABLE {table} ({', '.join(parts)})")
    for table, *names in INDEXES:
        columns = ["project_id", *names]
        name = f"ix_{table}_{'_'.join(columns)}"
        connection.execute(f"CREATE INDEX {name} ON {table} ({', '.join(columns)})")


def _may_be_null(table, part):
    name = part.split()[0]
    if name == "video_id":
        return table == "events"
    if name == "run_id":
        return table == "reviews"
    if name == "frame":
        return table == "track_edits"
    return True


def _fill(connection, made):
    put = connection.executemany
    put(
        "INSERT INTO projects VALUES (?,?,?,?,?,?,?)", [("p1", "study", AT, 5, 0, 0, 0)]
    )
    video = (
        *("p1", "talk.mp4", CONTENT, "talk.mp4", 640, 360, N_FRAMES, 2.4),
        *("1/15360", "h264", ENCODER_ID, AT),
    )
    put("INSERT INTO videos VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", [video])
    file = {"time_s": made["time_s"], "looked_at": made["frame"]}
    put("INSERT INTO video_arrays VALUES (?,?,?)", [("p1", "talk.mp4", _pack(file))])
    track = {n: made[n] for n in ("frame", "time_s", "box_xyxy", "quality")}
    row = ("p1", "talk.mp4", 0, N_FRAMES, 0, N_FRAMES - 1, _pack(track))
    put("INSERT INTO tracks VALUES (?,?,?,?,?,?,?)", [row])
    kinds = ("video-added", "label", "label", "label", "track-edit")
    put(
        "INSERT INTO events VALUES ('p1',?,?,'anna',?,NULL,NULL,'talk.mp4')",
        [(number, AT, kind) for number, kind in enumerate(kinds, start=1)],
    )
    put("INSERT INTO notes VALUES ('p1',?,?)", [(1, "{}")])
    put(
        "INSERT INTO labels VALUES ('p1',?,'talk.mp4',0,0,'frame',?,?,?,0.2,?,1.5,NULL,"
        "'','label','human')",
        [(2, 5, 5, 0.1, None), (3, 30, 30, 0.5, "happiness"), (4, 60, 60, -0.2, None)],
    )
    put("INSERT INTO track_edits VALUES ('p1',5,'talk.mp4','split',0,40,1)", [()])


def _pack(columns):
    """Arrays as version 0.1 kept them in a blob."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in columns.items():
            part = io.BytesIO()
            np.save(part, array, allow_pickle=False)
            archive.writestr(f"{name}.npy", part.getbuffer())
    return whole.getvalue()
