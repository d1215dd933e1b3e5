from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feltline.errors import InputError
from feltline.fewshot import Budget, suggest_frames
from feltline.fewshot.active import selection as choosing
from feltline.fewshot.active import suggestion as suggest
from feltline.fewshot.gp.conditioning import shipped_for
from feltline.fewshot.gp.kernel import NOISE

SELECTIONS = ("engine", "uniform", "random", "k-centre", "first")


def asked(suggestions):
    return [(s.video_id, s.track_id, s.frame) for s in suggestions]


def naive_gain(naive, points, known, candidate, theta):
    """Variance a label would take off all frames, by conditioning from scratch."""
    gain = 0.0
    for j in range(2):
        noise = np.exp(theta[j, NOISE])
        left = []
        for given_ in (known, [*known, candidate]):
            cov = naive.kernel(theta, points, points, j)
            if given_:
                at = naive.kernel(theta, given_, given_, j)
                cross = naive.kernel(theta, points, given_, j)
                inverse = np.linalg.inv(at + noise * np.eye(len(given_)))
                cov = cov - cross @ inverse @ cross.T
            left.append(np.trace(cov))
        gain += left[0] - left[1]
    return gain


def assert_greedy(naive, tracks, seen, chosen, labelled=(), groups=None):
    """Each choice takes off the most, or as good as the most, of all candidates.

    `labelled` holds (track number, position), `groups` the tracks that share a budget.
    """
    points, theta = naive.points(tracks, seen), shipped_for(seen)
    names = [(t.video_id, t.track_id) for t in tracks]
    for group in groups or [range(len(tracks))]:
        taken = [at for at in labelled if at[0] in group]
        mine = [s for s in chosen if names.index((s.video_id, s.track_id)) in group]
        for s in sorted(mine, key=lambda s: s.rank):
            gains = {}
            for i in group:
                known = [points[i][p] for t, p in taken if t == i]
                for p in range(len(tracks[i])):
                    if (i, p) not in taken:
                        at = points[i][p]
                        gains[i, p] = naive_gain(naive, points[i], known, at, theta)
            i = names.index((s.video_id, s.track_id))
            pick = i, list(tracks[i].frame).index(s.frame)
            assert pick in gains, "asked for twice"
            assert gains[pick] >= max(gains.values()) * (1 - 1e-3)
            taken.append(pick)


@pytest.mark.parametrize("prior", [False, True])
def test_the_engine_is_the_naive_greedy_search(make, naive, prior):
    track, seen = make.track(11), make.embeddings(11, prior=prior)
    chosen = suggest_frames([track], [seen], Budget(per_clip=4))
    assert [s.rank for s in chosen] == [1, 2, 3, 4]
    assert_greedy(naive, [track], [seen], chosen)


def test_labels_already_given_count_and_are_not_asked_for_again(make, naive):
    track, seen = make.track(11), make.embeddings(11)
    fresh = suggest_frames([track], [seen], Budget(per_clip=3))
    first = [s.frame for s in fresh][:2]
    labelled = make.support([(track, f, 0, 0) for f in first])
    more = suggest_frames([track], [seen], Budget(per_clip=3), labelled=labelled)
    assert more[0].frame == fresh[2].frame
    assert more[0].rank == 1
    assert not {s.frame for s in more} & set(first)
    at = [(0, list(track.frame).index(f)) for f in first]
    assert_greedy(naive, [track], [seen], more, labelled=at)


@pytest.mark.parametrize("selection", SELECTIONS)
def test_labelled_frames_are_never_asked_for(make, selection):
    track, seen = make.track(12), make.embeddings(12)
    stranger = replace(track, video_id="b.mp4")
    labelled = make.support(
        [(track, f, 0, 0) for f in range(0, 12, 2)] + [(stranger, 1, 0, 0)]
    )
    got = suggest_frames(
        [track, stranger],
        [seen, seen],
        Budget(per_clip=50),
        labelled=labelled,
        selection=selection,
    )
    frames = {
        name: sorted(f for v, _, f in asked(got) if v == f"{name}.mp4") for name in "ab"
    }
    assert frames["a"] == list(range(1, 12, 2))
    assert frames["b"] == [0, *range(2, 12)]


def test_a_total_goes_where_it_helps_most(make, naive):
    still = make.embeddings(vector=np.ones((5, 6)))
    tracks = [make.track(5, video="still.mp4"), make.track(14, video="lively.mp4")]
    seen = [still, make.embeddings(14)]
    chosen = suggest_frames(tracks, seen, Budget(total=4))
    assert sorted(s.rank for s in chosen) == [1, 2, 3, 4]
    assert_greedy(naive, tracks, seen, chosen)
    videos = [s.video_id for s in chosen]
    assert videos.count("lively.mp4") > videos.count("still.mp4")


def test_faces_of_one_clip_share_its_budget(make, naive):
    tracks = [
        make.track(8, face=0),
        make.track(7, video="b.mp4"),
        make.track(10, face=1, first=3),
    ]
    seen = [make.embeddings(len(t), seed=i) for i, t in enumerate(tracks)]
    chosen = suggest_frames(tracks, seen, Budget(per_clip=3))
    assert [s.video_id for s in chosen] == ["a.mp4"] * 3 + ["b.mp4"] * 3
    assert [s.rank for s in chosen] == [1, 2, 3] * 2
    assert {s.track_id for s in chosen[:3]} == {0, 1}
    assert_greedy(naive, tracks, seen, chosen, groups=[(0, 2), (1,)])


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize(
    ("budget", "counts"),
    [
        (Budget(per_clip=3), [3, 3]),
        (Budget(share=0.25), [5, 10]),
        (Budget(share=0.001), [1, 1]),
        (Budget(share=1.0), [20, 40]),
        (Budget(per_clip=30), [20, 30]),
    ],
)
def test_budgets_are_spent_in_full(make, selection, budget, counts):
    tracks = [make.track(20), make.track(40, video="b.mp4")]
    seen = [make.embeddings(20), make.embeddings(40, seed=1)]
    got = suggest_frames(tracks, seen, budget, selection=selection)
    videos = [s.video_id for s in got]
    assert videos == ["a.mp4"] * counts[0] + ["b.mp4"] * counts[1]
    assert [s.rank for s in got] == [
        *range(1, counts[0] + 1),
        *range(1, counts[1] + 1),
    ]
    assert len(set(asked(got))) == len(got)


@settings(max_examples=15, deadline=None)
@given(
    total=st.integers(1, 40),
    selection=st.sampled_from(SELECTIONS),
    lengths=st.lists(st.integers(1, 12), min_size=1, max_size=3),
)
def test_a_total_is_spent_without_asking_twice(make, total, selection, lengths):
    tracks = [make.track(n, video=f"{i}.mp4") for i, n in enumerate(lengths)]
    seen = [make.embeddings(n, seed=i) for i, n in enumerate(lengths)]
    got = suggest_frames(tracks, seen, Budget(total=total), selection=selection)
    assert len(got) == min(total, sum(lengths))
    assert len(set(asked(got))) == len(got)
    assert sorted(s.rank for s in got) == list(range(1, len(got) + 1))
    times = {t.video_id: dict(zip(t.frame, t.time_s, strict=True)) for t in tracks}
    assert all(s.time_s == times[s.video_id][s.frame] for s in got)
    if selection != "random":
        assert [s.video_id for s in got] == sorted(s.video_id for s in got)


@pytest.mark.parametrize(
    "given_",
    [
        {},
        {"per_clip": 0},
        {"per_clip": -1},
        {"share": 0.0},
        {"share": 1.01},
        {"total": 0},
        {"per_clip": 1, "total": 1},
        {"per_clip": 1, "share": 0.5, "total": 1},
    ],
)
def test_impossible_budgets_are_refused(given_):
    with pytest.raises(InputError, match="share of the frames"):
        Budget(**given_)


@pytest.mark.parametrize("selection", SELECTIONS)
def test_poor_faces_are_asked_for_only_where_there_are_no_others(make, selection):
    quality = np.where(np.arange(20) % 4 == 0, suggest.MIN_QUALITY + 0.01, 0.1)
    some = make.track(20, quality=quality)
    none = make.track(20, video="b.mp4", quality=np.full(20, 0.1))
    seen = [make.embeddings(20), make.embeddings(20, seed=1)]
    got = suggest_frames([some, none], seen, Budget(per_clip=8), selection=selection)
    assert {f for v, _, f in asked(got) if v == "a.mp4"} == {0, 4, 8, 12, 16}
    assert len([f for v, _, f in asked(got) if v == "b.mp4"]) == 8


@pytest.mark.parametrize("selection", SELECTIONS)
def test_only_the_frames_among_are_asked_for(make, selection):
    tracks = [make.track(20), make.track(20, video="b.mp4", first=100)]
    seen = [make.embeddings(20), make.embeddings(20, seed=1)]
    among = [np.zeros(20, bool), np.arange(20) % 5 == 2]
    got = suggest_frames(
        tracks, seen, Budget(per_clip=9), among=among, selection=selection
    )
    assert sorted(asked(got)) == [("b.mp4", 0, f) for f in (102, 107, 112, 117)]
    assert not among[0].any(), "the caller's array is left alone"


def test_uniform_frames_lie_in_the_middle_of_equal_parts(make):
    track, seen = make.track(40), make.embeddings(40)
    got = suggest_frames([track], [seen], Budget(per_clip=4), selection="uniform")
    assert [s.frame for s in got] == [5, 15, 25, 35]
    assert {s.reason for s in got} == {"evenly spaced"}


def test_random_frames_follow_their_generator(make):
    track, seen = make.track(40), make.embeddings(40)

    def drawn(rng):
        budget = Budget(per_clip=5)
        got = suggest_frames([track], [seen], budget, selection="random", rng=rng)
        return asked(got)

    assert drawn(np.random.default_rng(3)) == drawn(np.random.default_rng(3))
    assert drawn(np.random.default_rng(3)) != drawn(np.random.default_rng(4))
    assert drawn(None) == drawn(None)
    rng, times = np.random.default_rng(0), np.zeros(40)
    for _ in range(400):
        for _, _, frame in drawn(rng):
            times[frame] += 1
    assert times.min() > 20
    assert times.max() < 90


def test_reasons_say_how_a_frame_lies_to_the_others(make):
    vector = np.repeat(np.eye(4)[[0, 1]], 10, axis=0) * 3
    track, seen = make.track(20, rate=0.05), make.embeddings(vector=vector)
    got = suggest_frames([track], [seen], Budget(per_clip=3))
    assert got[0].reason.startswith("most typical")
    assert got[1].reason.startswith("far from every label")
    assert got[2].reason.startswith("between labels")
    assert (got[0].frame < 10) != (got[1].frame < 10)
    labelled = make.support([(track, 3, 0, 0)])
    next_ = suggest_frames([track], [seen], Budget(per_clip=1), labelled=labelled)
    assert next_[0].frame >= 10
    assert next_[0].reason.startswith("far from every label")


def test_long_tracks_are_thinned_evenly(make, monkeypatch):
    monkeypatch.setattr(choosing, "MOST_CANDIDATES", 7)
    monkeypatch.setattr(choosing, "MOST_TARGETS", 9)
    track, seen = make.track(61), make.embeddings(61)
    got = suggest_frames([track], [seen], Budget(per_clip=7))
    assert sorted(s.frame for s in got) == list(range(0, 61, 10))


def test_a_long_track_does_not_starve_for_being_thinned(make, monkeypatch):
    """Gains speak of all frames, not only of those they are measured on."""
    tracks = [make.track(20), make.track(80, video="b.mp4")]
    seen = [make.embeddings(20), make.embeddings(80)]
    monkeypatch.setattr(choosing, "MOST_TARGETS", 20)
    got = suggest_frames(tracks, seen, Budget(total=5))
    videos = [s.video_id for s in got]
    assert [s.video_id for s in got if s.rank == 1] == ["b.mp4"]
    assert videos.count("b.mp4") > videos.count("a.mp4")
