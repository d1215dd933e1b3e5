"""What tables and lists say of where values come from, and why frames are asked for."""

import json

import polars as pl
import pytest
from tests.project.test_traces import of_lag, rate, wave
from tests.projects import copied, judge

from feltline.project import Project, ProjectSettings


@pytest.fixture
def folder(project_template, tmp_path):
    with copied(project_template[0], tmp_path) as project:
        return project.folder


def run_json(run_feltline, *words):
    code, out, err = run_feltline(*words, "--json")
    assert code == 0, err
    return json.loads(out)


def test_a_class_of_a_span_leaves_the_values_to_the_model(
    folder, run_feltline, tmp_path
):
    with Project.open(folder) as project:
        judge(project, 0, expression="fear", scope="span", last_frame=30)
        judge(project, 40, (0.5, 0.5))
    table = tmp_path / "all.csv"
    assert run_feltline("export", table, "--project", folder)[0] == 0
    rows = pl.read_csv(table).filter(pl.col("video_id") == "talk.mp4")
    span, one = rows.filter(pl.col("frame") <= 30), rows.filter(pl.col("frame") == 40)
    assert set(span["origin"]) == {"model"}
    assert set(span["expression_origin"]) == {"human"}
    assert (span["confidence"] < 1).all()
    assert (one["origin"].item(), one["expression_origin"].item()) == ("human", "model")


def test_an_accepted_stretch_tells_in_the_table_that_a_person_looked(
    folder, run_feltline, tmp_path
):
    near = {"reviewed_first_frame": 10, "reviewed_last_frame": 20}
    with Project.open(folder) as project:
        event_id = judge(project, 15, (0.1, 0.1), decision="label", **near)
    table = tmp_path / "all.csv"
    assert run_feltline("export", table, "--project", folder)[0] == 0
    rows = pl.read_csv(table).filter(pl.col("video_id") == "talk.mp4")
    looked = rows.filter(pl.col("frame").is_between(10, 20))
    assert set(looked["revision"]) == {event_id}
    assert looked.filter(pl.col("origin") == "model").height == 10
    assert set(rows.filter(pl.col("frame") > 20)["revision"]) == {0}


def test_reasons_of_suggested_frames_are_true_of_them(folder, run_feltline):
    made = run_json(
        run_feltline, "suggest", "--labels-per-clip", "5", "--project", folder
    )
    reasons = [s["code"] for s in made["suggestions"]]
    assert len(reasons) == 10
    # Without a label there is nothing that a frame could lie between.
    assert set(reasons) <= {"typical", "least_certain", "far", "unlike"}, reasons


@pytest.mark.parametrize("asked", ["--total", "--labels-per-clip"])
def test_suggestions_in_an_empty_project_say_what_to_do(tmp_path, run_feltline, asked):
    settings = ProjectSettings(project_id="empty", name="empty", rater="anna")
    with Project.init(tmp_path / "empty", settings):
        pass
    code, out, err = run_feltline(
        "suggest", asked, "6", "--project", tmp_path / "empty"
    )
    assert code not in (0, 70), out + err
    assert "IndexError" not in out + err
    assert "itself failed" not in out + err
    assert "feltline add" in out + err


def test_what_was_rated_live_is_in_status_and_agreement(folder, run_feltline):
    with Project.open(folder) as project:
        rate(project, curve=wave(0.3), lag=of_lag(0.3))
        rate(project, curve=wave(0.9), lag=of_lag(0.9), rater="ben")
    status = run_json(run_feltline, "status", "--project", folder)
    assert status["traced_minutes"] == pytest.approx(2 * 44 / 15 / 60)
    assert "rated live" in run_feltline("status", "--project", folder)[1]
    agreed = run_json(run_feltline, "agree", folder)["traces"]
    assert [one["dimension"] for one in agreed] == ["valence", "arousal"]
    assert agreed[0]["ccc"] > agreed[0]["ccc_before"]
    shown = run_feltline("agree", folder)[1]
    assert "lags removed, and before" in shown
    assert "ben 0.9 s" in " ".join(shown.split())
