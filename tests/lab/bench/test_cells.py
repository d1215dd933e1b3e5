import json
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

from feltline.errors import InputError
from feltline.lab.bench import cells as module
from feltline.lab.bench import page as page_module
from feltline.lab.bench.cells import plan, read_cell, run_cells
from feltline.lab.bench.page import write_page
from feltline.lab.bench.ratings import Ratings
from feltline.lab.bench.results import score_all, write_rows

METHODS = ["engine", "linear", "mean"]


def test_a_plan_names_every_cell_once(make):
    specs = plan(
        make.corpus(), ["2", "4"], ["uniform", "suggested"], [*METHODS, "svr-all"], 3
    )
    assert len(specs) == len({s.file for s in specs}) == 2 * (3 + 1) * 3 + 1
    assert [s.budget for s in specs][-1] == "all"


def test_clips_too_short_for_a_budget_are_left_out(make, tmp_path):
    corpus = make.corpus(2)
    short = make.clip("short", n=6)
    corpus = type(corpus)(
        name="mixed",
        clips=(*corpus.clips, short),
        learn=(),
        fold=(0, 1, 2),
        encoder="geometry",
        has_seen=False,
        note="",
    )
    specs = plan(corpus, ["4"], ["uniform"], ["linear"], 1)
    run_cells(corpus, specs, tmp_path)
    assert set(read_cell(tmp_path, specs[0]).clip) == {0, 1}
    with pytest.raises(InputError, match="no clip has enough rated frames"):
        plan(corpus, ["22"], ["uniform"], ["linear"], 1)


def test_an_interrupted_run_goes_on(make, tmp_path, monkeypatch):
    corpus = make.corpus()
    specs = plan(corpus, ["2"], ["uniform"], METHODS, 2)
    computed: list[object] = []
    whole = module._compute

    def until_the_third(corpus, spec, folder, seed):
        if len(computed) == 3:
            raise KeyboardInterrupt
        computed.append(spec)
        whole(corpus, spec, folder, seed)

    monkeypatch.setattr(module, "_compute", until_the_third)
    with pytest.raises(KeyboardInterrupt):
        run_cells(corpus, specs, tmp_path)
    monkeypatch.setattr(module, "_compute", whole)
    calls = []
    run_cells(corpus, specs, tmp_path, progress=lambda *now: calls.append(now))
    assert calls == [(4, 6), (5, 6), (6, 6)]
    assert all((tmp_path / spec.file).exists() for spec in specs)


def test_another_benchmark_is_not_mixed_in(make, tmp_path):
    specs = plan(make.corpus(), ["2"], ["uniform"], ["linear"], 1)
    run_cells(make.corpus(), specs, tmp_path)
    run_cells(make.corpus(), specs, tmp_path)
    with pytest.raises(InputError, match="cells of another benchmark"):
        run_cells(make.corpus(5), specs, tmp_path)
    with pytest.raises(InputError, match="seed 0"):
        run_cells(make.corpus(), specs, tmp_path, seed=1)


def test_processes_give_what_one_gives(make, tmp_path):
    corpus = make.corpus()
    specs = plan(corpus, ["3"], ["random"], METHODS, 1)
    run_cells(corpus, specs, tmp_path / "one")
    run_cells(corpus, specs, tmp_path / "two", jobs=2)
    for spec in specs:
        one, two = read_cell(tmp_path / "one", spec), read_cell(tmp_path / "two", spec)
        np.testing.assert_allclose(one.value, two.value, atol=1e-6)


def test_support_is_marked_and_distance_counted(make, tmp_path):
    corpus = make.corpus(2)
    (spec,) = plan(corpus, ["3"], ["uniform"], ["linear"], 1)
    run_cells(corpus, [spec], tmp_path)
    cell = read_cell(tmp_path, spec)
    mine = cell.clip == 0
    assert cell.is_support[mine].sum() == 3
    np.testing.assert_array_equal(cell.is_support, cell.distance == 0)
    np.testing.assert_allclose(
        cell.value[cell.is_support], cell.rated[cell.is_support], atol=1e-6
    )


def test_results_and_page_hold_every_row(make, tmp_path):
    corpus = make.corpus()
    specs = plan(corpus, ["2", "4"], ["uniform", "suggested"], METHODS, 2)
    run_cells(corpus, specs, tmp_path)
    rows = score_all(tmp_path, specs)
    assert len(rows) == 2 * 2 * 3
    linear = [r for r in rows if (r.method, r.selection) == ("linear", "uniform")]
    assert all(r.figures["ratio"] == pytest.approx(1) for r in linear)
    for suffix in ("csv", "parquet"):
        write_rows(tmp_path / f"rows.{suffix}", rows)
        assert (tmp_path / f"rows.{suffix}").stat().st_size > 1000
    with pytest.raises(InputError, match=r"\.csv or \.parquet"):
        write_rows(tmp_path / "rows.txt", rows)
    engine = [read_cell(tmp_path, s) for s in specs if s.method == "engine"]
    write_page(tmp_path / "page.html", corpus, rows, engine, "feltline bench <run>")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    # The mean names no class, so it is missing in the table of classes.
    assert page.count("<tr") == 1 + len(rows) + 1 + 2 * 2 * 2
    assert page.index("All figures") < page.index("Classes")
    assert page.count("<svg") == 2
    assert "feltline bench &lt;run&gt;" in page
    assert "http://" not in page.replace("http://www.w3.org", "").replace(
        "http://purl.org", ""
    ).replace("http://creativecommons.org", "")


def test_two_faces_of_one_video_are_two_clips(make, tmp_path):
    """They share the video's name; their errors are not one clip's."""
    corpus = make.corpus(2)
    other = corpus.clips[1]
    track = replace(other.track, video_id="c0", track_id=1)
    corpus = replace(corpus, clips=(corpus.clips[0], replace(other, track=track)))
    (spec,) = plan(corpus, ["3"], ["uniform"], ["linear"], 1)
    run_cells(corpus, [spec], tmp_path)
    assert set(read_cell(tmp_path, spec).clip) == {0, 1}


def test_other_persons_are_another_benchmark(make, tmp_path):
    """Folds follow persons, and what is learnt follows folds."""
    corpus = make.corpus(2)
    specs = plan(corpus, ["2"], ["uniform"], ["mean"], 1)
    run_cells(corpus, specs, tmp_path)
    clips = tuple(replace(clip, person="anna") for clip in corpus.clips)
    for other in (replace(corpus, clips=clips), replace(corpus, fold=(0, 0))):
        with pytest.raises(InputError, match="cells of another benchmark"):
            run_cells(other, specs, tmp_path)


def test_labels_of_another_rater_are_another_benchmark(make, tmp_path):
    corpus = make.corpus(2)
    specs = plan(corpus, ["2"], ["uniform"], ["mean"], 1)
    run_cells(corpus, specs, tmp_path)
    ratings = [
        Ratings(
            raters=("a", "b"),
            value=np.stack([c.value + 0.2, c.value - 0.2]),
            expression=np.stack([c.expression] * 2),
        )
        for c in corpus.clips
    ]
    clips = tuple(
        replace(c, ratings=r, support_rater="a")
        for c, r in zip(corpus.clips, ratings, strict=True)
    )
    with pytest.raises(InputError, match="cells of another benchmark"):
        run_cells(replace(corpus, clips=clips), specs, tmp_path)


def test_without_labels_there_is_one_draw_of_those_who_can(make, tmp_path):
    corpus = make.corpus()
    names = ["engine", "zero-shot", *METHODS[1:], "svr-all"]
    specs = plan(corpus, ["0", "2"], ["uniform", "suggested"], names, 3)
    none = [s for s in specs if s.budget == "0"]
    assert [(s.method, s.selection, s.of) for s in none] == [
        ("engine", "none", 1),
        ("zero-shot", "none", 1),
    ]
    assert {s.method for s in specs if s.budget == "2"} == set(names[:-1])
    run_cells(corpus, none, tmp_path)
    cell = read_cell(tmp_path, none[0])
    assert not cell.is_support.any()
    assert len(cell.clip) == sum(len(clip) for clip in corpus.clips)
    np.testing.assert_allclose(cell.class_probability.sum(axis=1), 1, atol=1e-5)
    with pytest.raises(InputError, match="without labels mean, linear has nothing"):
        plan(corpus, ["0"], ["uniform"], ["mean", "linear"], 3)


def test_cells_of_an_earlier_form_are_not_gone_on_with(make, tmp_path):
    specs = plan(make.corpus(), ["2"], ["uniform"], ["linear"], 1)
    run_cells(make.corpus(), specs, tmp_path)
    path = tmp_path / module.MANIFEST
    held = json.loads(path.read_text(encoding="utf-8"))
    del held["cells_version"]
    path.write_text(json.dumps(held), encoding="utf-8")
    with pytest.raises(InputError, match="cells of another benchmark"):
        run_cells(make.corpus(), specs, tmp_path)


def test_the_page_begins_each_panel_without_labels(make, tmp_path):
    corpus = make.corpus()
    for budgets, panels in ((["0", "2"], 2), (["0"], 1)):
        specs = plan(corpus, budgets, ["uniform", "suggested"], METHODS, 1)
        folder = tmp_path / str(panels)
        run_cells(corpus, specs, folder)
        rows = score_all(folder, specs)
        figure = Figure()
        page_module._errors(figure, rows)
        assert len(figure.axes) == panels
        for panel in figure.axes:
            ticks = [one.get_text() for one in panel.get_xticklabels()]
            assert ticks == budgets
            (engine,) = [c for c in panel.containers if c.get_label() == "engine"]
            assert isinstance(engine, ErrorbarContainer)
            assert np.size(engine.lines[0].get_xdata()) == len(budgets)
