"""Simulated raters in every mix, at small size: promises hold on untouched frames."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from feltline.lab.bench import raters
from feltline.lab.bench.raters import STEPS, Desk
from feltline.lab.bench.workflow import (
    MIXES,
    ClipOutcome,
    MixOutcome,
    run_workflow,
)
from feltline.lab.bench.workflow_scores import figures_of, span_difference, spans_of


@pytest.fixture(scope="module")
def outcomes(make):
    return run_workflow([make.corpus(10, learn=6, n=30)])


def desk_of(make, *, n=60, every=1, queried=(3, 20, 41)):
    return Desk(
        clip=make.clip("a", n=n, every=every),
        rater="r1",
        queried=np.array(queried),
        rng=np.random.default_rng(0),
    )


def test_every_mix_is_run(outcomes):
    assert [(o.mix, o.seed) for o in outcomes] == [(mix, 0) for mix in MIXES]
    assert set(MIXES) == {
        *("frames", "flat_spans", "varying_spans", "honest_accepts", "lazy_accepts"),
        *("class_alone", "clip_labels", "all_mixed"),
    }


@pytest.mark.parametrize("mix", MIXES)
def test_intervals_hold_in_every_mix(outcomes, mix):
    found = figures_of([o for o in outcomes if o.mix == mix])
    assert found.figures["coverage"] >= 0.85
    assert found.figures["accepted_right"] >= 0.88
    assert found.coverage_low <= found.figures["coverage"] <= found.coverage_high


def test_a_correct_span_does_no_harm(outcomes):
    spans = spans_of(outcomes)
    assert set(spans) == {"flat_spans", "varying_spans"}
    for one in spans.values():
        assert one.error_high < 0.05
        assert one.wrong_high < 0.02
    assert spans_of([o for o in outcomes if o.mix != "frames"]) == {}


def test_a_lazy_rater_is_named_and_an_honest_one_is_not(make, monkeypatch):
    """Where the machine is often wrong, and accepted frames are judged again."""
    monkeypatch.setattr(raters, "REPEATS", 3)
    corpus = make.corpus(9, learn=2, n=40)
    for number, clip in enumerate(corpus.clips):
        noise = np.random.default_rng(number).normal(size=clip.value.shape) / 4
        clip.value[:] = np.clip(clip.value + noise, -1, 1)
    mixes = ("honest_accepts", "lazy_accepts")
    honest, lazy = run_workflow([corpus], mixes=mixes)
    assert honest.disagreeing_raters == ()
    assert lazy.disagreeing_raters == ("r1",)


def test_blind_frames_are_the_raters_own_values(make):
    desk = desk_of(make)
    STEPS["frames"](desk)
    assert [j.first_frame for j in desk.judgements] == [3, 20, 41]
    np.testing.assert_allclose(
        [j.value for j in desk.judgements], desk.clip.value[[3, 20, 41]]
    )
    assert all(j.shown is None for j in desk.judgements)
    assert np.flatnonzero(desk.touched).tolist() == [3, 20, 41]


def test_a_flat_span_is_the_flattest_stretch_that_nobody_judged(make):
    desk = desk_of(make)
    STEPS["frames"](desk)
    STEPS["flat_span"](desk)
    span, value = desk.judgements[-1], desk.clip.value
    first, last = span.first_frame, span.last_frame
    assert last - first + 1 == 8
    assert not set(range(first, last + 1)) & {3, 20, 41}
    spread = value[first : last + 1].std(axis=0).max()
    for other in range(53):
        if not set(range(other, other + 8)) & {3, 20, 41}:
            assert spread <= value[other : other + 8].std(axis=0).max() + 1e-9
    np.testing.assert_allclose(span.value, value[first : last + 1].mean(0), atol=1e-6)
    assert desk.touched[first : last + 1].all()


def test_no_span_is_given_where_the_curve_is_nowhere_flat(make):
    desk = desk_of(make)
    desk.clip.value[:] = np.where(np.arange(60)[:, None] % 2, 0.8, -0.8)
    STEPS["flat_span"](desk)
    assert not desk.judgements


def test_means_between_sparse_ratings_run_over_all_frames(make):
    desk = desk_of(make, n=60, every=6, queried=(2,))
    STEPS["clip"](desk)
    (whole,) = desk.judgements
    curve = [
        np.interp(desk.clip.track.time_s[:55], desk.clip.time_s, one).mean()
        for one in desk.clip.value.T
    ]
    np.testing.assert_allclose(whole.value, curve, atol=1e-6)
    assert (whole.first_frame, whole.last_frame) == (0, 59)
    assert not desk.touched.any()


def test_a_class_alone_gives_no_value(make):
    desk = desk_of(make)
    STEPS["class"](desk)
    assert len(desk.judgements) == 4
    assert all(not j.has_value and j.expression for j in desk.judgements)


@pytest.mark.parametrize("step", ["honest", "lazy"])
def test_accepts_are_what_was_shown_and_edits_the_own_value(make, step):
    from feltline.lab.bench.engine import ClipProject, NumberedJudgement

    desk = desk_of(make)
    STEPS["frames"](desk)
    project = ClipProject.of([desk.clip])
    given = [[NumberedJudgement(i, j) for i, j in enumerate(desk.judgements, 1)]]
    (observations,) = project.observations(given)
    model = project.learn([observations])
    desk.posterior = project.posterior(model, 0, observations)
    desk.prediction = found = project.predict(model, 0, observations)
    STEPS[step](desk)
    answers = desk.judgements[3:]
    assert len(answers) == 4
    for one in answers:
        shown, own = found.value[one.first_frame], desk.clip.value[one.first_frame]
        assert one.shown is not None
        assert one.shown.model_id == model.model_id
        np.testing.assert_allclose(one.shown.value, shown, atol=1e-6)
        near = np.abs(shown - own).max() <= 0.2
        accepted = step == "lazy" or near
        assert one.decision == ("accept" if accepted else "edit")
        np.testing.assert_allclose(one.value, shown if accepted else own, atol=1e-6)
    STEPS["repeat"](desk)
    again = desk.judgements[-1]
    assert again.purpose == "repeat"
    assert again.shown is None
    assert again.first_frame in {one.first_frame for one in answers}


def outcome(off, wide, *, touched=(), mix="frames"):
    """Two clips of ten frames whose predictions are off by a constant."""
    rated = np.zeros((10, 2))
    one = ClipOutcome(
        value=rated + off,
        rated=rated,
        low=rated + off - wide,
        high=rated + off + wide,
        confidence=np.full(10, 0.9),
        touched=np.isin(np.arange(10), touched),
    )
    return MixOutcome(mix=mix, seed=0, clips=(one, one), disagreeing_raters=())


def test_figures_are_of_untouched_frames():
    mixed = outcome(0.1, 0.2, touched=(0, 1))
    mixed.clips[0].value[:2] = 1.0
    figures = figures_of([mixed, outcome(0.3, 0.2)])
    assert figures.seeds[0]["coverage"] == 1
    assert figures.seeds[1]["coverage"] == 0
    assert figures.figures["coverage"] == 0.5
    assert figures.seeds[0]["rmse"] == pytest.approx(0.1)
    assert figures.seeds[0]["accepted_right"] == 1
    assert figures.seeds[1]["accepted_right"] == 0
    assert figures.figures["width"] == pytest.approx(0.4)
    assert list(figures.to_json())[:6] == [
        *("coverage", "ece", "accepted", "accepted_right", "width", "rmse")
    ]


def test_spans_are_compared_on_the_same_frames():
    with_span = outcome(0.22, 0.2, touched=(3, 4), mix="flat_spans")
    found = span_difference([with_span], [outcome(0.11, 0.2)])
    assert found.error == found.error_high == pytest.approx(1.0)
    assert found.wrong == found.wrong_high == pytest.approx(1.0)


def test_the_workflow_from_the_command_line(run_feltline, tmp_path, monkeypatch):
    folder = os.environ.get("FELTLINE_DATA")
    if not folder:
        pytest.skip("FELTLINE_DATA does not name the folder with FER+")
    monkeypatch.chdir(tmp_path)
    ferplus = Path(folder) / "ferplus"
    words = ("--seeds", 1, "--mixes", "frames,flat_spans", "--json")
    code, out, err = run_feltline("bench", "workflow", "walks", ferplus, *words)
    assert code == 0, err
    found = json.loads(out)
    for mix in ("frames", "flat_spans"):
        assert 0.85 <= found[mix]["coverage"] <= 0.95
        assert found[mix]["ece"] <= 0.06
        assert found[mix]["accepted_right"] >= 0.88
        assert {"accepted", "width", "rmse"} < set(found[mix])
        assert len(found[mix]["seeds"]) == 1
    assert found["spans"]["flat_spans"]["error_high"] < 0.02
    code, _, err = run_feltline(
        "bench", "workflow", "walks", ferplus, "--mixes", "all,x"
    )
    assert code == 4
    assert "there is no mix" in err
