import numpy as np
import pytest

from feltline.errors import InputError
from feltline.fewshot import Budget, suggest_frames
from feltline.fewshot.active.audits import draw_audits


def labelled(make, *, quality=None, video="a.mp4", tolerance=0.2, n=80):
    return make.query(
        make.track(n, video=video, quality=quality),
        appearance=np.zeros((n, 3)),
        positions=range(0, n, 6),
        model=make.model(tolerance=tolerance),
    )


def test_audits_are_drawn_from_what_would_be_accepted(make):
    query = labelled(make)
    got = suggest_frames([query], Budget(per_clip=10), audit=0.3, threshold=0.5)
    reasons = [s.reason.startswith("audit") for s in got]
    assert sum(reasons) == 3
    assert [s.rank for s in got] == list(range(1, 11))
    assert len({s.frame for s in got}) == 10
    assert not {s.frame for s in got} & set(range(0, 80, 6))
    with pytest.raises(InputError, match="give labels"):
        suggest_frames(
            [make.query(make.track(20))], Budget(per_clip=5), audit=0.3, threshold=0.5
        )


def test_audits_know_quality_tolerance_and_threshold_of_the_project(make):
    """Poor faces are never accepted, nor anything at a tolerance near 0."""
    quality = np.where(np.arange(80) < 40, 0.05, 1.0)
    poor = labelled(make, quality=quality)
    rng = np.random.default_rng(0)

    def drawn(query, threshold=0.5):
        found = draw_audits([query], 99, threshold=threshold, asked=set(), rng=rng)
        at = np.array([p for _, p in found], np.int64)
        assert (query.posterior.confidence(at) >= threshold).all()
        return at

    assert (drawn(poor) >= 40).all()
    assert not len(drawn(labelled(make, tolerance=0.001)))
    assert not len(drawn(labelled(make), threshold=1.01))


def test_ranks_run_through_the_project_for_a_total(make):
    queries = [labelled(make, video=f"{i}.mp4") for i in range(3)]
    got = suggest_frames(queries, Budget(total=9), audit=0.4, threshold=0.5)
    assert sorted(s.rank for s in got) == list(range(1, 10))
    audits = [s.rank for s in got if s.code == "audit"]
    assert sorted(audits) == [6, 7, 8, 9]


def test_every_frame_is_as_likely_whatever_track_it_is_of(make, monkeypatch):
    from feltline.fewshot.active import audits

    monkeypatch.setattr(audits, "MAX_LOOKED_AT", 10)
    queries = [labelled(make, n=24), labelled(make, n=96, video="b.mp4")]
    rng, count = np.random.default_rng(1), np.zeros(2)
    for _ in range(300):
        drawn = draw_audits(queries, 4, threshold=0.0, asked=set(), rng=rng)
        for number, _ in drawn:
            count[number] += 1
    assert count[1] / count[0] == pytest.approx(4, rel=0.2)
