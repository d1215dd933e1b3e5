import numpy as np

from feltline.lab.bench import loop, methods
from feltline.lab.bench.loop import run_loop


def test_a_review_ends_with_nothing_under_the_threshold(make):
    calls = []
    result = run_loop(
        make.corpus(4), threshold=0.3, progress=lambda *now: calls.append(now)
    )
    assert result.is_finished
    labels = [one.labels for one in result.rounds]
    assert labels[0] == 8
    assert (np.diff(labels) > 0).all()
    assert result.rounds[-1].accepted == 1
    assert calls == [(one.labels, 96) for one in result.rounds]


def test_reviewed_frames_are_the_least_sure_and_come_out_right(make, monkeypatch):
    corpus, problems = make.corpus(3, n=12), []
    monkeypatch.setattr(loop, "BATCH_SHARE", 0.1)
    whole = methods.run

    def watched(name, problem):
        problems.append(problem)
        return whole(name, problem)

    monkeypatch.setattr(loop, "run", watched)
    result = run_loop(corpus, threshold=0.95)
    reviewed = problems[::2]
    first = whole("engine", reviewed[0])
    before, after = reviewed[0].chosen, reviewed[1].chosen
    new = [first[i].confidence[np.setdiff1d(after[i], before[i])] for i in range(3)]
    left = [
        np.delete(first[i].confidence, np.union1d(after[i], before[i]))
        for i in range(3)
    ]
    assert np.concatenate(new).max() <= np.concatenate(left).min()
    assert result.rounds[-1].rmse < result.rounds[0].rmse


def test_a_rater_who_has_labelled_half_stops(make, monkeypatch):
    monkeypatch.setattr(loop, "BATCH_SHARE", 0.1)
    result = run_loop(make.corpus(2, n=12), threshold=1.0)
    assert not result.is_finished
    assert 0.5 <= result.rounds[-1].share < 0.7
    assert result.ratio > 0
