import numpy as np
import pytest

from feltline.fewshot import clusters_of, fill, similar_frames, spread_out


def project(make, lengths=(30, 20)):
    tracks = [make.track(n, video=f"{i}.mp4") for i, n in enumerate(lengths)]
    rng = np.random.default_rng(1)
    looks = [rng.normal(size=(n, 3)).astype(np.float32) for n in lengths]
    return tracks, looks, [np.ones(n, bool) for n in lengths]


def pairs(faces):
    return [tuple(row) for row in faces.tolist()]


def test_the_most_alike_come_first(make):
    tracks, looks, pool = project(make)
    got = similar_frames(tracks, looks, (1, 4), pool, limit=50, apart_s=0.0)
    everything = [(i, p) for i in range(2) for p in range(len(tracks[i]))]
    wanted = sorted(
        (face for face in everything if face != (1, 4)),
        key=lambda face: ((looks[face[0]][face[1]] - looks[1][4]) ** 2).sum(),
    )
    assert pairs(got) == wanted


def test_neighbours_in_time_are_named_once(make):
    tracks, looks, pool = project(make)
    got = similar_frames(tracks, looks, (0, 10), pool, limit=6, apart_s=0.5)
    assert len(got) == 6
    named = [(0, 10), *pairs(got)]
    for i, (a, p) in enumerate(named):
        for b, q in named[:i]:
            assert a != b or abs(tracks[a].time_s[p] - tracks[b].time_s[q]) >= 0.5


def test_only_the_pool_is_named_and_it_may_be_empty(make):
    tracks, looks, pool = project(make)
    pool[0][:] = False
    pool[1][[2, 9]] = False
    got = similar_frames(tracks, looks, (0, 3), pool, limit=99, apart_s=0.0)
    assert sorted(pairs(got)) == [(1, p) for p in range(20) if p not in (2, 9)]
    empty = [np.zeros(30, bool), np.zeros(20, bool)]
    assert similar_frames(tracks, looks, (0, 3), empty).shape == (0, 2)
    assert clusters_of(looks, empty, 4) == ()


def test_clusters_part_the_pool_by_the_nearest_centre(make):
    _, looks, pool = project(make)
    pool[0][5:9] = False
    groups = clusters_of(looks, pool, 4)
    assert len(groups) == 4
    faces = [face for group in groups for face in pairs(group)]
    assert sorted(faces) == [(0, p) for p in range(30) if not 5 <= p < 9] + [
        (1, p) for p in range(20)
    ]
    centre = [looks[i][p] for i, p in (group[0] for group in groups)]
    for number, group in enumerate(groups):
        apart = [[((looks[i][p] - c) ** 2).sum() for c in centre] for i, p in group]
        assert (np.argmin(apart, axis=1) == number).all()
        assert (np.diff(np.array(apart)[:, number]) >= 0).all()


def test_two_kinds_of_faces_make_two_clusters_and_no_empty_one():
    look = np.repeat(np.eye(3, dtype=np.float32)[:2], 8, axis=0)
    groups = clusters_of([look], [np.ones(16, bool)], 5)
    assert sorted(sorted(p for _, p in group.tolist()) for group in groups) == [
        list(range(8)),
        list(range(8, 16)),
    ]
    (alone,) = clusters_of([look[:1]], [np.ones(1, bool)], 3)
    assert pairs(alone) == [(0, 0)]


def test_equal_input_gives_equal_clusters(make):
    _, looks, pool = project(make)
    first, second = clusters_of(looks, pool, 5), clusters_of(looks, pool, 5)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("limit", [0, 1, 3, 99])
def test_a_list_is_spread_out_in_its_own_order(make, limit):
    tracks, _, _ = project(make)
    faces = np.array([(0, 8), (0, 9), (1, 9), (0, 12), (0, 11), (1, 13)], np.int64)
    got = spread_out(tracks, faces, limit=limit, apart_s=0.5)
    assert pairs(got) == [(0, 8), (1, 9), (0, 12), (1, 13)][:limit]


def test_a_filling_holds_the_looks_that_are_compared(make):
    vector = np.repeat(np.eye(4)[[0, 1, 0]], 10, axis=0) * 3
    track, seen = make.track(30), make.embeddings(vector=vector)
    filling = fill([track], [seen], make.support([(track, 0, 0, 0)]))
    pool = [np.ones(30, bool)]
    got = similar_frames([track], filling.looks, (0, 2), pool, limit=4)
    assert all(not 10 <= p < 20 for _, p in pairs(got))
