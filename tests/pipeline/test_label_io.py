"""Labels in, labels out, other models' predictions, a video out of a project."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
import pytest
from tests.projects import judge, judge_truth

from feltline.errors import InputError, NothingToLabelError, StoreError, SupportError
from feltline.fewshot import Budget
from feltline.formats import TableMapping
from feltline.pipeline import (
    Export,
    PredictionRows,
    add_videos,
    export,
    import_labels,
    propagate,
    purge,
    suggest_in,
)
from feltline.project import (
    Project,
    current_model,
    learn,
    load_video,
)
from feltline.store import TrackEdit
from feltline.store.rows import columns_of


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
    (stored,) = labelled.store.judgements(video_id="pair.mp4")
    assert (stored.judgement.track_id, stored.found_track_id) == (1, 1)
    assert stored.judgement.expression == "happiness"
    assert stored.judgement.origin == "import"


def test_a_trial_says_what_would_come_in_and_writes_nothing(labelled, tmp_path):
    before = labelled.store.last_event_id()
    rows = ["talk,2,4.5,5", "talk,21,9,1"]
    sheet = write_support(tmp_path / "theirs.csv", rows, "clip,no,pleasure,arousal")
    mapping = TableMapping.parse(
        labelled.schema,
        columns=["video=clip", "frame=no", "valence=pleasure"],
        scales=["valence=1..9", "arousal=1..9"],
    )
    tried = import_labels(labelled, sheet, mapping=mapping, is_trial=True)
    assert (tried.added, tried.known) == (2, 0)
    assert labelled.store.last_event_id() == before
    made = import_labels(labelled, sheet, mapping=mapping)
    assert (made.added, made.known) == (2, 0)
    value = labelled.store.judgements()[-1].judgement.value
    assert value == (1.0, -1.0)
    tried = import_labels(labelled, sheet, mapping=mapping, is_trial=True)
    assert (tried.added, tried.known) == (0, 2)


def test_labels_that_were_undone_come_in_again(labelled, tmp_path):
    last = labelled.store.judgements()[-1]
    labelled.store.undo(rater="r1", event_id=last.event_id)
    again = import_labels(labelled, tmp_path / "l.csv")
    assert (again.added, again.known) == (1, 3)


def test_two_imports_at_once_enter_each_label_once(project, tmp_path):
    path = write_support(
        tmp_path / "l.csv", [f"talk.mp4,{f},,0.1,0.1," for f in range(40)]
    )
    both = threading.Barrier(2)

    def bring_in():
        with Project.open(project.folder) as own:
            both.wait(30)
            return import_labels(own, path).added

    with ThreadPoolExecutor(2) as pool:
        added = [pool.submit(bring_in) for _ in range(2)]
        assert sorted(one.result() for one in added) == [0, 40]
    assert len(project.store.judgements()) == 40


def test_labels_of_several_statements_come_in_all_or_none(
    project, tmp_path, monkeypatch
):
    monkeypatch.setattr("feltline.store.transactions._ROWS", 7)
    path = write_support(
        tmp_path / "l.csv", [f"talk.mp4,{f},,{f / 100},0.1," for f in range(40)]
    )
    with monkeypatch.context() as broken:

        def row(event, table):
            if event.detail["first_frame"] == 39:
                raise StoreError("the disk is full")
            return columns_of(event, table)

        broken.setattr("feltline.store.event_log.columns_of", row)
        with pytest.raises(StoreError, match="full"):
            import_labels(project, path)
    assert project.store.judgements() == []
    assert import_labels(project, path).added == 40
    stored = project.store.judgements()
    assert [s.judgement.value[0] for s in stored] == [f / 100 for f in range(40)]


def test_a_faulty_row_keeps_all_out(project, tmp_path):
    path = write_support(tmp_path / "l.csv", ["talk.mp4,2,,0,0,", "talk.mp4,900,,0,0,"])
    with pytest.raises(SupportError, match="row 3"):
        import_labels(project, path)
    assert project.store.judgements() == []


def test_propagating_says_what_changed(labelled):
    before = current_model(labelled)
    made = propagate(labelled)
    assert (made.before_id, made.model.n_judgements) == (before.model_id, 4)
    assert made.frames == 45 + 2 * 20
    assert made.moved > 0
    again = propagate(labelled)
    assert (again.before_id, again.model.model_id) == (made.model.model_id,) * 2
    assert (again.moved, again.accepted) == (0, again.accepted_before)


def test_a_project_without_labels_says_what_to_do(project):
    with pytest.raises(NothingToLabelError, match="feltline suggest"):
        propagate(project)


def read(path):
    if path.suffix == ".csv":
        return pl.read_csv(path)
    return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_ndjson(path)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_what_is_exported_says_where_it_comes_from(labelled, tmp_path, suffix):
    judge(labelled, 10, (0.1, 0.2))
    judge(labelled, 10, (0.3, 0.2), rater="ben")
    judge(labelled, 12, decision="reject", scope="span", last_frame=13)
    out = tmp_path / f"all{suffix}"
    written, promise = export(labelled, out)
    assert set(promise) >= {"model_id", "threshold", "tolerance", "calibration"}
    table = read(out)
    assert len(table) == written == 45 + 2 * 20
    row = {r["frame"]: r for r in table.to_dicts() if r["video_id"] == "talk.mp4"}
    assert row[2]["origin"] == "import"
    assert row[2]["expression_origin"] == "model"
    assert row[10]["origin"] == "consensus"
    assert row[10]["valence"] == pytest.approx(0.2)
    assert row[11]["origin"] == "model"
    assert row[11]["model_id"] == promise["model_id"]
    assert row[11]["low_valence"] <= row[11]["valence"] <= row[11]["high_valence"]
    for frame in (12, 13):
        assert row[frame]["origin"] == row[frame]["expression_origin"] == "human"
        assert row[frame]["valence"] is None
        assert row[frame]["expression"] is None
        assert row[frame]["confidence"] is None
    assert row[10]["revision"] > row[11]["revision"] == 0


def test_a_stretch_that_was_accepted_shows_that_a_person_looked(labelled, tmp_path):
    near = {"reviewed_first_frame": 13, "reviewed_last_frame": 17}
    event = judge(labelled, 15, (0.1, 0.1), decision="accept", **near)
    export(labelled, tmp_path / "all.parquet", videos=["talk.mp4"])
    table = pl.read_parquet(tmp_path / "all.parquet")
    assert table["revision"].to_list()[13:18] == [event] * 5
    assert (
        table["origin"].to_list()[13:18] == ["model", "model", "human"] + ["model"] * 2
    )


def test_each_raters_own_judgements_are_exported(labelled, tmp_path):
    judge(labelled, 10, (0.3, 0.2), rater="ben")
    judge(labelled, 20, (-0.5, 0.0), scope="span", last_frame=24)
    export(labelled, tmp_path / "h.parquet", layer="human", videos=["talk.mp4"])
    table = pl.read_parquet(tmp_path / "h.parquet")
    assert set(table["layer"]) == {"human"}
    by = table.group_by("rater").len().sort("rater").to_dicts()
    assert by == [
        {"rater": "anna", "len": 5},
        {"rater": "ben", "len": 1},
        {"rater": "r1", "len": 3},
    ]


def test_the_models_layer_is_what_it_says_of_every_frame(labelled, tmp_path):
    export(labelled, tmp_path / "m.parquet", layer="model")
    table = pl.read_parquet(tmp_path / "m.parquet")
    assert set(table["origin"]) == {"model"}
    assert len(table) == 45 + 20 + 20


def test_an_unlabelled_project_exports_a_header(project, tmp_path):
    assert export(project, tmp_path / "h.csv", layer="human") == (0, {})
    assert (
        (tmp_path / "h.csv")
        .read_text("utf-8-sig")
        .startswith("video_id,track_id,frame")
    )


def rows_of(*rows):
    return [json.dumps(r).encode() for r in rows]


GOOD = {"video_id": "talk.mp4", "track_id": 0, "frame": 3, "valence": 0, "arousal": 1}


def test_predictions_of_another_model_are_a_run_of_their_own(labelled):
    before = current_model(labelled)
    rows = PredictionRows(labelled)
    for line in rows_of(
        GOOD,
        GOOD | {"frame": 1, "confidence": 0.5, "expression": "fear"},
    ):
        rows.add(line)
    rows.add(b"\n")
    run = rows.keep(method="other", rater="anna")
    assert (run.method, rows.count) == ("other", 2)
    kept = labelled.store.imported_prediction(run.run_id, "talk.mp4", 0)
    assert kept.value[3].tolist() == [0, 1]
    assert np.isnan(kept.value[0]).all()
    assert kept.confidence[1] == 0.5
    assert kept.class_probability[1].argmax() == 6
    assert current_model(labelled).model_id == before.model_id
    assert rows.keep(method="other", rater="anna") == run
    assert rows.keep(method="another", rater="anna").run_id != run.run_id


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
        (
            b'{"video_id":"talk.mp4","track_id":0,"frame":0,"valence":0,"valence":1,'
            b'"arousal":0}',
            "'valence' is in it twice",
        ),
        (b" " * 10 + b'"' + b"a" * 20_000, "bytes"),
        (b"[" * 9_000, "row 1"),
    ],
)
def test_faulty_predictions_are_named(project, row, says):
    with pytest.raises(InputError, match=says):
        PredictionRows(project).add(row)


def test_predictions_begin_with_a_byte_order_mark_or_not(project):
    rows = PredictionRows(project)
    rows.add(b"\xef\xbb\xbf" + rows_of(GOOD)[0])
    rows.add(rows_of(GOOD | {"frame": 4})[0])
    assert rows.count == 2


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([GOOD | {"track_id": 7}], "no face 7"),
        ([GOOD | {"frame": 44_000}], "not seen in frame 44000"),
        ([GOOD, GOOD | {"valence": 1}], "comes twice"),
        ([], "no row"),
    ],
)
def test_predictions_that_fit_nowhere_keep_nothing(project, rows, says):
    gathered = PredictionRows(project)
    for line in rows_of(*rows):
        gathered.add(line)
    with pytest.raises((InputError, NothingToLabelError), match=says):
        gathered.keep(method="other", rater="anna")
    assert project.store.prediction_runs() == []


def test_purging_leaves_no_trace(labelled):
    learn(labelled)
    content = labelled.store.video("talk.mp4").content_hash
    made = purge(labelled, "talk.mp4")
    assert made.rows["judgements"] == 3
    assert made.files["faces and embeddings"] > 0
    assert len(made.models) == 1
    assert current_model(labelled).model_id == made.model_id
    assert current_model(labelled).n_judgements == 1
    assert labelled.store.video_names() == ["pair.mp4"]
    assert (labelled.folder / "talk.mp4").exists()
    for path in labelled.folder.rglob("*"):
        if path.is_file() and path.suffix != ".mp4":
            assert content[:20] not in str(path)
            assert b"talk.mp4" not in path.read_bytes(), path
    with pytest.raises(InputError):
        purge(labelled, "talk.mp4")


def test_purging_leaves_no_projection_on_a_basis_that_went(labelled):
    """With the embeddings beside it, it would give the purged basis away."""
    learn(labelled)
    before = current_model(labelled).basis_id
    files = list(labelled.features_folder.rglob("appearance-*.npy"))
    assert [f for f in files if before in f.name]
    made = purge(labelled, "talk.mp4")
    assert made.files["projections on its basis"] > 0
    after = current_model(labelled).basis_id
    assert after != before
    left = labelled.features_folder.rglob("appearance-*.npy")
    assert {f.name for f in left} == {f"appearance-{after}.npy"}


def test_purging_leaves_other_peoples_words_alone(project):
    """The video is called talk.mp4; the name alone stands in a comment on another."""
    judge(
        project, 3, (0.1, 0.1), video_id="pair.mp4", comment="not as in talk.mp4 at all"
    )
    made = purge(project, "talk.mp4")
    (stored,) = project.store.judgements()
    assert stored.judgement.comment == "not as in talk.mp4 at all"
    assert made.mentions == 1


def test_a_purged_video_may_come_back(labelled):
    purge(labelled, "talk.mp4")
    added = add_videos(labelled, [str(labelled.folder / "talk.mp4")])
    assert added.added == ["talk.mp4"]
    assert labelled.store.judgements(video_id="talk.mp4") == []


def test_an_export_is_of_one_moment(labelled):
    """Labels and track edits that come while it is written are not in it."""
    begun = Export.begin(labelled, layer="final")
    judge(labelled, 30, (0.9, 0.9))
    edit = TrackEdit(
        video_id="talk.mp4", kind="split", track_id=0, frame=20, other_track_id=5
    )
    labelled.store.edit_track(edit, rater="anna")
    learn(labelled)
    rows = list(begun.rows())
    assert [len(r) for r in rows] == [20, 20, 45]
    assert rows[-1].origin[30] == 3
    assert begun.predictor is not None
    assert {r.model_id for r in rows} == {begun.predictor.model.model_id}
    later = Export.begin(labelled, layer="final")
    assert [len(r) for r in later.rows()] == [20, 20, 20, 25]


def test_a_label_of_a_clip_is_one_row_also_when_its_track_is_split(labelled):
    judge(labelled, 0, (0.7, 0.6), scope="clip", last_frame=44)

    def clips():
        rows = Export.begin(labelled, layer="human").rows()
        return [
            (r.track_id, r.last_frame) for r in rows if list(r.scope or ()) == ["clip"]
        ]

    assert clips() == [(0, [44])]
    edit = TrackEdit(
        video_id="talk.mp4", kind="split", track_id=0, frame=20, other_track_id=5
    )
    labelled.store.edit_track(edit, rater="anna")
    assert clips() == [(5, [44])]
    video = load_video(labelled, "talk.mp4")
    seen = [len(video.observations_of(t.track_id)) for t in video.tracks]
    assert sum(seen) == len(labelled.store.judgements(video_id="talk.mp4"))
    labelled.store.undo(rater="anna")
    assert clips() == [(0, [44])]


def test_labels_of_clips_and_comments_are_exported(labelled, tmp_path):
    judge(labelled, 0, (0.7, 0.6), scope="clip", last_frame=44, comment="=all, in all")
    judge(labelled, 20, (-0.5, 0.0), scope="span", last_frame=24, comment="a frown")
    judge(labelled, 22, expression="anger", comment="sure")
    judge(
        labelled,
        29,
        decision="cannot",
        scope="span",
        last_frame=31,
        comment="hand before the mouth",
    )
    out = tmp_path / "h.parquet"
    videos = ["talk.mp4"]
    assert export(labelled, out, layer="human", videos=videos)[0] == 3 + 5 + 1 + 1
    rows = [r for r in pl.read_parquet(out).to_dicts() if r["rater"] == "anna"]
    assert [(r["frame"], r["scope"], r["last_frame"], r["comment"]) for r in rows] == [
        (20, "span", 24, "a frown"),
        (21, "span", 24, "a frown"),
        (22, "frame", 22, "a frown; sure"),
        (23, "span", 24, "a frown"),
        (24, "span", 24, "a frown"),
        (0, "clip", 44, "=all, in all"),
        (29, "cannot", 31, "hand before the mouth"),
    ]
    assert (rows[2]["expression"], rows[2]["expression_origin"]) == ("anger", "human")
    assert (rows[3]["expression"], rows[3]["expression_origin"]) == (None, None)
    assert rows[5]["valence"] == pytest.approx(0.7)
    assert rows[6]["valence"] is None
    export(labelled, tmp_path / "h.csv", layer="human", videos=videos)
    comments = pl.read_csv(tmp_path / "h.csv")["comment"].to_list()
    assert "'=all, in all" in comments  # no spreadsheet runs it
    assert "=all, in all" not in comments


def test_which_dimensions_the_rater_moved_is_exported(labelled, tmp_path):
    judge(labelled, 10, (0.3, 0.1), decision="edit", touched=(True, False))
    judge(labelled, 11, (0.3, 0.2), decision="edit", touched=(True, True))
    judge(labelled, 12, (0.3, 0.1))
    out = tmp_path / "h.parquet"
    export(labelled, out, layer="human", videos=["talk.mp4"])
    rows = pl.read_parquet(out).filter(pl.col("frame").is_between(10, 12))
    assert rows["touched"].to_list() == ["valence", "valence; arousal", None]


def test_a_file_of_a_video_that_is_purged_meanwhile_is_not_written(
    labelled, tmp_path, monkeypatch
):
    whole = Export._rows_of

    def purging(self, video):
        purge(labelled, "pair.mp4")
        return whole(self, video)

    monkeypatch.setattr(Export, "_rows_of", purging)
    with pytest.raises(StoreError, match=r"pair\.mp4 was purged while"):
        export(labelled, tmp_path / "all.csv", layer="human", videos=["pair.mp4"])
    assert not (tmp_path / "all.csv").exists()


def test_frames_are_suggested_by_the_current_model(labelled):
    model = learn(labelled)
    made = suggest_in(labelled, Budget(per_clip=2))
    kept = labelled.store.suggestions()
    assert len(made) == len(kept) == 4
    assert {s.model_id for s in kept} == {model.model_id}
    assert sorted(s.rank for s in kept) == [1, 2, 3, 4]
    assert not {s.frame for s in made if s.video_id == "talk.mp4"} & {2, 20, 40}


def test_frames_of_one_video_leave_what_was_suggested_of_others(project, truth):
    suggest_in(project, Budget(per_clip=3))
    suggest_in(project, Budget(per_clip=1), videos=["talk.mp4"])
    kept = [s.video_id for s in project.store.suggestions()]
    assert sorted(kept) == ["pair.mp4"] * 3 + ["talk.mp4"]
    judge_truth(project, truth)
    made = suggest_in(project, Budget(per_clip=1), is_new_only=True)
    assert {s.video_id for s in made} == {"pair.mp4"}
    judge(project, 3, (0.1, 0.1), video_id="pair.mp4")
    with pytest.raises(NothingToLabelError, match="no new video"):
        suggest_in(project, Budget(per_clip=1), is_new_only=True)


@pytest.mark.parametrize(
    ("schema", "columns", "row"),
    [
        (
            {
                "dimensions": [{"name": "valence"}, {"name": "arousal"}],
                "classes": ["bored", "engaged", "lost", "amused", "cross", "neutral"],
            },
            "valence,arousal",
            "0.5,0.25",
        ),
        ({"dimensions": [{"name": "valence"}]}, "valence", "0.5"),
        (
            {
                "dimensions": [{"name": "pain", "low": 0, "high": 10}],
                "classes": ["none", "some"],
            },
            "pain",
            "7.5",
        ),
    ],
)
def test_other_label_schemas_work_from_init_to_export(
    project, tmp_path, schema, columns, row
):
    import uuid

    from feltline.formats import read_schema
    from feltline.project import ProjectSettings

    (tmp_path / "schema.json").write_text(json.dumps(schema))
    made = read_schema(tmp_path / "schema.json")
    settings = ProjectSettings(project_id=uuid.uuid4().hex, name="other")
    Project.init(tmp_path / "other", settings, made).close()
    with Project.open(tmp_path / "other") as other:
        assert other.schema == made
        add_videos(other, [str(project.folder / "talk.mp4")])
        assert len(suggest_in(other, Budget(per_clip=2))) == 2
        chosen = made.class_names[-1] if made.classes else ""
        file = write_support(
            tmp_path / "o.csv",
            [f"talk.mp4,{f},{row},{chosen}" for f in (3, 20, 40)],
            f"video,frame,{columns},expression",
        )
        assert import_labels(other, file).added == 3
        assert propagate(other).model.n_judgements == 3
        assert export(other, tmp_path / "o.parquet")[0] == 45
        table = pl.read_parquet(tmp_path / "o.parquet")
        for name, given in zip(columns.split(","), row.split(","), strict=True):
            assert table[name][20] == float(given)
            low, high = made.dimensions[0].low, made.dimensions[0].high
            assert table[name].is_between(low, high).all()
            assert table[f"low_{name}"].null_count() == 0
        assert table["origin"].to_list().count("import") == 3
        assert table["expression"][20] == (chosen or None)
