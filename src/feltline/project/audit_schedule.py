"""Audit schedule: when accepted labels are audited again, and what waits for it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from feltline.errors import AuditOverdueError
from feltline.project.project import Project

__all__ = ["AuditDue", "audit_due", "check_audited", "next_due"]

DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditDue:
    """How a project stands by its schedule.

    Attributes:
        is_overdue: Whether an audit is due and not decided yet.
        judgements_left: Labels until one is due; None = not by labels.
        days_left: Days until one is due; None = not by days.
    """

    is_overdue: bool
    judgements_left: int | None
    days_left: float | None


def audit_due(
    project: Project, now: datetime | None = None, *, counts_stopped: bool = False
) -> AuditDue:
    """Whether an audit is due, counted from the draw of the last one decided.

    Before the first audit labels count from the first one on, and days from when that
    was given.

    Args:
        project: The project.
        now: Moment to look at, in UTC; None = this one.
        counts_stopped: Whether one that was stopped counts like one decided: nobody
            wants another at once.
    """
    audit, store = project.settings.audit, project.store
    if not audit.is_scheduled:
        return AuditDue(is_overdue=False, judgements_left=None, days_left=None)
    states = {"passed", "reopened"} | ({"stopped"} if counts_stopped else set())
    decided = [one for one in store.audit_batches() if one.state in states]
    last = decided[-1] if decided else None
    labels = store.labels_after(0 if last is None else last.opened_event_id)
    since = labels.first_at if last is None else last.created_at
    judgements_left = days_left = None
    if audit.every_judgements:
        judgements_left = max(audit.every_judgements - labels.n, 0)
    if audit.every_days:
        now = datetime.now(tz=UTC) if now is None else now
        gone = 0.0 if since is None else (now - since).total_seconds() / DAY_S
        days_left = max(audit.every_days - gone, 0.0)
    return AuditDue(
        is_overdue=judgements_left == 0 or days_left == 0,
        judgements_left=judgements_left,
        days_left=days_left,
    )


def next_due(project: Project) -> tuple[datetime | None, int | None]:
    """When, and after how many labels in all, the audit after one of now is due."""
    audit = project.settings.audit
    at = datetime.now(tz=UTC) + timedelta(days=audit.every_days)
    labels = audit.every_judgements
    return (
        at if audit.every_days else None,
        project.store.labels_after().n + labels if labels else None,
    )


def check_audited(project: Project, *, layer: str, despite: bool) -> bool:
    """Whether machine values are given out although their audit is overdue.

    Args:
        project: The project.
        layer: What is given out; what people said needs no audit.
        despite: Whether whoever leads wants them all the same.

    Raises:
        AuditOverdueError: They are not.
    """
    blocks = project.settings.audit.blocks_export and layer != "human"
    if not blocks or not audit_due(project).is_overdue:
        return False
    if despite:
        return True
    raise AuditOverdueError(
        "an audit of accepted labels is overdue, and this project gives out no machine "
        "values until it is decided; have the open batch judged, or draw one with "
        "feltline audit --draw. What people said can be written out (--layer human), "
        "and whoever leads may export all the same (--despite-audit)"
    )
