import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.soak import examples

from feltline.errors import InputError
from feltline.fewshot import Budget, suggest_frames
from feltline.fewshot.active import search, selection
from feltline.fewshot.active.selection import POOR_QUALITY

SELECTIONS = ("engine", "uniform", "random", "k-centre", "first")


def asked(suggestions):
    return [(s.video_id, s.track_id, s.frame) for s in suggestions]


def assert_greedy(naive, queries, chosen, labelled=(), groups=None):
    """Each choice is its track's best frame, and of the track that gains most by one.

    A track's first label is where it takes most variance off, a later one where that
    and its own variance for each frame around are most.
    `labelled` holds (track number, position), `groups` the tracks that share a budget.
    """
    names = [(q.track.video_id, q.track.track_id) for q in queries]
    for group in groups or [range(len(queries))]:
        taken = [at for at in labelled if at[0] in group]
        mine = [s for s in chosen if names.index((s.video_id, s.track_id)) in group]
        for s in sorted(mine, key=lambda s: s.rank):
            gains, best = {}, {}
            for i in group:
                known = [p for t, p in taken if t == i]
                free = [p for p in range(len(queries[i].track)) if p not in known]
                if not free:
                    continue
                judge = naive.worth if known else naive.gain
                worth = {p: judge(queries[i], known, p) for p in free}
                best[i] = [
                    p for p in free if worth[p] >= max(worth.values()) * (1 - 1e-3)
                ]
                gains[i] = max(naive.gain(queries[i], known, p) for p in best[i])
            i = names.index((s.video_id, s.track_id))
            at = list(queries[i].track.frame).index(s.frame)
            assert (i, at) not in taken, "asked for twice"
            assert at in best[i]
            assert gains[i] >= max(gains.values()) * (1 - 1e-3)
            taken.append((i, at))


@pytest.mark.parametrize("zero_shot", [False, True])
def test_the_engine_is_the_naive_greedy_search(make, naive, zero_shot):
    query = make.query(make.track(11), zero_shot=zero_shot)
    chosen = suggest_frames([query], Budget(per_clip=4))
    assert [s.rank for s in chosen] == [1, 2, 3, 4]
    assert_greedy(naive, [query], chosen)


def test_labels_already_given_count_and_are_not_asked_for_again(make, naive):
    track = make.track(11)
    fresh = suggest_frames([make.query(track)], Budget(per_clip=3))
    first = [s.frame for s in fresh][:2]
    query = make.query(track, positions=first)
    more = suggest_frames([query], Budget(per_clip=3))
    assert more[0].frame == fresh[2].frame
    assert more[0].rank == 1
    assert not {s.frame for s in more} & set(first)
    assert_greedy(naive, [query], more, labelled=[(0, f) for f in first])


@pytest.mark.parametrize("selection", SELECTIONS)
def test_labelled_frames_are_never_asked_for(make, selection):
    queries = [
        make.query(make.track(12), positions=range(0, 12, 2)),
        make.query(make.track(12, video="b.mp4"), positions=[1]),
    ]
    got = suggest_frames(queries, Budget(per_clip=50), selection=selection)
    frames = {
        name: sorted(f for v, _, f in asked(got) if v == f"{name}.mp4") for name in "ab"
    }
    assert frames["a"] == list(range(1, 12, 2))
    assert frames["b"] == [0, *range(2, 12)]


def test_all_frames_of_a_span_are_labelled_and_none_of_a_clip(make):
    from feltline.fewshot.active.query_track import QueryTrack
    from feltline.fewshot.model import track_posterior

    track = make.track(20)
    features = make.features(track)
    observations = [
        make.observation([4, 8, 11], noise="span"),
        make.observation([0, 10, 19], noise="clip", event=2),
    ]
    posterior = track_posterior(make.model(), features, observations, learnt=())
    got = QueryTrack(track=track, posterior=posterior).allowed
    assert got.tolist() == [*range(4), *range(12, 20)]


def test_a_total_goes_where_it_helps_most(make, naive):
    queries = [
        make.query(make.track(5, video="still.mp4"), appearance=np.ones((5, 3))),
        make.query(make.track(14, video="lively.mp4")),
    ]
    chosen = suggest_frames(queries, Budget(total=4))
    assert sorted(s.rank for s in chosen) == [1, 2, 3, 4]
    assert_greedy(naive, queries, chosen)
    videos = [s.video_id for s in chosen]
    assert videos.count("lively.mp4") > videos.count("still.mp4")


def test_faces_of_one_clip_share_its_budget(make, naive):
    queries = [
        make.query(make.track(8, face=0), seed=0),
        make.query(make.track(7, video="b.mp4"), seed=1),
        make.query(make.track(10, face=1, first=3), seed=2),
    ]
    chosen = suggest_frames(queries, Budget(per_clip=3))
    assert [s.video_id for s in chosen] == ["a.mp4"] * 3 + ["b.mp4"] * 3
    assert [s.rank for s in chosen] == [1, 2, 3] * 2
    assert_greedy(naive, queries, chosen, groups=[(0, 2), (1,)])


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
    queries = [
        make.query(make.track(20)),
        make.query(make.track(40, video="b.mp4"), seed=1),
    ]
    got = suggest_frames(queries, budget, selection=selection)
    videos = [s.video_id for s in got]
    assert videos == ["a.mp4"] * counts[0] + ["b.mp4"] * counts[1]
    assert [s.rank for s in got] == [
        *range(1, counts[0] + 1),
        *range(1, counts[1] + 1),
    ]
    assert len(set(asked(got))) == len(got)


@settings(max_examples=examples(15), deadline=None)
@given(
    total=st.integers(1, 40),
    selection=st.sampled_from(SELECTIONS),
    lengths=st.lists(st.integers(1, 12), min_size=1, max_size=3),
)
def test_a_total_is_spent_without_asking_twice(make, total, selection, lengths):
    tracks = [make.track(n, video=f"{i}.mp4") for i, n in enumerate(lengths)]
    queries = [make.query(track, seed=i) for i, track in enumerate(tracks)]
    got = suggest_frames(queries, Budget(total=total), selection=selection)
    assert len(got) == min(total, sum(lengths))
    assert len(set(asked(got))) == len(got)
    assert sorted(s.rank for s in got) == list(range(1, len(got) + 1))
    times = {t.video_id: dict(zip(t.frame, t.time_s, strict=True)) for t in tracks}
    assert all(s.time_s == times[s.video_id][s.frame] for s in got)
    assert [s.video_id for s in got] == sorted(s.video_id for s in got)


@pytest.mark.parametrize("ahead", [1, 3])
def test_looking_ahead_and_bounds_change_nothing(make, monkeypatch, ahead):
    tracks = [make.track(15 + 5 * i, video=f"{i}.mp4") for i in range(5)]
    queries = [make.query(t, seed=i, zero_shot=True) for i, t in enumerate(tracks)]
    wanted = suggest_frames(queries, Budget(total=12))
    monkeypatch.setattr(search, "FEW_TRACKS", 0)
    monkeypatch.setattr(search, "AHEAD", ahead)
    assert suggest_frames(queries, Budget(total=12)) == wanted


@pytest.mark.parametrize("few", [0, 100])
@pytest.mark.parametrize("n", [1, 4])
def test_a_search_goes_on_where_it_stopped(make, monkeypatch, few, n):
    monkeypatch.setattr(search, "FEW_TRACKS", few)
    queries = [
        make.query(make.track(9 + 4 * i, video=f"{i}.mp4"), seed=i) for i in range(n)
    ]
    whole = search.GreedySearch(queries, range(n)).best(9)
    going = search.GreedySearch(queries, range(n))
    assert going.best(0) == []
    assert going.best(3) == whole[:3]
    assert going.best(9) == whole
    assert going.best(2) == whole[:2]
    assert len(going.best(1000)) == sum(len(q.track) for q in queries)


def test_a_first_look_is_the_best_of_a_selector(make, monkeypatch):

    monkeypatch.setattr(selection, "MAX_CANDIDATES", 12)
    monkeypatch.setattr(selection, "MAX_TARGETS", 15)
    for labelled in ([], [3, 20]):
        query = make.query(make.track(40), positions=labelled, zero_shot=True)
        whole = selection.GreedySelector.of_track(query.posterior, query.allowed)
        found = selection.most_gained(
            query.posterior, query.allowed, candidates=12, targets=15
        )
        assert found == pytest.approx(whole.gains().max(), rel=1e-5)
        best, gain = whole.best()
        assert gain <= found
        if not labelled:
            assert best == whole.gains().argmax()


def test_a_large_project_is_not_opened_more_often_than_it_must(make, monkeypatch):
    """One coarse look each, and a full one only where a label may go."""
    monkeypatch.setattr(search, "FEW_TRACKS", 0)
    still = [
        make.query(make.track(5, video=f"{i}.mp4"), appearance=np.ones((5, 3)))
        for i in range(30)
    ]
    lively = make.query(make.track(80, video="x.mp4", rate=1.0))
    opened, look_ahead = [], search._bounds

    def counted(tracks, number, state, n):
        opened.append(number)
        look_ahead(tracks, number, state, n)

    monkeypatch.setattr(search, "_bounds", counted)
    made = search.GreedySearch([*still, lively], range(31)).best(4)
    assert [pick.number for pick in made] == [30] * 4
    assert len(opened) <= 3


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
    quality = np.where(np.arange(20) % 4 == 0, POOR_QUALITY + 0.01, 0.1)
    queries = [
        make.query(make.track(20, quality=quality)),
        make.query(make.track(20, video="b.mp4", quality=np.full(20, 0.1)), seed=1),
    ]
    got = suggest_frames(queries, Budget(per_clip=8), selection=selection)
    assert {f for v, _, f in asked(got) if v == "a.mp4"} == {0, 4, 8, 12, 16}
    assert len([f for v, _, f in asked(got) if v == "b.mp4"]) == 8


@pytest.mark.parametrize("selection", SELECTIONS)
def test_only_the_frames_among_are_asked_for(make, selection):
    among = [np.zeros(20, bool), np.arange(20) % 5 == 2]
    queries = [
        make.query(make.track(20), among=among[0]),
        make.query(make.track(20, video="b.mp4", first=100), seed=1, among=among[1]),
    ]
    got = suggest_frames(queries, Budget(per_clip=9), selection=selection)
    assert sorted(asked(got)) == [("b.mp4", 0, f) for f in (102, 107, 112, 117)]
    assert not among[0].any(), "the caller's array is left alone"


def test_uniform_frames_lie_in_the_middle_of_equal_parts(make):
    queries = [make.query(make.track(40))]
    got = suggest_frames(queries, Budget(per_clip=4), selection="uniform")
    assert [s.frame for s in got] == [5, 15, 25, 35]
    assert {s.reason for s in got} == {"evenly spaced"}


def test_random_frames_follow_their_generator(make):
    queries = [make.query(make.track(40))]

    def drawn(rng):
        budget = Budget(per_clip=5)
        return asked(suggest_frames(queries, budget, selection="random", rng=rng))

    assert drawn(np.random.default_rng(3)) == drawn(np.random.default_rng(3))
    assert drawn(np.random.default_rng(3)) != drawn(np.random.default_rng(4))
    assert drawn(None) == drawn(None)
    rng, times = np.random.default_rng(0), np.zeros(40)
    for _ in range(400):
        for _, _, frame in drawn(rng):
            times[frame] += 1
    assert times.min() > 20
    assert times.max() < 90


def test_reasons_are_true(make):
    """Before any label nothing lies between two labels that differ."""
    appearance = np.repeat(np.eye(3)[[0, 1]], 10, axis=0) * 3
    track = make.track(20, rate=0.05)
    got = suggest_frames([make.query(track, appearance=appearance)], Budget(per_clip=3))
    assert [s.code for s in got] == ["typical", "far", "least_certain"]
    assert got[2].reason == "the frame that is least certain after the ones before it"
    assert (got[0].frame < 10) != (got[1].frame < 10)
    labelled = make.query(track, appearance=appearance, positions=[3])
    (next_,) = suggest_frames([labelled], Budget(per_clip=1))
    assert next_.frame >= 10
    assert next_.code == "far"


def test_long_tracks_are_thinned_evenly(make, monkeypatch):

    monkeypatch.setattr(selection, "MAX_CANDIDATES", 7)
    monkeypatch.setattr(selection, "MAX_TARGETS", 9)
    query = make.query(make.track(61))
    thin = selection.GreedySelector.of_track(query.posterior, query.allowed)
    assert thin.candidate.tolist() == list(range(0, 61, 10))
    assert len(thin.target) == 9
    assert thin.weight.sum() == pytest.approx(61)


def test_second_rounds_say_what_is_likely_wrong(make):
    query = make.query(
        make.track(60),
        positions=[3, 20],
        zero_shot=True,
        model=make.model(zero_shot=True, tolerance=0.05),
    )
    again = suggest_frames([query], Budget(per_clip=8))
    assert any(s.reason.startswith("likely wrong") for s in again)
