import numpy as np
import pytest

from feltline.fewshot import build_queue
from feltline.lab.bench import loop, methods
from feltline.lab.bench.engine import learnt_projects
from feltline.lab.bench.loop import REFERENCE_DRAWS, run_loop
from feltline.lab.bench.problem import Problem
from feltline.lab.bench.selection import uniform_frames


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


def test_reviewed_frames_are_those_that_the_queue_asks_for(make, monkeypatch):
    corpus, problems = make.corpus(3, n=24, every=2), []
    monkeypatch.setattr(loop, "BATCH_SHARE", 0.1)
    whole = methods.run

    def watched(name, problem):
        problems.append(problem)
        return whole(name, problem)

    monkeypatch.setattr(loop, "run", watched)
    result = run_loop(corpus, threshold=0.95)
    reviewed = problems[:: 1 + REFERENCE_DRAWS]
    before, after = reviewed[0].chosen, reviewed[1].chosen
    asked = []
    for project, model, observations, judged in learnt_projects(corpus, before):
        for number in judged:
            clip = corpus.clips[number]
            closed = np.ones(len(clip.track), bool)
            closed[np.delete(clip.at, before[number])] = False
            queue = build_queue(
                project.posterior(model, number, observations[number]),
                0.95,
                quality=clip.track.quality,
                reviewed=closed,
                covers_s=0.0,
            )
            rows = zip(queue.gain, queue.at, strict=True)
            asked += [(-gain, number, at) for gain, at in rows]
    batch = sorted(asked)[: round(0.1 * 36)]
    new = [
        (number, clip.at[row])
        for number, clip in enumerate(corpus.clips)
        for row in np.setdiff1d(after[number], before[number])
    ]
    assert sorted(new) == sorted(row[1:] for row in batch)
    assert result.rounds[-1].rmse < result.rounds[0].rmse


def test_the_reference_averages_phases_of_even_frames(make):
    """One phase may be lucky: squares of several are averaged."""
    corpus = make.corpus(2, n=24)
    chosen = [np.arange(4), np.arange(4)]
    draws = [
        [uniform_frames(clip, 4, draw=draw, of=3) for clip in corpus.clips]
        for draw in range(3)
    ]
    assert len({str(some) for some in draws}) == 3
    squares = []
    for some in draws:
        found = methods.run("engine", Problem(corpus=corpus, chosen=some, seed=0))
        for one, clip in zip(found, corpus.clips, strict=True):
            squares.append(((one.value - clip.value) ** 2).mean(axis=0))
    wanted = np.sqrt(np.mean(squares, axis=0)).mean()
    assert loop._uniform_error(corpus, chosen, 0) == pytest.approx(wanted, rel=1e-5)


def test_a_rater_who_has_labelled_half_stops(make, monkeypatch):
    monkeypatch.setattr(loop, "BATCH_SHARE", 0.1)
    result = run_loop(make.corpus(2, n=12), threshold=1.0)
    assert not result.is_finished
    assert 0.5 <= result.rounds[-1].share < 0.7
    assert result.ratio > 0
