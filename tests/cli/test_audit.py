"""`feltline audit`: schedule, batches, and what an overdue audit keeps back."""

import json

import pytest
from tests.projects import judge

from feltline.project import Project, read_settings


@pytest.fixture
def folder(project):
    project.store.set_threshold(0.05, rater="anna")
    return project.folder


@pytest.fixture
def asked(run_feltline, folder):
    def run(*words):
        code, out, err = run_feltline("audit", folder, "--json", *words)
        assert code == 0, err
        return json.loads(out)

    return run


def test_a_schedule_is_set_and_kept(asked, folder, run_feltline):
    assert asked()["due"]["judgements_left"] is None
    said = asked("--every", "50", "--days", "7", "--bound", ".2", "--blocks-export")
    assert said["schedule"]["every_judgements"] == 50
    kept = read_settings(folder).audit
    assert (kept.every_days, kept.bound, kept.confidence) == (7.0, 0.2, 0.95)
    assert kept.blocks_export
    assert not asked("--no-blocks-export")["schedule"]["blocks_export"]
    code, out, _ = run_feltline("audit", folder)
    assert code == 0
    assert "at most 20% wrong, with 95.0% confidence" in out
    assert "after 50 more labels or in 7.0 days" in out


def test_a_batch_is_drawn_shown_and_stopped(asked, folder, run_feltline):
    words = ("--draw", "--raters", "ann, ben", "--count", "12")
    (batch,) = asked(*words)["batches"]
    assert (batch["state"], batch["items"], batch["judged"]) == ("open", 12, 0)
    assert batch["accepted"] > 12
    with Project.open(folder) as project:
        assert {a.rater_id for a in project.store.assignments()} == {"ann", "ben"}
    code, out, _ = run_feltline("audit", folder)
    assert code == 0
    assert "open" in out
    assert asked("--stop")["batches"][0]["state"] == "stopped"
    assert run_feltline("audit", folder, "--stop")[0] == 4


def test_an_overdue_audit_keeps_machine_values_back(asked, folder, run_feltline):
    asked("--every", "1", "--blocks-export")
    with Project.open(folder) as project:
        judge(project, 5, (0.2, 0.2))
    assert "overdue" in run_feltline("status", "--project", folder)[1]
    words = ("export", folder / "out.csv", "--project", folder)
    code, _, err = run_feltline(*words)
    assert code == 4
    assert "audit" in err
    assert not (folder / "out.csv").exists()
    assert run_feltline(*words, "--layer", "human")[0] == 0
    assert run_feltline(*words, "--despite-audit")[0] == 0
    with Project.open(folder) as project:
        last = project.store.latest_events(limit=1)[0]
    assert last.detail["despite_audit"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--raters", "ann"), "add --draw"),
        (("--draw", "--raters", "ann,ann"), "each of them once"),
        (("--bound", "2"), "bound"),
    ],
)
def test_what_cannot_be_done_is_said(run_feltline, folder, words, why):
    code, _, err = run_feltline("audit", folder, *words)
    assert code in (2, 4)
    assert why in err


def test_a_batch_goes_to_members_only(asked, folder, run_feltline, enter):
    """What goes to nobody is never judged, and keeps the audit open for good."""
    ids = enter(folder, lea="owner", ann="rater", vic="viewer")
    for nobody in ("bob", "vic"):
        code, _, err = run_feltline("audit", folder, "--draw", "--raters", nobody)
        assert code == 4
        assert f"'{nobody}'" in err
    (batch,) = asked("--draw", "--raters", "lea", "--count", "9")["batches"]
    assert batch["items"] == 9
    asked("--stop")
    asked("--draw", "--count", "9")
    with Project.open(folder) as project:
        open_ones = project.store.assignments(state="open")
    assert {one.rater_id for one in open_ones} == {ids["ann"]}
