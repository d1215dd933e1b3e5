"""What the machine made: runs with their estimates, and suggested frames."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, Literal

import sqlalchemy as sa

from feltline.errors import ShapeError, StoreError
from feltline.store.arrays import pack, unpack
from feltline.store.event_log import in_chunks
from feltline.store.integrity import Places
from feltline.store.schema import estimates, projects, runs, suggestions
from feltline.store.session import Project
from feltline.store.values import Run, Suggested
from feltline.types import Estimate

__all__ = [
    "all_runs",
    "estimate_keys",
    "latest_suggestions",
    "one_estimate",
    "save_run",
    "save_suggestions",
]

_FLAT: Final = ("method", "coverage", "tolerance", "calibration")
_ARRAYS: Final = (
    "affect",
    "low",
    "high",
    "confidence",
    "expression",
    "is_human",
    "evidence",
)
_RUN: Final = tuple(field.name for field in fields(Run))
_SUGGESTED: Final = tuple(field.name for field in fields(Suggested))


def save_run(
    project: Project, run: Run, made: Mapping[tuple[str, int], Estimate]
) -> bool:
    """Write a run with all its estimates, in one transaction.

    Two that save the same run at once follow one another: the second finds the first's,
    whole, and writes nothing.

    Returns:
        False if the same run is there already; then nothing was written.
    """
    # Packed before the lock is taken, as that takes longest.
    rows = [_packed(project.project_id, run, *one) for one in made.items()]
    with project.writing() as connection:
        if _is_there(connection, project.project_id, run, set(made)):
            return False
        # What a feltline that wrote in several steps left of it when it was killed.
        _forget(connection, project.project_id, run.run_id)
        places = Places(connection, project.project_id)
        for video_id, _ in made:
            places.check_frame(video_id, 0)
        _insert_run(connection, project.project_id, run)
        for some in in_chunks(rows):
            connection.execute(sa.insert(estimates), some)
    return True


def _is_there(
    connection: sa.Connection, project_id: str, run: Run, keys: set[tuple[str, int]]
) -> bool:
    """Whether a whole run of this id is there.

    Raises:
        StoreError: There is one, for other tracks.
    """
    asked = sa.select(runs.c.is_complete).where(
        runs.c.project_id == project_id, runs.c.run_id == run.run_id
    )
    if not connection.execute(asked).scalar():
        return False
    there = estimate_keys(connection, project_id, run.run_id)
    if set(there) == keys:
        return True
    raise StoreError(
        f"there is a run {run.run_id} already, for {len(there)} tracks rather "
        f"than {len(keys)}; a run is never replaced, make one of another id"
    )


def _insert_run(connection: sa.Connection, project_id: str, run: Run) -> None:
    mine = projects.c.project_id == project_id
    asked = sa.select(projects.c.last_run).where(mine)
    number = connection.execute(asked).scalar_one() + 1
    connection.execute(sa.update(projects).where(mine).values(last_run=number))
    row = {name: getattr(run, name) for name in _RUN}
    own = {"project_id": project_id, "number": number, "is_complete": True}
    connection.execute(sa.insert(runs), {**own, **row})


def _forget(connection: sa.Connection, project_id: str, run_id: str) -> None:
    """Remove what an attempt at a run left that did not come to its end."""
    for table in (estimates, runs):
        connection.execute(
            sa.delete(table).where(
                table.c.project_id == project_id, table.c.run_id == run_id
            )
        )


def _packed(
    project_id: str, run: Run, key: tuple[str, int], estimate: Estimate
) -> dict[str, Any]:
    if estimate.run_id != run.run_id:
        raise ShapeError(
            f"the estimate of track {key[1]} of {key[0]} is of run "
            f"{estimate.run_id}, not {run.run_id}"
        )
    return {
        "project_id": project_id,
        "run_id": estimate.run_id,
        "video_id": key[0],
        "track_id": key[1],
        "arrays": pack({name: getattr(estimate, name) for name in _ARRAYS}),
        **{name: getattr(estimate, name) for name in _FLAT},
    }


def all_runs(
    connection: sa.Connection,
    project_id: str,
    *,
    run_id: str | None = None,
    origin: Literal["model", "import"] | None = None,
) -> list[Run]:
    """Complete runs in the order in which they were saved.

    Args:
        connection: To read by.
        project_id: Whose runs.
        run_id: Only the one of this id.
        origin: Only those made so.
    """
    asked = (
        sa.select(runs)
        .where(runs.c.project_id == project_id, runs.c.is_complete)
        .order_by(runs.c.number)
    )
    if run_id is not None:
        asked = asked.where(runs.c.run_id == run_id)
    if origin is not None:
        asked = asked.where(runs.c.origin == origin)
    return [
        Run(**{name: row[name] for name in _RUN})
        for row in connection.execute(asked).mappings()
    ]


def one_estimate(
    connection: sa.Connection,
    project_id: str,
    run_id: str,
    key: tuple[str, int],
) -> Estimate | None:
    """The estimate of a track (video and number) in a run, None if there is none."""
    video_id, track_id = key
    asked = (
        sa.select(estimates)
        .join(
            runs,
            sa.and_(
                runs.c.project_id == estimates.c.project_id,
                runs.c.run_id == estimates.c.run_id,
            ),
        )
        .where(
            estimates.c.project_id == project_id,
            estimates.c.run_id == run_id,
            estimates.c.video_id == video_id,
            estimates.c.track_id == track_id,
            runs.c.is_complete,
        )
    )
    row = connection.execute(asked).mappings().one_or_none()
    if row is None:
        return None
    what = f"the estimate of track {track_id} of {video_id} in run {run_id}"
    flat: dict[str, Any] = {name: row[name] for name in _FLAT}
    return Estimate(run_id=run_id, **flat, **unpack(row["arrays"], what))


def estimate_keys(
    connection: sa.Connection, project_id: str, run_id: str
) -> list[tuple[str, int]]:
    """Video and number of every track that a run has an estimate of, sorted."""
    asked = sa.select(estimates.c.video_id, estimates.c.track_id).where(
        estimates.c.project_id == project_id, estimates.c.run_id == run_id
    )
    return sorted((row.video_id, row.track_id) for row in connection.execute(asked))


def save_suggestions(
    connection: sa.Connection, project_id: str, suggested: Sequence[Suggested]
) -> int:
    """Write a list of suggested frames; returns the number that it was given."""
    mine = projects.c.project_id == project_id
    asked = sa.select(projects.c.last_batch).where(mine)
    batch: int = connection.execute(asked).scalar_one() + 1
    connection.execute(sa.update(projects).where(mine).values(last_batch=batch))
    places = Places(connection, project_id)
    for one in suggested:
        places.check_frame(one.video_id, one.frame)
    rows = [
        {
            "project_id": project_id,
            "position": position,
            **{name: getattr(one, name) for name in _SUGGESTED},
            "batch": batch,
        }
        for position, one in enumerate(suggested)
    ]
    if rows:
        connection.execute(sa.insert(suggestions), rows)
    return batch


def latest_suggestions(connection: sa.Connection, project_id: str) -> list[Suggested]:
    """The list that was saved last, by rank."""
    latest = (
        sa.select(projects.c.last_batch)
        .where(projects.c.project_id == project_id)
        .scalar_subquery()
    )
    asked = (
        sa.select(suggestions)
        .where(suggestions.c.project_id == project_id, suggestions.c.batch == latest)
        .order_by(suggestions.c.rank, suggestions.c.position)
    )
    return [
        Suggested(**{name: row[name] for name in _SUGGESTED})
        for row in connection.execute(asked).mappings()
    ]
