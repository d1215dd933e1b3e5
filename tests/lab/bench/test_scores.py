import numpy as np
import pytest

from feltline.lab.bench.cells import Cell, Spec
from feltline.lab.bench.class_scores import class_scores, expected_calibration_error
from feltline.lab.bench.scores import compare, risk_coverage, score


def make_cell(seed=0, *, clips=5, m=12, off=0.2, draw=0, sure=True):
    rng = np.random.default_rng(seed)
    f = clips * m
    rated = rng.uniform(-0.7, 0.7, (f, 2)).astype(np.float32)
    value = np.clip(rated + off * rng.normal(size=(f, 2)), -1, 1).astype(np.float32)
    none = np.full((f, 2), np.nan, np.float32)
    return Cell(
        spec=Spec(budget="2", selection="uniform", method="m", draw=draw, of=2),
        clip=np.repeat(np.arange(clips), m),
        # The first two clips are of one person.
        person=np.repeat(np.maximum(np.arange(clips) - 1, 0), m),
        value=value,
        rated=rated,
        low=value - np.float32(0.3) if sure else none,
        high=value + np.float32(0.3) if sure else none,
        confidence=rng.uniform(0, 1, f).astype(np.float32) if sure else none[:, 0],
        expression=rng.integers(0, 3, f),
        class_probability=rng.dirichlet(np.ones(8), f).astype(np.float32)
        if sure
        else np.full((f, 8), np.nan, np.float32),
        rated_expression=rng.integers(-1, 3, f),
        is_support=np.tile(np.arange(m) % 6 == 0, clips),
        distance=np.tile(np.minimum(np.arange(m) % 6, 6 - np.arange(m) % 6), clips),
    )


def test_rmse_over_clips_is_the_naive_one():
    cells = [make_cell(0), make_cell(1, draw=1)]
    squares = []
    for clip in range(5):
        per_draw = []
        for cell in cells:
            mine = (cell.clip == clip) & ~cell.is_support
            per_draw.append(((cell.value[mine] - cell.rated[mine]) ** 2).mean(axis=0))
        squares.append(np.mean(per_draw, axis=0))
    wanted = np.sqrt(np.mean(squares, axis=0))
    row = score(cells)
    assert row.rmse == pytest.approx(wanted.mean(), abs=1e-6)
    assert row.figures["rmse_valence"] == pytest.approx(wanted[0], abs=1e-6)
    assert row.figures["rmse_low"] < row.rmse < row.figures["rmse_high"]


def test_labelled_frames_are_judged_only_on_demand():
    cell = make_cell()
    cell.value[cell.is_support] = cell.rated[cell.is_support]
    assert score([cell], with_support=True).rmse < score([cell]).rmse


def test_promises_are_counted():
    cell = make_cell()
    figures = score([cell]).figures
    left = ~cell.is_support
    off = np.abs(cell.value - cell.rated)[left]
    assert figures["coverage"] == pytest.approx((off <= 0.3).mean(), abs=1e-6)
    assert figures["width"] == pytest.approx(0.6, abs=1e-6)
    # All intervals are of one width, so a constant one is no wider.
    assert figures["width_to_constant"] == pytest.approx(1, abs=0.1)
    accepted = cell.confidence[left] >= 0.8
    right = (off <= 0.2).all(axis=1)
    assert figures["accepted"] == pytest.approx(accepted.mean())
    assert figures["accepted_right"] == pytest.approx(right[accepted].mean())
    near = cell.distance[left] <= 2
    assert figures["coverage_at_1-2"] == pytest.approx(
        (off[near] <= 0.3).mean(), abs=1e-6
    )


def test_methods_without_confidence_have_no_promises():
    figures = score([make_cell(sure=False)]).figures
    assert np.isnan(figures["coverage"])
    assert np.isnan(figures["accepted"])


def test_accuracy_counts_frames_with_both_classes():
    cell = make_cell()
    both = ~cell.is_support & (cell.rated_expression >= 0)
    wanted = (cell.expression == cell.rated_expression)[both].mean()
    assert score([cell]).figures["accuracy"] == pytest.approx(wanted)


def test_persons_weigh_alike_however_many_clips_they_have():
    row = score([make_cell()])
    squares = row.squares
    persons = [squares[:2].mean(axis=0), *squares[2:]]
    wanted = np.sqrt(np.mean(persons, axis=0))
    assert row.figures["persons"] == 4
    assert row.figures["rmse_person_valence"] == pytest.approx(wanted[0])
    assert row.figures["rmse_person_arousal"] == pytest.approx(wanted[1])
    assert row.figures["rmse_person"] == pytest.approx(wanted.mean())
    assert abs(row.figures["rmse_person"] - row.rmse) > 1e-4


def test_scores_of_classes_are_the_naive_ones():
    rng = np.random.default_rng(1)
    share = rng.dirichlet(np.ones(8), 40)
    rated, estimated = rng.integers(0, 8, 40), share.argmax(axis=1)
    found = class_scores(rated, estimated, share)
    brier, hits = 0.0, []
    bins: dict[int, list] = {}
    for row in range(40):
        for c in range(8):
            is_human = rated[row] == c
            brier += (share[row, c] - is_human) ** 2
            bins.setdefault(int(share[row, c] * 10), []).append(
                (share[row, c], is_human)
            )
        hits.append(share[row].argmax() == rated[row])
    gaps = [len(b) / 320 * abs(np.subtract(*np.mean(b, axis=0))) for b in bins.values()]
    assert found["class_brier"] == pytest.approx(brier / 40)
    assert found["accuracy"] == pytest.approx(np.mean(hits))
    assert found["class_ece_all"] == pytest.approx(np.sum(gaps))
    assert found["class_frames"] == 40


def test_true_probabilities_of_classes_are_calibrated_and_false_ones_not():
    rng = np.random.default_rng(2)
    share = rng.dirichlet(np.full(8, 0.4), 20_000)
    rated = (share.cumsum(axis=1) > rng.uniform(size=(20_000, 1))).argmax(axis=1)
    true = class_scores(rated, share.argmax(axis=1), share)
    assert true["class_ece"] < 0.02
    assert true["class_ece_all"] < 0.01
    sharper = share**3 / (share**3).sum(axis=1, keepdims=True)
    false = class_scores(rated, share.argmax(axis=1), sharper)
    assert false["class_ece"] > 0.1
    assert false["class_brier"] > true["class_brier"]
    assert false["accuracy"] == true["accuracy"]


def test_frames_without_a_human_class_are_left_out_of_scores_of_classes():
    cell = make_cell()
    kept = ~cell.is_support & (cell.rated_expression >= 0)
    wanted = class_scores(
        cell.rated_expression[kept], cell.expression[kept], cell.class_probability[kept]
    )
    figures = score([cell]).figures
    assert figures["class_frames"] == kept.sum() < (~cell.is_support).sum()
    assert {name: figures[name] for name in wanted} == pytest.approx(wanted)
    twice = score([cell, make_cell(draw=1)]).figures
    assert twice["class_frames"] == figures["class_frames"]
    assert np.isnan(score([make_cell(sure=False)]).figures["class_brier"])


def test_calibration_error_of_true_and_false_confidence():
    rng = np.random.default_rng(0)
    sure = rng.uniform(size=50_000)
    right = rng.uniform(size=50_000) < sure
    assert expected_calibration_error(sure, right) < 0.01
    assert expected_calibration_error(np.full(100, 0.9), np.zeros(100, bool)) == (
        pytest.approx(0.9)
    )


def test_risk_falls_where_confidence_knows_the_error():
    off = np.random.default_rng(0).uniform(size=(200, 2))
    knows = risk_coverage(1 - off.mean(axis=1), off)
    assert (np.diff(knows.risk) >= 0).all()
    assert knows.risk[-1] == pytest.approx(off.mean())
    assert knows.coverage[-1] == 1


def test_ratios_are_paired_over_shared_clips():
    good, bad = score([make_cell(off=0.1)]), score([make_cell(off=0.3)])
    found = compare(good, bad)
    assert found["ratio"] == pytest.approx(good.rmse / bad.rmse)
    assert found["ratio_low"] < found["ratio"] < found["ratio_high"] < 1
    fewer = score([make_cell(clips=3)])
    assert compare(fewer, bad)["ratio"] == pytest.approx(
        fewer.rmse / np.sqrt(bad.squares[:3].mean(axis=0)).mean()
    )
