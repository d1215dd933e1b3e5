"""`feltline audit`: whether accepted labels are right, and when to look again."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from feltline.cli import options as o
from feltline.cli.assign import check_members
from feltline.cli.project import opened
from feltline.cli.show import figures, line, print_json, table

if TYPE_CHECKING:
    from feltline.project import AuditDue, Project
    from feltline.review import BatchOutcome, LiveProject
    from feltline.store import AuditBatch


@o.example(
    "Examples: feltline audit; feltline audit study --every 500 --bound .1; "
    "feltline audit study --draw --raters ann,ben"
)
def audit(
    project: Annotated[
        Path,
        o.argument("[PROJECT]", "The project's folder; where you are if absent."),
    ] = Path(),
    every: Annotated[
        int | None,
        o.option("An audit is due after so many labels; 0 = not by labels.", min=0),
    ] = None,
    days: Annotated[
        float | None,
        o.option("An audit is due after so many days; 0 = not by days.", min=0),
    ] = None,
    bound: Annotated[
        float | None,
        o.option("Error rate of accepted labels that is agreed to.", min=0.01, max=0.9),
    ] = None,
    confidence: Annotated[
        float | None,
        o.option("With which the bound must hold.", min=0.5, max=0.999),
    ] = None,
    blocks_export: Annotated[
        bool | None,
        o.option(
            "An overdue audit blocks the export of machine values, or not.",
            "--blocks-export/--no-blocks-export",
            show_default=False,
        ),
    ] = None,
    draw: Annotated[
        bool, o.option("Draw a batch now, and assign it.", "--draw")
    ] = False,
    raters: Annotated[
        str | None,
        o.option(
            "Ids of who judges the batch, with commas between.",
            show_default="the project's rater",
        ),
    ] = None,
    count: Annotated[
        int | None,
        o.option(
            "Items of the batch.",
            min=1,
            max=2000,
            show_default="thrice as many as must be right in a row",
        ),
    ] = None,
    stop: Annotated[
        bool, o.option("Stop the open batch, with no result.", "--stop")
    ] = False,
    as_json: o.AsJson = False,
) -> None:
    """Check by blind judgements whether accepted labels are right (statistical audit).

    Without options, say how audits stand. The bounds of the error rate hold whenever
    they are looked at. Items are judged on the page (feltline serve).
    """
    from feltline.errors import InputError
    from feltline.project import audit_due
    from feltline.review import LiveProject, draw_batch, settle_batches

    if (raters is not None or count is not None) and not draw:
        raise InputError("--raters and --count say how to draw a batch: add --draw")
    asked: dict[str, Any] = {
        "every_judgements": every,
        "every_days": days,
        "bound": bound,
        "confidence": confidence,
        "blocks_export": blocks_export,
    }
    changes = {name: value for name, value in asked.items() if value is not None}
    with opened(project) as here:
        if changes:
            here.change_settings(audit=replace(here.settings.audit, **changes))
        live = LiveProject(here)
        settle_batches(live)
        if stop:
            _stop(here)
        if draw:
            live.read_threshold()
            live.settle()
            named = here.settings.rater if raters is None else raters
            names = [name.strip() for name in named.split(",") if name.strip()]
            check_members(here, names)
            draw_batch(live, names, rater=here.settings.rater, count=count)
        batches, due = _batches(live), audit_due(here)
        schedule = asdict(here.settings.audit)
    if as_json:
        document = {"schedule": schedule, "due": asdict(due)}
        print_json(document | {"batches": [_document(*one) for one in batches]})
        return
    _show(schedule, due, batches)


def _stop(here: "Project") -> None:
    from feltline.errors import InputError

    running = here.store.audit_batches(state="open")
    if not running:
        raise InputError("no audit batch is open, so there is none to stop")
    here.store.close_batch(running[0].batch_id, "stopped", rater=here.settings.rater)


def _batches(live: "LiveProject") -> "list[tuple[AuditBatch, BatchOutcome]]":
    from feltline.review import outcome_of

    store, schema = live.project.store, live.project.schema
    return [
        (batch, outcome_of(batch, store.audit_items(batch.batch_id), schema))
        for batch in store.audit_batches()
    ]


def _document(batch: "AuditBatch", found: "BatchOutcome") -> dict[str, Any]:
    is_any = len(found.judged) > 0
    return {
        "batch_id": batch.batch_id,
        "state": batch.state,
        "created_at": batch.created_at.isoformat(),
        "model_id": batch.model_id,
        "bound": batch.bound,
        "confidence": round(1 - batch.risk, 6),
        "accepted": batch.n_accepted,
        "items": found.n_items,
        "judged": len(found.judged),
        "wrong": int(found.wrong.sum()),
        "error_rate": found.error_rate if is_any else None,
        "lower_bound": found.lower_bound,
        "upper_bound": found.upper_bound,
    }


def _show(
    schedule: dict[str, Any],
    due: "AuditDue",
    batches: "list[tuple[AuditBatch, BatchOutcome]]",
) -> None:
    rows = {
        "agreed": f"at most {schedule['bound']:.0%} wrong, with "
        f"{schedule['confidence']:.1%} confidence",
        "due": _when(due),
    }
    if schedule["blocks_export"]:
        rows["export"] = "blocked while overdue"
    figures("audits", rows)
    if not batches:
        line("no batch was drawn yet; feltline audit --draw draws one")
        return
    table(
        *(">batch", "state", ">judged", ">of", ">wrong", ">error rate", ">at most"),
        rows=(
            (
                batch.batch_id,
                batch.state,
                len(found.judged),
                found.n_items,
                int(found.wrong.sum()),
                f"{found.error_rate:.1%}" if len(found.judged) else "-",
                f"{found.upper_bound:.1%}",
            )
            for batch, found in batches
        ),
    )


def _when(due: "AuditDue") -> str:
    if due.is_overdue:
        return "now: overdue until a batch is decided"
    parts = []
    if due.judgements_left is not None:
        parts.append(f"after {due.judgements_left} more labels")
    if due.days_left is not None:
        parts.append(f"in {due.days_left:.1f} days")
    return " or ".join(parts) or "never: no schedule"
