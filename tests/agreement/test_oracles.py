"""Figures of agreement against other people's programs and printed examples."""

import time

import krippendorff
import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from feltline.agreement.alpha import Metric, krippendorff_alpha
from feltline.agreement.consensus import ewe, mean_consensus
from feltline.agreement.dawid_skene import dawid_skene
from feltline.agreement.icc import IccForm, intraclass_correlations
from feltline.agreement.kappa import class_agreement, cohen_kappa
from feltline.agreement.reliability import cronbach_alpha

NAN = float("nan")

# Shrout and Fleiss (1979), table 2: six targets, four judges.
SHROUT_FLEISS = np.array(
    [
        [9.0, 6, 8, 7, 10, 6],
        [2.0, 1, 4, 1, 5, 2],
        [5.0, 3, 6, 2, 6, 4],
        [8.0, 2, 8, 6, 9, 7],
    ]
)
# Krippendorff (2011): four observers, twelve units, also in Gwet (2014).
KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
)
# Fleiss' kappa as in every textbook: 10 items, 14 raters, 5 classes; kappa .210.
FOURTEEN = np.array(
    [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
)
OF_PINGOUIN = {
    "icc1": "ICC(1,1)",
    "icc2": "ICC(A,1)",
    "icc3": "ICC(C,1)",
    "icc1k": "ICC(1,k)",
    "icc2k": "ICC(A,k)",
    "icc3k": "ICC(C,k)",
}
CLASSES = range(5)
METRICS: tuple[Metric, ...] = ("nominal", "ordinal", "interval", "ratio")


def votes_of(counts):
    """Votes by rater, (raters, items), from votes by class, (items, classes)."""
    return np.stack(
        [np.repeat(np.arange(counts.shape[1]), row) for row in counts], axis=1
    ).astype(np.int64)


@st.composite
def ratings(draw, *, missing=True, least_items=3):
    """Ratings with ties, and with constant raters now and then."""
    r, n = draw(st.integers(2, 5)), draw(st.integers(least_items, 9))
    one = st.integers(0, 4).map(float)
    cell = st.one_of(one, one, one, st.just(NAN)) if missing else one
    row = st.lists(cell, min_size=n, max_size=n)
    return np.array(draw(st.lists(row, min_size=r, max_size=r)))


def test_intraclass_correlations_are_the_printed_ones():
    made = intraclass_correlations(SHROUT_FLEISS)
    printed: dict[IccForm, float] = {"icc1": 0.17, "icc2": 0.29, "icc3": 0.71}
    printed |= {"icc1k": 0.44, "icc2k": 0.62, "icc3k": 0.91}
    assert {f: round(one.value, 2) for f, one in made.items()} == printed


@pytest.mark.parametrize("seed", range(4))
def test_intraclass_correlations_are_those_of_pingouin(seed):
    rng = np.random.default_rng(seed)
    r, n = int(rng.integers(2, 6)), int(rng.integers(4, 40))
    values = rng.normal(size=n) + rng.normal(size=(r, 1)) + rng.normal(size=(r, n))
    theirs = _pingouin_icc(values).set_index("Type")
    for form, one in intraclass_correlations(values).items():
        row = theirs.loc[OF_PINGOUIN[form]]
        assert one.value == pytest.approx(row["ICC"], abs=1e-6)
        # pingouin rounds its intervals to two places.
        assert (one.low, one.high) == pytest.approx(tuple(row["CI95"]), abs=0.00501)


@given(ratings(least_items=2))
def test_intraclass_correlations_are_those_of_a_plain_analysis_of_variance(values):
    whole = values[:, np.isfinite(values).all(axis=0)]
    k, n = whole.shape
    if n < 2:
        return
    cells = [(whole[j, i], i, j) for j in range(k) for i in range(n)]
    grand = sum(x for x, _, _ in cells) / (n * k)
    items = [sum(x for x, i, _ in cells if i == at) / k for at in range(n)]
    raters = [sum(x for x, _, j in cells if j == at) / n for at in range(k)]
    msr = k * sum((m - grand) ** 2 for m in items) / (n - 1)
    msc = n * sum((m - grand) ** 2 for m in raters) / (k - 1)
    mse = sum((x - items[i] - raters[j] + grand) ** 2 for x, i, j in cells)
    mse /= (n - 1) * (k - 1)
    msw = sum((x - items[i]) ** 2 for x, i, _ in cells) / (n * (k - 1))
    made = intraclass_correlations(values)
    ratios: tuple[tuple[IccForm, float, float], ...] = (
        ("icc1", msr - msw, msr + (k - 1) * msw),
        ("icc2", msr - mse, msr + (k - 1) * mse + k * (msc - mse) / n),
        ("icc3", msr - mse, msr + (k - 1) * mse),
        ("icc1k", msr - msw, msr),
        ("icc2k", msr - mse, msr + (msc - mse) / n),
        ("icc3k", msr - mse, msr),
    )
    for form, top, bottom in ratios:
        if abs(bottom) > 1e-9:
            assert made[form].value == pytest.approx(top / bottom, abs=1e-6)
        assert made[form].n_items == n


def test_intervals_of_intraclass_correlations_are_those_of_r_psych():
    # psych::ICC of the same table prints these.
    made = intraclass_correlations(SHROUT_FLEISS)
    printed: dict[IccForm, tuple[float, float]] = {
        "icc1": (-0.133, 0.723),
        "icc2": (0.019, 0.761),
        "icc3": (0.342, 0.946),
        "icc1k": (-0.884, 0.912),
        "icc2k": (0.071, 0.927),
        "icc3k": (0.676, 0.986),
    }
    for form, ends in printed.items():
        assert (made[form].low, made[form].high) == pytest.approx(ends, abs=6e-4)


def _pingouin_icc(values):
    k, n = values.shape
    long = pd.DataFrame(
        {
            "item": np.tile(np.arange(n), k),
            "rater": np.repeat(np.arange(k), n),
            "value": values.ravel(),
        }
    )
    return pingouin.intraclass_corr(
        data=long, targets="item", raters="rater", ratings="value"
    )


@given(ratings(), st.sampled_from(METRICS))
def test_alpha_is_that_of_krippendorff_with_missing_and_ties(values, metric):
    paired = values[:, np.isfinite(values).sum(axis=0) >= 2]
    if not paired.size or np.nanmin(paired) == np.nanmax(paired):
        assert np.isnan(krippendorff_alpha(values, metric))
        return
    theirs = krippendorff.alpha(
        reliability_data=values, level_of_measurement=metric, dtype=np.float64
    )
    assert krippendorff_alpha(values, metric) == pytest.approx(theirs, abs=1e-6)


def test_alpha_is_the_printed_one():
    made = [round(krippendorff_alpha(KRIPPENDORFF, metric), 3) for metric in METRICS]
    assert made == [0.743, 0.815, 0.849, 0.797]


@given(ratings(), st.sampled_from(METRICS))
def test_alpha_is_that_of_the_double_loop(values, metric):
    units = [[x for x in row if np.isfinite(x)] for row in values.T]
    units = [row for row in units if len(row) >= 2]
    pool = [x for row in units for x in row]

    def apart(x, y):
        if metric == "nominal":
            return float(x != y)
        if metric == "ordinal":
            low, high = min(x, y), max(x, y)
            between = sum(low <= z <= high for z in pool)
            return (between - (pool.count(x) + pool.count(y)) / 2) ** 2
        if metric == "ratio":
            return ((x - y) / (x + y)) ** 2 if x + y else 0.0
        return (x - y) ** 2

    n = len(pool)
    expected = sum(apart(x, y) for x in pool for y in pool) / max(n * (n - 1), 1)
    if not expected:
        assert np.isnan(krippendorff_alpha(values, metric))
        return
    observed = sum(
        apart(x, y) / (len(row) - 1) for row in units for x in row for y in row
    )
    assert krippendorff_alpha(values, metric) == pytest.approx(
        1 - observed / n / expected, abs=1e-9
    )


@pytest.mark.parametrize("seed", range(3))
def test_cronbach_is_that_of_pingouin(seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=30) + rng.normal(size=(4, 30))
    values[rng.random(values.shape) < 0.1] = NAN
    theirs, ends = pingouin.cronbach_alpha(
        data=pd.DataFrame(values.T), nan_policy="listwise"
    )
    made = cronbach_alpha(values)
    assert made.value == pytest.approx(theirs, abs=1e-6)
    whole = values[:, np.isfinite(values).all(axis=0)]
    theirs, ends = pingouin.cronbach_alpha(data=pd.DataFrame(whole.T))
    # pingouin rounds its intervals to three places.
    assert (made.low, made.high) == pytest.approx(tuple(ends), abs=5.01e-4)


def test_cronbach_is_the_consistency_of_the_mean():
    made = cronbach_alpha(SHROUT_FLEISS)
    both = intraclass_correlations(SHROUT_FLEISS)["icc3k"]
    assert (made.value, made.low, made.high) == pytest.approx(
        (both.value, both.low, both.high)
    )


@given(ratings(missing=False), st.sampled_from(["none", "linear", "quadratic"]))
def test_cohen_is_that_of_scikit_learn(values, weights):
    first, second = values[:2].astype(np.int64)
    made = cohen_kappa(first, second, n_classes=5, weights=weights)
    if len({*first, *second}) == 1:
        assert np.isnan(made)
        return
    theirs = cohen_kappa_score(
        first, second, labels=CLASSES, weights=None if weights == "none" else weights
    )
    assert made == pytest.approx(theirs, abs=1e-6)


def test_cohen_leaves_out_what_one_of_them_did_not_judge():
    first, second = np.array([0, 1, -1, 1, 0, 1]), np.array([0, 1, 1, 0, -1, 1])
    made = cohen_kappa(first, second, n_classes=2)
    assert made == pytest.approx(cohen_kappa_score([0, 1, 1, 1], [0, 1, 0, 1]))
    none = cohen_kappa(np.array([0, -1]), np.array([-1, 0]), n_classes=2)
    assert np.isnan(none)


def test_fleiss_and_gwet_are_the_printed_ones():
    fourteen = class_agreement(votes_of(FOURTEEN), n_classes=5)
    assert fourteen.agreement == pytest.approx(0.378, abs=5e-4)
    assert fourteen.fleiss == pytest.approx(0.210, abs=5e-4)
    votes = np.where(np.isfinite(KRIPPENDORFF), KRIPPENDORFF - 1, -1).astype(np.int64)
    gwet = class_agreement(votes, n_classes=5)
    assert gwet.agreement == pytest.approx(0.8181818, abs=1e-6)
    assert gwet.gwet == pytest.approx(0.77544, abs=5e-6)
    assert gwet.fleiss == pytest.approx(0.76117, abs=5e-6)


@given(ratings())
def test_fleiss_and_gwet_are_those_of_their_definition(values):
    votes = np.where(np.isfinite(values), values, -1).astype(np.int64)
    items = [[int(v) for v in row if v >= 0] for row in votes.T]
    several = [row for row in items if len(row) >= 2]
    made = class_agreement(votes, n_classes=5)
    assert made.n_items == len(several)
    if not several:
        assert np.isnan(made.gwet)
        return
    same = np.mean([_share_of_equal_pairs(row) for row in several])
    share = [
        np.mean([row.count(c) / len(row) for row in items if row]) for c in CLASSES
    ]
    chance = sum(p * (1 - p) for p in share) / 4
    assert made.gwet == pytest.approx((same - chance) / (1 - chance), abs=1e-9)
    chance = sum(p * p for p in share)
    if chance < 1 - 1e-9:
        assert made.fleiss == pytest.approx((same - chance) / (1 - chance), abs=1e-9)


def _share_of_equal_pairs(row):
    n = len(row)
    pairs = [(x, y) for i, x in enumerate(row) for j, y in enumerate(row) if i != j]
    return sum(x == y for x, y in pairs) / (n * (n - 1))


def test_ten_votes_on_two_thousand_faces_take_seconds():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 8, 2000)
    votes = np.where(
        rng.random((10, 2000)) < 0.7, truth, rng.integers(0, 8, (10, 2000))
    )
    values = rng.normal(size=8)[votes]
    began = time.process_time()
    krippendorff_alpha(values)
    for metric in METRICS[:2]:
        krippendorff_alpha(votes.astype(np.float64), metric)
    intraclass_correlations(values)
    ewe(values)
    mean_consensus(values)
    found = dawid_skene(votes, n_classes=8)
    assert time.process_time() - began < 5
    assert (found.probability.argmax(axis=1) == truth).mean() > 0.99
