import numpy as np
import pytest

from feltline.fewshot import clusters_of, similar_frames, spread_out
from feltline.fewshot.active import similar


def project(make, lengths=(30, 20)):
    tracks = [make.track(n, video=f"{i}.mp4") for i, n in enumerate(lengths)]
    rng = np.random.default_rng(1)
    features = [
        make.features(t, appearance=rng.normal(size=(len(t), 3))) for t in tracks
    ]
    return features, [np.ones(n, bool) for n in lengths]


def pairs(faces):
    return [tuple(row) for row in faces.tolist()]


def test_the_most_alike_come_first(make):
    features, pool = project(make)
    got = similar_frames(features, (1, 4), pool, limit=50, apart_s=0.0)
    everything = [(i, p) for i in range(2) for p in range(len(features[i]))]
    wanted = sorted(
        (face for face in everything if face != (1, 4)),
        key=lambda face: (
            (features[face[0]].appearance[face[1]] - features[1].appearance[4]) ** 2
        ).sum(),
    )
    assert pairs(got) == wanted


@pytest.mark.parametrize("limit", [1, 6, 99])
def test_neighbours_in_time_are_named_once(make, limit):
    """Track by track it is what the whole list, spread out, would be."""
    features, pool = project(make)
    got = similar_frames(features, (0, 10), pool, limit=limit, apart_s=0.5)
    whole = similar_frames(features, (0, 10), pool, limit=99, apart_s=0.0)
    listed = np.concatenate([np.array([[0, 10]]), whole])
    wanted = spread_out(features, listed, limit=limit + 1, apart_s=0.5)[1:]
    assert pairs(got) == pairs(wanted)
    named = [(0, 10), *pairs(got)]
    for i, (a, p) in enumerate(named):
        for b, q in named[:i]:
            assert a != b or abs(features[a].time_s[p] - features[b].time_s[q]) >= 0.5


def test_tracks_are_opened_one_at_a_time(make):
    features, pool = project(make, (12, 12, 12))
    opened = []

    class Lazy(list):
        def __getitem__(self, number):
            opened.append(number)
            return super().__getitem__(number)

    similar_frames(Lazy(features), (1, 4), pool)
    # The checks of types in tests look at an item of a sequence now and then.
    assert all(1 <= opened.count(number) <= 4 for number in range(3))


def test_only_the_pool_is_named_and_it_may_be_empty(make):
    features, pool = project(make)
    pool[0][:] = False
    pool[1][[2, 9]] = False
    got = similar_frames(features, (0, 3), pool, limit=99, apart_s=0.0)
    assert sorted(pairs(got)) == [(1, p) for p in range(20) if p not in (2, 9)]
    empty = [np.zeros(30, bool), np.zeros(20, bool)]
    assert similar_frames(features, (0, 3), empty).shape == (0, 2)
    assert clusters_of(features, empty, 4) == ()


def test_clusters_part_the_pool_by_the_nearest_centre(make):
    features, pool = project(make)
    pool[0][5:9] = False
    groups = clusters_of(features, pool, 4)
    assert len(groups) == 4
    faces = [face for group in groups for face in pairs(group)]
    assert sorted(faces) == [(0, p) for p in range(30) if not 5 <= p < 9] + [
        (1, p) for p in range(20)
    ]
    centre = [features[i].appearance[p] for i, p in (g[0] for g in groups)]
    for number, group in enumerate(groups):
        apart = [
            [((features[i].appearance[p] - c) ** 2).sum() for c in centre]
            for i, p in group
        ]
        assert (np.argmin(apart, axis=1) == number).all()
        assert (np.diff(np.array(apart)[:, number]) >= 0).all()


def test_a_large_pool_is_thinned_evenly(make, monkeypatch):
    features, pool = project(make, (60, 20))
    monkeypatch.setattr(similar, "MAX_CLUSTERED", 20)
    faces = [f for group in clusters_of(features, pool, 3) for f in pairs(group)]
    assert [sum(i == n for i, _ in faces) for n in (0, 1)] == [15, 5]


def test_two_kinds_of_faces_make_two_clusters_and_no_empty_one(make):
    appearance = np.repeat(np.eye(3)[:2], 8, axis=0)
    features = [make.features(make.track(16), appearance=appearance)]
    groups = clusters_of(features, [np.ones(16, bool)], 5)
    assert sorted(sorted(p for _, p in group.tolist()) for group in groups) == [
        list(range(8)),
        list(range(8, 16)),
    ]


def test_equal_input_gives_equal_clusters(make):
    features, pool = project(make)
    first, second = clusters_of(features, pool, 5), clusters_of(features, pool, 5)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("limit", [0, 1, 3, 99])
def test_a_list_is_spread_out_in_its_own_order(make, limit):
    features, _ = project(make)
    faces = np.array([(0, 8), (0, 9), (1, 9), (0, 12), (0, 11), (1, 13)], np.int64)
    got = spread_out(features, faces, limit=limit, apart_s=0.5)
    assert pairs(got) == [(0, 8), (1, 9), (0, 12), (1, 13)][:limit]
