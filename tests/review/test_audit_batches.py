"""Audit batches, blind repeats and comparisons in a project that is worked in."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.generated import judgement_of

from feltline.errors import AuditOverdueError, InputError
from feltline.pipeline import export
from feltline.project import AuditSettings, audit_due, check_audited
from feltline.review import (
    LiveProject,
    Overlap,
    Queue,
    anchoring_of,
    ask_again,
    assign_work,
    candidates_of,
    draw_batch,
    next_pair,
    outcome_of,
    score_comparisons,
    settle_batches,
    status_of,
)
from feltline.review.audit_batches import MOST_WEIGHT, is_wrong
from feltline.review.audit_draws import DueAudits, stratum_probabilities
from feltline.review.repeats import AFTER, repeat_of
from feltline.store import AuditItem, Comparison, plan_of_repeat
from feltline.types import Shown

LOW = 0.05
"""A threshold at which every frame with a value is accepted."""


@st.composite
def cells(draw):
    """Labels of cells, and the stratum of each."""
    n = draw(st.integers(1, 12))
    counts = draw(st.lists(st.integers(1, 10**6), min_size=n, max_size=n))
    strata = draw(st.lists(st.sampled_from("abcde"), min_size=n, max_size=n))
    return counts, strata


@given(cells(), st.integers(0, 2**32 - 1))
def test_no_label_weighs_more_than_two_and_estimates_are_unbiased(made, seed):
    counts, strata = made
    chance, weight = stratum_probabilities(counts, strata)
    assert chance.sum() == pytest.approx(1)
    assert (weight > 0).all()
    assert (weight <= MOST_WEIGHT).all()
    # The expected value of weight x wrong is the error rate, whatever is wrong.
    rate = np.random.default_rng(seed).random(len(counts))
    true_rate = (rate * counts).sum() / sum(counts)
    assert (chance * weight * rate).sum() == pytest.approx(true_rate)
    of_stratum: Counter[str] = Counter()
    for name, p in zip(strata, chance.tolist(), strict=True):
        of_stratum[name] += p
    assert min(of_stratum.values()) >= 0.5 / len(of_stratum) - 1e-12


def settings(desk, **audit):
    given = {"bound": 0.3, "confidence": 0.8, "repeat_share": 0.0}
    desk.project.change_settings(audit=AuditSettings(**(given | audit)))


def drawn(desk, raters=("anna",), count=40, seed=0, **audit):
    settings(desk, **audit)
    desk.set_threshold(LOW)
    desk.live.settle()
    rng = np.random.default_rng(seed)
    return draw_batch(desk.live, raters, rater="lead", count=count, rng=rng)


def answers(desk, batch, off=0.0, limit=1000, **other):
    """Answer open items of a batch by what the model said, off by so much."""
    by_face = {}
    for one in desk.store.audit_items(batch.batch_id):
        place = one.item.video_id, one.item.found_track_id, one.item.frame
        by_face[place] = one.item
    for one in desk.store.assignments(state="open")[:limit]:
        if desk.store.assignment(one.assignment_id).state != "open":
            continue  # decided meanwhile
        item = by_face[one.video_id, one.found_track_id, one.frame]
        value = [v - off if v > 0 else v + off for v in item.value]
        said = {"purpose": "audit", "rater": one.rater_id} | other
        desk.judge(
            one.frame,
            *value,
            found=one.found_track_id,
            video_id=one.video_id,
            track_id=one.track_id,
            assignment_id=str(one.assignment_id),
            **said,
        )


def test_a_batch_is_drawn_from_what_is_accepted_with_what_the_model_said(desk):
    batch = drawn(desk, raters=("anna", "ben"))
    totals = desk.live.index.totals()
    assert batch.n_accepted == totals.accepted(desk.live.threshold) > 0
    assert batch.model_id == desk.live.model_id
    items = [one.item for one in desk.store.audit_items(batch.batch_id)]
    assert len(items) == 40
    for item in items:
        view = desk.live.view(item.video_id, item.found_track_id)
        at = view.at(item.frame)
        assert view.rows.is_accepted(LOW)[at]
        assert item.value == pytest.approx(view.rows.value[at].tolist())
        assert item.confidence == pytest.approx(view.prediction.confidence[at])
        assert item.weight <= MOST_WEIGHT
        quadrant, quality, person = item.stratum.split("|")
        signs = "".join("+" if v >= 0 else "-" for v in item.value)
        assert (quadrant, quality) == (signs, "high")
        assert person == f"{item.video_id} #{item.found_track_id}"
    assigned = desk.store.assignments()
    faces = {(i.video_id, i.found_track_id, i.frame) for i in items}
    assert {(a.video_id, a.found_track_id, a.frame) for a in assigned} == faces
    assert len(assigned) == len(faces)
    assert {a.kind for a in assigned} == {"audit"}
    assert all(a.is_blind and a.batch_id == batch.batch_id for a in assigned)
    load = Counter(a.rater_id for a in assigned)
    assert max(load.values()) - min(load.values()) <= 1


def test_a_batch_passes_as_soon_as_the_bound_holds(desk):
    batch = drawn(desk)
    answers(desk, batch)
    now = desk.store.audit_batch(batch.batch_id)
    assert now.state == "passed"
    items = desk.store.audit_items(batch.batch_id)
    found = outcome_of(now, items, desk.project.schema)
    assert found.upper_bound <= 0.3
    assert found.error_rate == 0
    assert 0 < len(found.judged) < 40
    assert desk.store.assignments(state="open") == []
    assert desk.project.reopened == {}


def test_a_batch_reopens_as_soon_as_the_lower_bound_is_above_and_undo_closes_it(desk):
    batch = drawn(desk)
    desk.build_all()
    before = desk.live.index.totals().copy()
    answers(desk, batch, off=0.6)
    assert desk.store.audit_batch(batch.batch_id).state == "reopened"
    (made,) = desk.store.reopenings()
    n_judged = len([a for a in desk.store.assignments() if a.state == "answered"])
    assert n_judged < 40
    assert made.least_confidence == 1.01
    assert set(made.videos) == {"talk.mp4", "pair.mp4"}
    live = desk.live
    assert live.threshold_of("talk.mp4") == 1.01
    assert live.threshold == LOW
    totals = live.index.totals()
    assert totals.accepted(live.threshold) == 0
    assert totals.pending(live.threshold) == totals.frames - totals.reviewed
    assert desk.queue.items(5, only="talk.mp4")
    event_id = desk.store.undo(rater="lead", event_id=made.event_id)
    desk.take_in(None, event_id)
    assert live.threshold_of("talk.mp4") == LOW
    after = live.index.totals()
    assert after.accepted(LOW) == before.accepted(LOW) - n_judged
    assert desk.store.audit_batch(batch.batch_id).state == "reopened"


def test_page_export_and_status_agree_on_reopened_videos(desk, tmp_path):
    batch = drawn(desk)
    confidence = desk.view().prediction.confidence
    least = round(float(np.median(confidence)), 2)
    reopens = (["talk.mp4"], least)
    desk.store.close_batch(batch.batch_id, "reopened", rater="lead", reopens=reopens)
    desk.take_in(None, desk.store.last_event_id())
    live = desk.live
    rows = {
        name: [view.rows for view in live.views(name)] for name in live.index.videos
    }
    accepted = {
        "talk.mp4": sum(int(r.is_accepted(least).sum()) for r in rows["talk.mp4"]),
        "pair.mp4": sum(int(r.is_accepted(LOW).sum()) for r in rows["pair.mp4"]),
    }
    assert accepted["talk.mp4"] < len(live.view("talk.mp4", 0).track)
    for name, n in accepted.items():
        assert live.entry(name).n_accepted == n
        assert live.index.totals(name).accepted(live.threshold) == n
    total = sum(accepted.values())
    assert live.index.totals().accepted(live.threshold) == total
    assert status_of(live).accepted == total
    assert status_of(live).reopened == 1
    # Also for one that opens the project anew, and reads kept summaries.
    live.settle()
    desk.store.save_summaries([e.summary for e in live.index.videos.values()])
    again = LiveProject(desk.project)
    assert again.stale() == []
    assert again.index.totals().accepted(LOW) == total
    assert status_of(again).pending == status_of(live).pending
    _, promise = export(desk.project, tmp_path / "out.csv")
    assert promise["reopened"] == f'{{"talk.mp4": {least}}}'


def test_a_sample_that_is_spent_above_the_bound_reopens(desk):
    batch = drawn(desk, count=5)
    answers(desk, batch)
    assert desk.store.audit_batch(batch.batch_id).state == "reopened"


def test_an_answer_that_is_undone_counts_no_more(desk):
    batch = drawn(desk)
    answers(desk, batch, limit=1)
    schema = desk.project.schema
    items = desk.store.audit_items(batch.batch_id)
    assert len(outcome_of(batch, items, schema).judged) >= 1
    desk.undo(desk.store.assignments(state="answered")[0].video_id)
    items = desk.store.audit_items(batch.batch_id)
    found = outcome_of(batch, items, schema)
    assert (len(found.judged), found.lower_bound, found.upper_bound) == (0, 0, 1)
    assert np.isnan(found.error_rate)


def test_two_servers_close_a_batch_once(desk):
    batch = drawn(desk, count=3)
    other = LiveProject(desk.project)
    answers(desk, batch)
    assert not settle_batches(other)
    assert len(desk.store.reopenings()) == 1


ITEM = AuditItem(
    video_id="talk.mp4",
    found_track_id=0,
    frame=5,
    weight=1.0,
    stratum="",
    value=(0.5, None),
    expression="happiness",
    confidence=0.9,
)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"value": (0.7, None)}, False),
        ({"value": (0.5, 0.9)}, False),  # of what the model says nothing
        ({"value": (0.2, None)}, True),
        ({"value": (0.75, None)}, False),
        ({"value": (None, 0.5), "expression": "happiness"}, False),
        ({"value": (None, 0.5)}, True),
        ({"expression": "happiness"}, False),
        ({"expression": "sadness"}, True),
        ({"decision": "reject"}, True),
        ({"decision": "cannot"}, True),
    ],
)
def test_wrong_is_what_nobody_confirms(desk, said, wrong):
    schema = desk.project.schema
    answer = judgement_of(5, **said)
    assert is_wrong(ITEM, answer, schema, tolerance=0.25) == wrong


def test_what_cannot_be_drawn_is_refused_in_words(desk):
    with pytest.raises(InputError, match="at least one rater"):
        drawn(desk, raters=())
    with pytest.raises(InputError, match="each of them once"):
        drawn(desk, raters=("anna", "anna"))
    settings(desk)
    desk.set_threshold(1.0)
    made = draw_batch(desk.live, ["anna"], rater="lead", count=5)
    assert (made.state, made.n_accepted) == ("passed", 0)


def test_items_lie_among_the_other_work_of_a_rater(desk):
    drawn(desk, count=1, raters=("ben",))
    desk.store.close_batch(1, "stopped", rater="lead")
    queue = Queue(desk.live)
    found = candidates_of(desk.live, queue, "video", count=8, video_id="talk.mp4")
    overlap = Overlap(by="share", share=0.0)
    assign_work(
        desk.live, found, ["ben"], overlap, plan="p", honeypots=0.0, rater="lead"
    )
    rng = np.random.default_rng(2)
    draw_batch(desk.live, ["ben"], rater="lead", count=8, rng=rng)
    kinds = [a.kind for a in desk.store.open_assignments("ben", limit=50)]
    assert {"audit", "label"} == set(kinds)
    assert "label" in kinds[kinds.index("audit") :]


# --- the schedule


def label(desk, n, start=0):
    for frame in range(start, start + n):
        desk.judge(frame, 0.3, 0.1)


def test_an_audit_is_overdue_from_when_it_is_due_until_one_is_decided(desk):
    desk.worker.close()  # which would draw one by itself
    settings(desk)
    assert audit_due(desk.project).judgements_left is None
    assert not audit_due(desk.project).is_overdue
    settings(desk, every_judgements=3)
    label(desk, 2)
    assert audit_due(desk.project).judgements_left == 1
    label(desk, 1, start=2)
    assert audit_due(desk.project).is_overdue
    batch = drawn(desk, count=3, every_judgements=3)
    assert batch.due_judgements == 6
    assert audit_due(desk.project).is_overdue  # it is open
    desk.store.close_batch(batch.batch_id, "stopped", rater="lead")
    assert audit_due(desk.project).is_overdue  # nothing is decided
    assert DueAudits(desk.live).draw() is None  # and nobody wants another at once
    other = drawn(desk, count=3, every_judgements=3, seed=1)
    answers(desk, other)
    assert settle_batches(desk.live)
    due = audit_due(desk.project)
    assert (due.is_overdue, due.judgements_left) == (False, 3)


def test_days_count_from_the_first_label_or_the_last_audit(desk):
    desk.worker.close()
    settings(desk, every_days=2.0)
    assert audit_due(desk.project).days_left == 2.0
    label(desk, 1)
    later = datetime.now(tz=UTC) + timedelta(days=1.5)
    assert audit_due(desk.project, later).days_left == pytest.approx(0.5, abs=0.01)
    assert audit_due(desk.project, later + timedelta(days=1)).is_overdue
    batch = drawn(desk, count=3, every_days=2.0)
    assert batch.due_at > later


def test_the_schedule_draws_by_itself_and_once(desk):
    desk.worker.close()
    settings(desk, every_judgements=3)
    desk.set_threshold(LOW)
    desk.live.settle()
    due = DueAudits(desk.live, lambda: ["ben", "cho"])
    assert due.is_to_look()
    assert due.draw() is None
    assert not due.is_to_look()
    label(desk, 3)
    made = due.draw()
    assert made is not None
    assert made.rater == ""
    assert {a.rater_id for a in desk.store.assignments()} == {"ben", "cho"}
    assert due.draw() is None


def test_a_scheduled_draw_gives_way_to_one_that_came_first(desk):
    desk.worker.close()
    settings(desk, every_judgements=1)
    label(desk, 1)

    def drawn_meanwhile():
        drawn(desk, every_judgements=1)
        return ["ben"]

    assert DueAudits(desk.live, drawn_meanwhile).draw() is None
    assert [one.rater for one in desk.store.audit_batches()] == ["lead"]


def test_an_overdue_audit_blocks_machine_values_if_the_project_wants_it(desk, tmp_path):
    settings(desk, every_judgements=1)
    label(desk, 1)
    assert not check_audited(desk.project, layer="final", despite=False)
    settings(desk, every_judgements=1, blocks_export=True)
    out = tmp_path / "out.csv"
    with pytest.raises(AuditOverdueError, match="overdue"):
        export(desk.project, out)
    assert not out.exists()
    export(desk.project, tmp_path / "human.csv", layer="human")
    export(desk.project, out, despite_audit=True)
    assert out.exists()
    details = [e.detail for e in desk.store.events() if e.kind == "export"]
    assert [d.get("despite_audit") for d in details] == [None, True]


def test_a_project_with_a_schedule_has_no_audits_in_the_flow(desk):
    label(desk, 9, start=20)
    desk.set_threshold(0.6)
    assert "audit" in {i.kind for i in desk.queue.items(20)}
    settings(desk, every_judgements=1000)
    assert "audit" not in {i.kind for i in desk.queue.items(20)}


# --- blind repeats


def shown(value=(0.5, 0.5)):
    return Shown(model_id="m", value=value, confidence=0.9)


def accept(desk, frame, value=(0.5, 0.5), **other):
    said = {"decision": "accept", "shown": shown(), "rater": "ben"} | other
    return desk.judge(frame, *value, **said)


def test_a_repeat_is_asked_blind_and_not_before_thirty_others(desk):
    settings(desk, repeat_share=1.0)
    first = accept(desk, 0)
    others = [judgement_of(n, 0.1, 0.1, rater="ben") for n in range(1, AFTER)]
    desk.store.give_judgements([(one, 0, None) for one in others])
    assert ask_again(desk.live, "ben", desk.store.last_event_id()) is None
    last = accept(desk, AFTER)
    made = ask_again(desk.live, "ben", last)
    assert made is not None
    assert (made.kind, made.frame, made.rater_id) == ("repeat", 0, "ben")
    assert made.is_blind
    assert made.plan == f"repeat-{first}"
    assert ask_again(desk.live, "ben", last) is None  # once
    assert desk.store.events()[-1].rater == ""  # nobody reads it among the own entries
    settings(desk, repeat_share=0.0)
    accept(desk, AFTER + 1)
    assert ask_again(desk.live, "ben", accept(desk, AFTER + 2)) is None


def test_a_twentieth_of_answers_brings_a_repeat(desk, monkeypatch):
    settings(desk, repeat_share=0.05)
    asked = []

    def recent(*, limit, rater):
        asked.append((rater, limit))
        return []

    monkeypatch.setattr(desk.store, "recent_judgements", recent)
    for event_id in range(2000):
        ask_again(desk.live, "ben", event_id)
    assert 70 <= len(asked) <= 130


def test_the_pull_is_measured_from_repeats(desk):
    rng = np.random.default_rng(5)
    own = rng.normal(0, 0.3, (40, 2)).round(3)
    seen = own + rng.choice([-0.2, 0.2], (40, 2))
    blind = own + rng.normal(0, 0.01, (40, 2))
    firsts = [
        judgement_of(
            n, *value, decision="edit", shown=shown(tuple(seen[n])), rater="ben"
        )
        for n, value in enumerate((own + 0.5 * (seen - own)).tolist())
    ]
    saved = desk.store.give_judgements([(one, 0, None) for one in firsts])
    for event, stored in zip(saved, desk.store.judgements(), strict=True):
        plan = plan_of_repeat(event.event_id)
        desk.store.assign([repeat_of(stored)], plan=plan, rater="")
    again = [
        judgement_of(
            one.frame,
            *blind[one.frame].tolist(),
            purpose="repeat",
            rater="ben",
            assignment_id=str(one.assignment_id),
        )
        for one in desk.store.assignments()
    ]
    desk.store.give_judgements([(one, 0, None) for one in again])
    found = anchoring_of(desk.live)
    assert [(one.rater_id, one.dimension) for one in found] == [
        ("ben", "valence"),
        ("ben", "arousal"),
    ]
    for one in found:
        assert one.pull.n == 40
        assert one.pull.pull == pytest.approx(0.5, abs=0.1)
        assert one.pull.is_warned


# --- comparisons


def pair_for(desk, rater_id):
    found = next_pair(desk.live, rater_id)
    assert found is not None
    return found


def test_pairs_can_be_told_and_are_the_same_until_compared(desk):
    desk.live.settle()
    pair = pair_for(desk, "ben")
    assert pair == pair_for(desk, "ben")
    tolerance = desk.project.settings.tolerance
    assert pair.dimension == "valence"
    apart = abs(pair.first.value - pair.second.value)
    assert tolerance <= apart <= 4 * tolerance
    compare(desk, pair, "first")
    following = pair_for(desk, "ben")
    assert following.dimension == "arousal"
    assert pair_for(desk, "cho") != following


def compare(desk, pair, answer, rater="ben"):
    a, b = pair.first, pair.second
    desk.store.compare(
        Comparison(
            video_id=a.video_id,
            track_id=a.track_id,
            found_track_id=a.track_id,
            frame=a.frame,
            other_video_id=b.video_id,
            other_track_id=b.track_id,
            other_found_track_id=b.track_id,
            other_frame=b.frame,
            dimension=pair.dimension,
            answer=answer,
        ),
        rater=rater,
    )


def test_comparisons_are_scored_against_the_curves(desk):
    desk.live.settle()
    for n in range(6):
        pair = pair_for(desk, "ben")
        is_first = pair.first.value > pair.second.value
        right = "first" if is_first else "second"
        false = "second" if is_first else "first"
        compare(desk, pair, false if n == 0 else "cannot" if n == 1 else right)
    valence, arousal = score_comparisons(desk.live)
    assert valence.score.n == 3
    assert valence.score.share == pytest.approx(2 / 3)
    assert (arousal.score.n, arousal.score.share, arousal.n_cannot) == (2, 1.0, 1)
    assert valence.score.low < 2 / 3 < valence.score.high
