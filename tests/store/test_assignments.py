from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import pytest
from tests.store.making import events_of, give, judgement

from feltline.errors import ShapeError, StoreError
from feltline.store import Assignment, NewAssignment, Store, WorkCount


def new(frame=5, rater_id="anna", **other):
    given = {
        "rater_id": rater_id,
        "video_id": "a.mp4",
        "found_track_id": 0,
        "track_id": 0,
        "first_frame": frame,
        "last_frame": frame,
        "frame": frame,
        "scope": "frame",
        "kind": "label",
        "is_blind": True,
    }
    return NewAssignment(**(given | other))


def assign(store, *made, plan="first", rater="lead"):
    return [one.assignment_id for one in store.assign(made, plan=plan, rater=rater)]


def answer(store, number, frame=5, rater="anna", **other):
    said = judgement(frame, rater=rater, assignment_id=f"{number}", **other)
    (event_id,) = give(store, said)
    return event_id


def open_of(store, rater_id="anna", **options):
    found = store.open_assignments(rater_id, limit=100, **options)
    return [one.assignment_id for one in found]


def test_assignments_come_back_as_they_were_made(store):
    asked = new(8, kind="honeypot", answer_id="k1", batch_id=3, priority=0.5)
    (number,) = assign(store, asked)
    one = store.assignment(number)
    assert {f.name: getattr(one, f.name) for f in fields(NewAssignment)} == {
        f.name: getattr(asked, f.name) for f in fields(NewAssignment)
    }
    assert (one.state, one.plan, one.answered_event_id) == ("open", "first", None)
    assert isinstance(one, Assignment)
    assert store.assignment(number + 1) is None


def test_a_plan_that_is_carried_out_twice_assigns_nothing_twice(store):
    first = assign(store, new(5), new(6), new(5, "ben"), new(5))
    assert first == [1, 2, 3, 1]
    assert assign(store, new(7), new(6)) == [4, 2]
    assert assign(store, new(5), plan="second") == [5]
    notes = [(event.kind, event.rater) for event in store.events()]
    assert notes == [("assigned", "lead")] * 3
    assert [event.detail for event in store.events()] == [
        {"plan": "first", "n_assignments": 3},
        {"plan": "first", "n_assignments": 1},
        {"plan": "second", "n_assignments": 1},
    ]
    assign(store, new(5), plan="second")
    assert store.last_event_id() == 3


def test_numbers_are_never_given_again(store):
    assign(store, new(5), new(6))
    store.purge_video("a.mp4")
    other = new(7, video_id="b.mp4")
    assert assign(store, other) == [3]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"video_id": "c.mp4"}, "no video 'c.mp4'"),
        ({"found_track_id": 7}, "no face 7 was found"),
        ({"found_track_id": 1}, "found in frames 40-59"),
        ({"first_frame": 5, "last_frame": 100}, "past the end"),
    ],
)
def test_what_is_not_there_is_not_assigned(store, other, why):
    with pytest.raises(StoreError, match=why):
        assign(store, new(6), new(5, **other))
    assert open_of(store) == []
    with pytest.raises(StoreError, match="needs a name"):
        assign(store, new(), plan="")


@pytest.mark.parametrize("other", [{"rater_id": ""}, {"last_frame": 4}])
def test_an_assignment_that_cannot_be_is_refused(other):
    with pytest.raises(ShapeError, match="assignment"):
        new(5, **other)


def test_the_first_to_judge_comes_first(store):
    b = {"video_id": "b.mp4"}
    assign(store, new(5), new(6, priority=2.0), new(7, priority=2.0), new(8, **b))
    # Their numbers rise, too: those that are shown out of turn would stand out.
    assert open_of(store) == [1, 2, 3, 4]
    assert open_of(store, at_hand="b.mp4") == [4, 1, 2, 3]
    assert [a.frame for a in store.open_assignments("anna", limit=1)] == [6]
    assert open_of(store, "ben") == []


def test_an_answer_closes_and_its_undo_opens_again(store):
    (number,) = assign(store, new())
    event_id = answer(store, number)
    answered = store.assignment(number)
    assert (answered.state, answered.answered_event_id) == ("answered", event_id)
    assert open_of(store) == []
    assert store.open_blind("anna") == frozenset()
    undo = store.undo(rater="anna")
    assert store.assignment(number).state == "open"
    assert open_of(store) == [number]
    assert store.open_blind("anna") == {("a.mp4", 0)}
    assert store.redo(rater="anna") == undo + 1
    assert store.assignment(number).state == "answered"
    with pytest.raises(StoreError, match=f"answered already, by event {event_id}"):
        answer(store, number)
    assert store.undo(rater="anna", event_id=event_id) == undo + 2
    assert open_of(store) == [number]


def test_a_judgement_sent_once_more_is_acknowledged_not_answered_again(store):
    (number,) = assign(store, new())
    said = judgement(5, rater="anna", assignment_id=f"{number}")
    assert give(store, said, client_id="c1") == give(store, said, client_id="c1")
    assert len(store.judgements()) == 1


def test_of_two_answers_sent_together_none_is_saved(store):
    (number,) = assign(store, new())
    one, two = (
        judgement(5, rater="anna", assignment_id=f"{number}", value=(v, 0.0))
        for v in (0.1, 0.2)
    )
    with pytest.raises(StoreError, match="answered already"):
        give(store, one, two)
    assert store.judgements() == []
    assert open_of(store) == [number]


def test_an_answer_that_was_replaced_cannot_be_brought_back_beside_it(store):
    """Else one assignment would have two answers in force."""
    (number,) = assign(store, new())
    first = answer(store, number)
    undo = store.undo(rater="anna")
    second = answer(store, number)
    with pytest.raises(StoreError, match=f"answered already, by event {second}"):
        store.undo(rater="anna", event_id=undo)
    assert events_of(store.judgements()) == [second]
    store.undo(rater="anna", event_id=second)
    store.undo(rater="anna", event_id=undo)
    assert events_of(store.judgements()) == [first]
    answered = store.assignment(number)
    assert (answered.state, answered.answered_event_id) == ("answered", first)


def test_nobody_answers_for_another_or_learns_of_it(store, new_store):
    (number,) = assign(store, new())
    unknown = "no assignment {} of yours"
    with pytest.raises(StoreError, match=unknown.format(number)):
        answer(store, number, rater="ben")
    with pytest.raises(StoreError, match=unknown.format(number + 1)):
        answer(store, number + 1)
    other = new_store()
    assert other.assignment(number) is None
    with pytest.raises(StoreError, match=unknown.format(number)):
        answer(other, number)
    with pytest.raises(StoreError, match="'x1' is no number of an assignment"):
        answer(store, "x1")
    assert store.judgements() == []
    assert store.assignment(number).state == "open"


def test_an_answer_is_of_the_frames_that_were_asked_for(store):
    (number,) = assign(store, new(5))
    with pytest.raises(StoreError, match=r"asks for frames 5-5 of a\.mp4"):
        answer(store, number, frame=6)
    with pytest.raises(StoreError, match=r"is of 5-5 of b\.mp4"):
        answer(store, number, video_id="b.mp4")
    assert open_of(store) == [number]
    wide = {"reviewed_first_frame": 4, "reviewed_last_frame": 6}
    answer(store, number, frame=6, **wide)
    assert open_of(store) == []


def test_what_is_withdrawn_is_not_asked_and_not_answered(store):
    one, two, three = assign(store, new(5), new(6), new(7))
    assign(store, new(8), plan="other")
    answer(store, one)
    answer(store, two, frame=6)
    store.undo(rater="anna")
    assert store.withdraw("first") == 2
    assert store.withdraw("first") == 0
    assert open_of(store) == [4]
    assert store.assignment(one).state == "answered"
    for number, frame in ((two, 6), (three, 7)):
        with pytest.raises(StoreError, match=f"assignment {number} was withdrawn"):
            answer(store, number, frame=frame)
    # Nor by bringing back what was undone before.
    with pytest.raises(StoreError, match="was withdrawn"):
        store.redo(rater="anna")


def test_only_open_blind_ones_count_as_blind(store):
    seen, _, done, _ = assign(
        store,
        new(5, is_blind=False),
        new(6, "ben"),
        new(7, video_id="b.mp4"),
        new(45, found_track_id=1),
    )
    assert store.open_blind("anna") == {("b.mp4", 0), ("a.mp4", 1)}
    answer(store, done, frame=7, video_id="b.mp4")
    answer(store, seen)
    assert store.open_blind("anna") == {("a.mp4", 1)}


def test_work_is_counted_by_rater_and_kind(store):
    numbers = assign(
        store, new(5), new(6), new(7), new(5, "ben"), new(6, kind="repeat")
    )
    for number, frame in zip(numbers[:2], (5, 6), strict=True):
        answer(store, number, frame=frame)
    store.undo(rater="anna")
    assert store.work_counts() == [
        WorkCount(rater_id="anna", kind="label", n_open=2, n_answered=1),
        WorkCount(rater_id="anna", kind="repeat", n_open=1, n_answered=0),
        WorkCount(rater_id="ben", kind="label", n_open=1, n_answered=0),
    ]


def test_one_assignment_is_answered_once_however_many_servers(store, url):
    numbers = assign(store, *map(new, range(6)))
    servers = [Store.open(url, project_id="p") for _ in range(4)]

    def try_all(server):
        won = 0
        for number, frame in zip(numbers, range(6), strict=True):
            try:
                answer(server, number, frame=frame)
            except StoreError as error:
                assert "answered already" in str(error)  # noqa: PT017 - one may win
            else:
                won += 1
        return won

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(try_all, servers)) == 6
    for server in servers:
        server.close()
    said = [s.judgement.assignment_id for s in store.judgements()]
    assert sorted(said) == sorted(map(str, numbers))
    assert open_of(store) == []
    assert store.check() == []


def test_plans_that_are_carried_out_at_once_assign_once(store, url):
    servers = [Store.open(url, project_id="p") for _ in range(3)]
    wanted = [new(frame) for frame in range(8)]
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda one: assign(one, *wanted), servers))
    for server in servers:
        server.close()
    assert made[0] == made[1] == made[2]
    assert len(open_of(store)) == 8


def test_a_purge_takes_assignments_with_their_video(store):
    (number, other) = assign(store, new(), new(video_id="b.mp4"))
    answer(store, number)
    assert store.purge_video("a.mp4").removed["assignments"] == 1
    assert open_of(store) == [other]
    assert store.check() == []


def test_a_snapshot_holds_assignments(store, tmp_path):
    (number,) = assign(store, new())
    answer(store, number)
    store.snapshot(tmp_path / "copy.db")
    with Store.open(f"sqlite:///{tmp_path}/copy.db", project_id="p") as copy:
        assert copy.assignment(number) == store.assignment(number)
        assert copy.check() == []
