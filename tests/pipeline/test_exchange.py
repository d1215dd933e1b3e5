"""Labels in, runs, labels out, other models' estimates, a video out of a project."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import sqlalchemy as sa
from tests.projects import label_of

import feltline.pipeline.label_io as exchange_module
from feltline.errors import InputError, NothingToLabelError, StoreError, SupportError
from feltline.pipeline import (
    EstimateRows,
    Export,
    add_videos,
    export,
    import_labels,
    purge,
)
from feltline.project import Project, current_run, load_state, propagate, rebuild
from feltline.store import Review, TrackEdit
from feltline.store import prediction_rows as results
from feltline.store.schema import estimates


def write_support(path, rows, header="video,frame,face,valence,arousal,expression"):
    path.write_text(header + "\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture
def labelled(project, truth, tmp_path):
    rows = [f"talk.mp4,{f},,{truth[f, 0]:.2f},{truth[f, 1]:.2f}," for f in (2, 20, 40)]
    rows.append("pair.mp4,3,1,0.5,0.25,happiness")
    made = import_labels(project, write_support(tmp_path / "l.csv", rows))
    assert (made.added, made.known) == (4, 0)
    return project


def test_labels_come_in_once(labelled, tmp_path):
    again = import_labels(labelled, tmp_path / "l.csv")
    assert (again.added, again.known) == (0, 4)
    stored = labelled.store.labels(video_id="pair.mp4")
    assert [s.label.track_id for s in stored] == [1]
    assert stored[0].label.expression == "happiness"
    assert stored[0].label.origin == "import"


def test_a_faulty_row_keeps_all_out(project, tmp_path):
    path = write_support(tmp_path / "l.csv", ["talk.mp4,2,,0,0,", "talk.mp4,900,,0,0,"])
    with pytest.raises(SupportError, match="row 3"):
        import_labels(project, path)
    assert project.store.labels() == []


def test_a_run_is_kept_and_the_same_labels_give_the_same(labelled):
    made = propagate(labelled)
    again = propagate(labelled)
    assert made.run == again.run
    assert current_run(labelled) == made.run
    estimate = labelled.store.estimate(made.run.run_id, "talk.mp4", 0)
    pairs = zip(made.state.tracks, made.estimates, strict=True)
    of = {(t.video_id, t.track_id): e for t, e in pairs}
    machine = of["talk.mp4", 0]
    assert machine is not None
    np.testing.assert_array_equal(estimate.affect, machine.affect)
    assert len(labelled.store.runs()) == 1


def test_a_project_without_labels_says_what_to_do(project):
    with pytest.raises(NothingToLabelError, match="feltline suggest"):
        propagate(project)
    assert current_run(project) is None


def test_a_new_label_makes_the_run_out_of_date(labelled):
    first = current_run(labelled)
    labelled.store.give_label(label_of(30, 0.0, 0.0), found_track_id=0)
    second = current_run(labelled)
    assert first is not None
    assert second is not None
    assert second.run_id != first.run_id
    labelled.store.undo(rater="anna")
    third = current_run(labelled)
    assert third is not None
    assert third.run_id == first.run_id  # the same labels again


def test_a_run_is_made_again_from_the_log(labelled):
    made = propagate(labelled)
    labelled.store.give_label(label_of(30, 0.0, 0.0), found_track_id=0)
    again = rebuild(labelled, made.run.run_id)
    for number, estimate in enumerate(made.estimates):
        remade = again.estimate(number)
        assert remade is not None
        assert estimate is not None
        np.testing.assert_array_equal(remade.affect, estimate.affect)
    with pytest.raises(InputError, match="no run"):
        rebuild(labelled, "nothing")
    with pytest.raises(InputError, match="event"):
        rebuild(labelled, "prior")


def read(path):
    if path.suffix == ".csv":
        return pl.read_csv(path)
    return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_ndjson(path)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_what_is_exported_says_where_it_comes_from(labelled, tmp_path, suffix):
    store = labelled.store
    store.give_label(label_of(10, 0.1, 0.2), found_track_id=0)
    store.give_label(label_of(10, 0.3, 0.2, rater="ben"), found_track_id=0)
    review = Review(
        video_id="talk.mp4",
        track_id=0,
        frame=12,
        first_frame=12,
        last_frame=13,
        decision="reject",
        run_id=None,
        rater="anna",
        active_s=2.0,
    )
    store.give_review(review, found_track_id=0)
    out = tmp_path / f"all{suffix}"
    written = export(labelled, out)
    table = read(out)
    assert len(table) == written == 45 + 2 * 20
    row = {r["frame"]: r for r in table.to_dicts() if r["video_id"] == "talk.mp4"}
    assert row[2]["origin"] == "import"
    assert row[10]["origin"] == "consensus"
    assert row[10]["valence"] == pytest.approx(0.2)
    assert row[11]["origin"] == "model"
    assert row[11]["low_valence"] <= row[11]["valence"] <= row[11]["high_valence"]
    for frame in (12, 13):
        assert row[frame]["origin"] == "human"
        assert row[frame]["valence"] is None
        assert row[frame]["confidence"] is None
    assert row[10]["revision"] > row[11]["revision"] == 0


def test_each_raters_own_word_is_exported(labelled, tmp_path):
    labelled.store.give_label(label_of(10, 0.3, 0.2, rater="ben"), found_track_id=0)
    span = label_of(20, -0.5, 0.0, scope="span", last_frame=24)
    labelled.store.give_label(span, found_track_id=0)
    export(labelled, tmp_path / "h.parquet", layer="human", videos=["talk.mp4"])
    table = pl.read_parquet(tmp_path / "h.parquet")
    assert set(table["layer"]) == {"human"}
    by = table.group_by("rater").len().sort("rater").to_dicts()
    assert by == [
        {"rater": "anna", "len": 5},
        {"rater": "ben", "len": 1},
        {"rater": "r1", "len": 3},
    ]


def test_the_machines_layer_leaves_out_what_people_said(labelled, tmp_path):
    export(labelled, tmp_path / "m.parquet", layer="model")
    table = pl.read_parquet(tmp_path / "m.parquet")
    assert set(table["origin"]) == {"model"}
    assert len(table) == 45 - 3 + 20 + 19


def test_an_unlabelled_project_exports_a_header(project, tmp_path):
    assert export(project, tmp_path / "h.csv", layer="human") == 0
    assert (tmp_path / "h.csv").read_text().startswith("video_id,track_id,frame")


def rows_of(*rows):
    return [json.dumps(r).encode() for r in rows]


GOOD = {"video_id": "talk.mp4", "track_id": 0, "frame": 3, "valence": 0, "arousal": 1}


def test_estimates_of_another_model_are_a_run_of_their_own(labelled):
    before = current_run(labelled)
    rows = EstimateRows(labelled)
    for line in rows_of(
        GOOD,
        GOOD | {"frame": 1, "confidence": 0.5, "expression": "fear"},
    ):
        rows.add(line)
    rows.add(b"\n")
    run = rows.keep(method="other")
    assert (run.origin, run.method, rows.count) == ("import", "other", 2)
    estimate = labelled.store.estimate(run.run_id, "talk.mp4", 0)
    assert estimate.affect[3].tolist() == [0, 1]
    assert np.isnan(estimate.affect[0]).all()
    assert estimate.confidence[1] == 0.5
    assert estimate.expression[1].argmax() == 6
    assert current_run(labelled) == before  # the machine's own stays
    assert rows.keep(method="other") == run


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (b"[1]", "no JSON object"),
        (b"{", "row 1"),
        (rows_of(GOOD | {"valence": 2})[0], "valence must be from -1"),
        (rows_of(GOOD | {"valence": None})[0], "valence"),
        (
            b'{"video_id":"talk.mp4","track_id":0,"frame":0,"valence":NaN,"arousal":0}',
            "valence",
        ),
        (rows_of(GOOD | {"frame": 1.5})[0], "whole number"),
        (rows_of(GOOD | {"frame": True})[0], "whole number"),
        (rows_of(GOOD | {"video_id": "no.mp4"})[0], "no video"),
        (rows_of(GOOD | {"video_id": []})[0], "row 1"),
        (rows_of(GOOD | {"expression": "joy"})[0], "no expression"),
        (rows_of(GOOD | {"colour": 1})[0], "no column"),
        (rows_of({"frame": 1})[0], "is missing"),
        (b" " * 10 + b'"' + b"a" * 20_000, "bytes"),
        (b"[" * 9_000, "row 1"),
    ],
)
def test_faulty_estimates_are_named(project, row, says):
    with pytest.raises(InputError, match=says):
        EstimateRows(project).add(row)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([GOOD | {"track_id": 7}], "no face 7"),
        ([GOOD | {"frame": 44_000}], "not seen in frame 44000"),
        ([GOOD, GOOD | {"valence": 1}], "comes twice"),
        ([], "no row"),
    ],
)
def test_estimates_that_fit_nowhere_keep_nothing(project, rows, says):
    gathered = EstimateRows(project)
    for line in rows_of(*rows):
        gathered.add(line)
    with pytest.raises((InputError, NothingToLabelError), match=says):
        gathered.keep(method="other")
    assert project.store.runs() == []


def test_purging_leaves_no_trace(labelled):
    propagate(labelled)
    content = labelled.store.video("talk.mp4").content_hash
    made = purge(labelled, "talk.mp4")
    assert made.rows["labels"] == 3
    assert made.files["faces and embeddings"] > 0
    assert labelled.store.video_names() == ["pair.mp4"]
    assert (labelled.folder / "talk.mp4").exists()
    for path in labelled.folder.rglob("*"):
        if path.is_file() and path.suffix != ".mp4":
            assert content[:20] not in str(path)
            assert b"talk.mp4" not in path.read_bytes(), path
    assert len(load_state(labelled).tracks) == 2
    with pytest.raises(InputError):
        purge(labelled, "talk.mp4")


def test_a_purged_video_may_come_back(labelled):
    purge(labelled, "talk.mp4")
    added = add_videos(labelled, [str(labelled.folder / "talk.mp4")])
    assert added.added == ["talk.mp4"]
    assert labelled.store.labels(video_id="talk.mp4") == []


def test_faces_that_changed_places_make_another_run(project):
    """After it the tracks have the same frames and labels, but show others."""
    label = label_of(5, 0.5, 0.5, video_id="pair.mp4")
    project.store.give_label(label, found_track_id=0)
    before = propagate(project)
    for track_id, other in ((0, 2), (1, 3)):
        split = TrackEdit(
            video_id="pair.mp4",
            kind="split",
            track_id=track_id,
            frame=10,
            other_track_id=other,
        )
        project.store.edit_track(split, rater="anna")
    for track_id, other in ((2, 1), (3, 0)):
        merge = TrackEdit(
            video_id="pair.mp4", kind="merge", track_id=track_id, other_track_id=other
        )
        project.store.edit_track(merge, rater="anna")
    after = propagate(project)
    assert [len(t) for t in after.state.tracks] == [len(t) for t in before.state.tracks]
    assert after.run.run_id != before.run.run_id


def test_a_video_that_came_back_has_estimates_again(labelled, tmp_path):
    rows = EstimateRows(labelled)
    rows.add(rows_of(GOOD | {"video_id": "pair.mp4"})[0])
    theirs = rows.keep(method="other")
    file = write_support(tmp_path / "m.csv", ["talk.mp4,7,,0.1,0.1,"])
    import_labels(labelled, file)
    purge(labelled, "pair.mp4")
    propagate(labelled)
    add_videos(labelled, [str(labelled.folder / "pair.mp4")])
    import_labels(labelled, tmp_path / "l.csv")
    run = propagate(labelled).run
    assert labelled.store.estimate(run.run_id, "pair.mp4", 0) is not None
    again = rows.keep(method="other")
    assert again != theirs
    assert labelled.store.estimate(again.run_id, "pair.mp4", 0) is not None


def test_the_same_rows_of_two_models_are_two_runs(labelled):
    rows = EstimateRows(labelled)
    rows.add(rows_of(GOOD)[0])
    assert rows.keep(method="one").method == "one"
    assert rows.keep(method="two").method == "two"


def test_an_export_is_of_one_moment(labelled):
    """Labels and repairs that come while it is written are not in it."""
    begun = Export.begin(labelled, layer="final")
    labelled.store.give_label(label_of(30, 0.9, 0.9), found_track_id=0)
    edit = TrackEdit(
        video_id="talk.mp4", kind="split", track_id=0, frame=20, other_track_id=5
    )
    labelled.store.edit_track(edit, rater="anna")
    rows = list(begun.rows())
    assert [len(r.at) for r in rows] == [20, 20, 45]
    assert rows[-1].origin[30] == "model"
    later = Export.begin(labelled, layer="final")
    assert [len(r.at) for r in later.rows()] == [20, 20, 20, 25]


def test_what_people_said_is_exported_without_filling_in(labelled, tmp_path):
    assert export(labelled, tmp_path / "h.csv", layer="human") == 4
    assert labelled.store.runs() == []


def test_a_run_made_meanwhile_is_not_taken_for_an_earlier_moment(labelled):
    at = labelled.store.last_event_id()
    labelled.store.give_label(label_of(30, 0.0, 0.0), found_track_id=0)
    later = current_run(labelled)
    now = current_run(labelled, at=at)
    assert later is not None
    assert now is not None
    assert (now.n_labels, later.n_labels) == (4, 5)


def promising(project, **settings):
    """The same project, opened after its `feltline.toml` was changed."""
    return Project(project.folder, replace(project.settings, **settings), project.store)


def test_another_promise_makes_another_run(labelled):
    before = current_run(labelled)
    other = promising(labelled, tolerance=0.05, coverage=0.5)
    run = current_run(other)
    assert before is not None
    assert run is not None
    assert run.run_id != before.run_id
    made = other.store.estimate(run.run_id, "talk.mp4", 0)
    assert made is not None
    assert (made.tolerance, made.coverage) == (0.05, 0.5)
    assert current_run(other) == run
    assert current_run(labelled) == before  # the former settings again


def test_a_run_of_another_encoder_does_not_stand_for_this_one(labelled):
    current_run(labelled)
    with pytest.raises(InputError, match="another encoder"):
        current_run(promising(labelled, encoder="geometry"))


def test_a_run_kept_by_two_at_once_is_exported_whole(labelled, monkeypatch):
    """As the worker of a server and a request for an export do."""
    begun, first_done = threading.Barrier(2), threading.Event()
    at_hand = threading.local()

    def slow_pack(arrays):
        if not hasattr(at_hand, "waited"):
            at_hand.waited = True
            begun.wait(60)
            if at_hand.is_second:
                assert first_done.wait(60)
        return packed(arrays)

    def make(*, is_second):
        at_hand.is_second = is_second
        try:
            return propagate(labelled).run
        finally:
            first_done.set()

    packed = results.pack  # type: ignore[attr-defined]
    monkeypatch.setattr(results, "pack", slow_pack)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(make, is_second=False)
        second = pool.submit(make, is_second=True)
        assert first.result() == second.result()
    monkeypatch.undo()
    begun_export = Export.begin(labelled, layer="model")
    assert begun_export.run == first.result()
    assert sum(len(r.at) for r in begun_export.rows()) == 45 - 3 + 20 + 19
    kinds = [e.kind for e in labelled.store.events(after=0, limit=99)]
    assert kinds.count("run") == 1


@pytest.mark.parametrize("layer", ["final", "model"])
def test_an_estimate_that_is_missing_is_no_missing_rows(labelled, layer):
    current_run(labelled)
    with labelled.store._project.writing() as connection:
        gone = estimates.c.video_id == "pair.mp4"
        connection.execute(sa.delete(estimates).where(gone))
    begun = Export.begin(labelled, layer=layer)
    with pytest.raises(StoreError, match=r"no estimate of face 0 of pair\.mp4"):
        list(begun.rows())


def test_labels_of_clips_and_comments_are_exported(labelled, tmp_path):
    give = labelled.store.give_label
    clip = label_of(0, 0.7, 0.6, scope="clip", last_frame=44, comment="=all, in all")
    give(clip, found_track_id=0)
    span = label_of(20, -0.5, 0.0, scope="span", last_frame=24, comment="a frown")
    give(span, found_track_id=0)
    give(label_of(22, expression="anger", comment="sure"), found_track_id=0)
    review = Review(
        video_id="talk.mp4",
        track_id=0,
        frame=30,
        first_frame=29,
        last_frame=31,
        decision="unsure",
        run_id=None,
        rater="anna",
        active_s=None,
        comment="hand before the mouth",
    )
    labelled.store.give_review(review, found_track_id=0)
    out = tmp_path / "h.parquet"
    assert export(labelled, out, layer="human", videos=["talk.mp4"]) == 3 + 5 + 1 + 1
    rows = [r for r in pl.read_parquet(out).to_dicts() if r["rater"] == "anna"]
    said = [(r["frame"], r["scope"], r["last_frame"], r["comment"]) for r in rows]
    assert said == [
        (20, "span", 24, "a frown"),
        (21, "span", 24, "a frown"),
        (22, "frame", 22, "a frown; sure"),
        (23, "span", 24, "a frown"),
        (24, "span", 24, "a frown"),
        (0, "clip", 44, "=all, in all"),
        (29, "unsure", 31, "hand before the mouth"),
    ]
    assert rows[2]["expression"] == "anger"
    assert rows[5]["valence"] == pytest.approx(0.7)
    assert rows[6]["valence"] is None
    export(labelled, tmp_path / "h.csv", layer="human", videos=["talk.mp4"])
    spelled = pl.read_csv(tmp_path / "h.csv")
    assert spelled["comment"].to_list() == pl.read_parquet(out)["comment"].to_list()
    export(labelled, tmp_path / "f.parquet")
    assert pl.read_parquet(tmp_path / "f.parquet")["scope"].null_count() == 85


def test_a_file_of_a_video_that_is_purged_meanwhile_is_not_written(
    labelled, tmp_path, monkeypatch
):
    def purging(*args):
        for n, rows in enumerate(rows_of(*args)):
            if not n:
                purge(labelled, "pair.mp4")
            yield rows

    rows_of = exchange_module._rows_of
    monkeypatch.setattr(exchange_module, "_rows_of", purging)
    with pytest.raises(StoreError, match=r"pair\.mp4 was purged while"):
        export(labelled, tmp_path / "all.csv", layer="human", videos=["pair.mp4"])
    assert not (tmp_path / "all.csv").exists()
