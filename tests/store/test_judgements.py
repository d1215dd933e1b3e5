import gc
import tracemalloc
from typing import Literal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.soak import examples
from tests.store.making import decision, events_of, give, judgement

from feltline.errors import StoreError
from feltline.store import JudgementCount, TrackEdit
from feltline.types import (
    DEFAULT_SCHEMA,
    EXPRESSIONS,
    Dimension,
    ExpressionClass,
    Judgement,
    LabelSchema,
    Shown,
)

Scope = Literal["frame", "span", "clip"]
UNITS = st.floats(-1, 1)
SECONDS = st.one_of(st.none(), st.floats(0, 1e6))
# What both databases keep: any text but NUL and halves of characters.
TEXT = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20
)
MAYBE_UNIT = st.one_of(st.none(), UNITS)
VALUES = st.one_of(st.just(()), st.tuples(MAYBE_UNIT, MAYBE_UNIT))
SHOWN = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {
            "model_id": TEXT,
            "value": st.one_of(st.none(), st.tuples(MAYBE_UNIT, MAYBE_UNIT)),
            "confidence": st.one_of(st.none(), st.floats(0, 1)),
            "proposed_by_class": st.booleans(),
        }
    ),
)


@st.composite
def fields_of_judgements(draw):
    from_, first, last, to = sorted(draw(st.tuples(*[st.integers(0, 99)] * 4)))
    scopes: list[Scope] = ["frame"] if first == last else ["span", "clip"]
    value = draw(VALUES)
    classes = st.sampled_from(EXPRESSIONS)
    expression = draw(st.one_of(st.none(), classes))
    says = expression is not None or any(v is not None for v in value)
    decisions = ["label", "accept", "edit"] if says else ["reject", "skip", "cannot"]
    is_wider = draw(st.booleans())
    return {
        "video_id": "a.mp4",
        "track_id": draw(st.integers(0, 9)),
        "scope": draw(st.sampled_from(scopes)),
        "first_frame": first,
        "last_frame": last,
        "reviewed_first_frame": from_ if is_wider else None,
        "reviewed_last_frame": to if is_wider else None,
        "value": value,
        "expression": expression,
        "rater": draw(TEXT.filter(bool)),
        "decision": draw(st.sampled_from(decisions)),
        "shown": draw(SHOWN),
        "audited": draw(SHOWN),
        "touched": draw(st.sampled_from([(), (True, False)])),
        "unsure": draw(st.booleans()),
        "purpose": draw(st.sampled_from(["work", "suggested", "audit", "honeypot"])),
        "assignment_id": None,  # `test_assignments` has those
        "active_s": draw(SECONDS),
        "comment": draw(TEXT),
        "origin": draw(st.sampled_from(["human", "import"])),
    }


def made(fields):
    """The judgement; made here, as the types' checker draws numbers of its own."""
    shown = {
        name: None if fields[name] is None else Shown(**fields[name])
        for name in ("shown", "audited")
    }
    return Judgement(**(fields | shown))


@settings(
    max_examples=examples(30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(fields_of_judgements(), max_size=4))
def test_judgements_come_back_as_they_were_given(store, some_fields):
    some = [made(fields) for fields in some_fields]
    before = store.last_event_id()
    saved = store.give_judgements([(one, 0, None) for one in some])
    assert events_of(saved) == [before + i + 1 for i in range(len(some))]
    back = store.judgements(after=before)
    assert [(s.event_id, s.at) for s in back] == [(s.event_id, s.at) for s in saved]
    assert [s.judgement for s in back] == some
    assert {s.found_track_id for s in back} <= {0}


def test_a_judgement_is_an_event_with_its_columns(store):
    shown = Shown(model_id="m1", value=(0.5, None), confidence=0.75)
    one = judgement(decision="edit", shown=shown, purpose="audit", comment="hm")
    give(store, one, client_id="c1")
    event = store.event(1)
    assert (event.kind, event.rater, event.client_id) == ("judgement", "me", "c1")
    assert event.video_id == "a.mp4"
    assert event.detail["value"] == [0.25, -0.5]
    assert event.detail["shown"]["confidence"] == 0.75
    assert (event.detail["decision"], event.detail["audited"]) == ("edit", None)


def test_judgements_are_read_by_video_state_and_place_in_the_log(store):
    give(store, *map(judgement, range(5)))
    give(store, judgement(video_id="b.mp4"))
    store.undo(rater="me", event_id=2)
    assert events_of(store.judgements()) == [1, 3, 4, 5, 6]
    assert events_of(store.judgements(at=6)) == [1, 2, 3, 4, 5, 6]
    assert events_of(store.judgements(at=3, after=1)) == [2, 3]
    assert events_of(store.judgements(video_id="b.mp4")) == [6]
    assert events_of(store.judgements(video_id="a.mp4")) == [1, 3, 4, 5]


def test_more_events_than_one_statement_takes(store):
    give(store, *(judgement(i % 100) for i in range(1200)))
    events = store.events(limit=2000)
    assert [e.detail["first_frame"] for e in events] == [i % 100 for i in range(1200)]


@pytest.mark.parametrize(
    ("one", "found", "fault"),
    [
        (judgement(video_id="c.mp4"), 0, r"no video 'c\.mp4'"),
        (judgement(100), 0, r"frame 100 is past the end of a\.mp4, .* is 99"),
        (
            judgement(reviewed_first_frame=5, reviewed_last_frame=100),
            0,
            "frame 100 is past the end",
        ),
        (judgement(), 7, r"no face 7 was found in a\.mp4; found were 0, 1"),
        (judgement(), 1, r"found in frames 40-59 of a\.mp4, not in frame 5"),
        (judgement(value=(1.5, 0.0)), 0, r"valence 1\.5, but it runs from -1 to 1"),
        (judgement(value=(0.5,)), 0, r"has 1 dimensions, .* has 2: valence, arousal"),
        (judgement(touched=(True,)), 0, "has 1 dimensions"),
        (judgement(shown=Shown(model_id="m", value=(0.1,) * 3)), 0, "3 dimensions"),
        (judgement(expression="ennui"), 0, "the expression 'ennui'; .* are neutral"),
    ],
)
def test_a_judgement_of_nothing_is_refused_and_all_with_it(store, one, found, fault):
    with pytest.raises(StoreError, match=fault):
        store.give_judgements([(judgement(), 0, None), (one, found, None)])
    assert store.judgements() == []
    assert store.last_event_id() == 0


def test_a_list_sent_twice_writes_only_what_was_not_there(store):
    names = ["x", None, "y", "x"]

    def send(n):
        frames = [1, 2, 3, 1]
        pairs = zip(frames, names, strict=True)
        listed = [(judgement(frame), 0, name) for frame, name in pairs][:n]
        saved = store.give_judgements(listed)
        return [(one.event_id, one.is_new) for one in saved]

    assert send(1) == [(1, True)]
    assert send(4) == [(1, False), (2, True), (3, True), (1, False)]
    assert send(4) == [(1, False), (4, True), (3, False), (1, False)]
    assert [s.judgement.first_frame for s in store.judgements()] == [1, 2, 3, 2]


def test_one_sent_again_is_acknowledged_whatever_became_of_its_track(store):
    """Its answer was lost; then somebody merged the face, and the page names no
    track that was ever found."""
    (first,) = store.give_judgements([(judgement(), 0, "c")])
    edit = TrackEdit(video_id="a.mp4", kind="ignore", track_id=0)
    store.edit_track(edit, rater="you")
    (again,) = store.give_judgements([(judgement(), 99, "c")])
    assert (again.event_id, again.at, again.is_new) == (1, first.at, False)
    assert store.events_of_clients(["c", "d"]) == {"c": again}
    assert store.last_event_id() == 2


def test_one_client_id_for_two_judgements_of_a_batch_is_refused(store):
    one, other = judgement(), judgement(expression="fear")
    with pytest.raises(StoreError, match="client_id c stands for two different"):
        store.give_judgements([(one, 0, "c"), (other, 0, "c")])
    assert store.judgements() == []
    first, second = store.give_judgements([(one, 0, "c"), (one, 0, "c")])
    assert first == second
    assert len(store.judgements()) == 1


@pytest.mark.parametrize(
    "other",
    [judgement(rater="you"), judgement(video_id="b.mp4")],
    ids=["another rater", "another video"],
)
def test_one_client_id_for_two_changes_is_refused(store, other):
    give(store, judgement(), client_id="c")
    with pytest.raises(StoreError, match=r"client_id c stands for another .*event 1"):
        give(store, other, client_id="c")
    with pytest.raises(StoreError, match="client_id c stands for another"):
        store.undo(rater="me", client_id="c")
    assert len(store.judgements()) == 1


def test_more_names_than_a_statement_has_parameters_are_looked_up_at_once(store):
    give(store, judgement(), client_id="c7")
    statements = Statements(store)
    assert list(store.events_of_clients([f"c{i}" for i in range(70_000)])) == ["c7"]
    assert statements.count <= 3


def test_what_is_known_is_not_entered_twice(store):
    rows = [judgement(i, origin="import") for i in (1, 2, 1)]
    assert give(store, *rows, unless_known=True) == [1, 2, 1]
    assert give(store, *rows, judgement(9), unless_known=True) == [1, 2, 1, 3]
    # Another rater's, another value's, or one that was taken back is none of them.
    others = [judgement(1, rater="you"), judgement(1, value=(0.25, None))]
    assert give(store, *others, unless_known=True) == [4, 5]
    store.undo(rater="me", event_id=1)
    assert give(store, rows[0], unless_known=True) == [7]
    assert give(store, rows[0]) == [8]  # who wants it twice has it twice


def test_what_is_known_is_found_without_keeping_it_in_memory(store):
    """A file of very many rows is brought in once more in what they take themselves."""
    rows = [judgement(i % 50, rater=f"r{i // 50}") for i in range(1000)]
    given = [(one, 0, None) for one in rows]
    store.give_judgements(given, unless_known=True)
    store.give_judgements(given[:9], unless_known=True)  # statements are compiled once
    gc.collect()
    tracemalloc.start()
    saved = store.give_judgements(given, unless_known=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not any(one.is_new for one in saved)
    assert peak < 1700 * len(rows)  # bytes; 1,370 to 1,450 are what the answers take


def test_counts_are_of_what_is_in_force(store):
    give(store, judgement(1), judgement(2), decision(3), judgement(45, rater="you"))
    give(store, judgement(50), found=1)
    give(store, judgement(video_id="b.mp4"))
    give(store, judgement(video_id="b.mp4", purpose="audit"))
    store.undo(rater="me", event_id=2)

    def count(video_id, found, rater, kind, n, purpose="work"):
        return JudgementCount(
            video_id=video_id,
            found_track_id=found,
            rater=rater,
            decision=kind,
            purpose=purpose,
            origin="human",
            count=n,
        )

    now = [
        count("a.mp4", 0, "me", "label", 1),
        count("a.mp4", 0, "me", "reject", 1),
        count("a.mp4", 0, "you", "label", 1),
        count("a.mp4", 1, "me", "label", 1),
        count("b.mp4", 0, "me", "label", 1, "audit"),
        count("b.mp4", 0, "me", "label", 1),
    ]
    assert store.judgement_counts() == now
    assert store.judgement_counts(at=2) == [count("a.mp4", 0, "me", "label", 2)]


def test_the_last_judgements_leave_out_what_was_taken_back(store):
    give(store, *map(judgement, range(8)))
    store.undo(rater="me", event_id=7)
    assert events_of(store.recent_judgements(3)) == [5, 6, 8]
    assert events_of(store.recent_judgements()) == [1, 2, 3, 4, 5, 6, 8]


def test_undone_judgements_by_the_thousand_are_counted(store):
    numbers = give(store, *(judgement(i % 100) for i in range(1200)))
    for number in numbers[:3]:
        store.undo(rater="me", event_id=number)
    assert sum(group.count for group in store.judgement_counts()) == 1197


class Statements:
    """Counts the SQL statements of a store, transactions included."""

    def __init__(self, store):
        self.count = 0
        engine = store._engine
        sa.event.listen(engine, "before_cursor_execute", self.executed)
        if engine.dialect.name == "postgresql":  # where BEGIN is the driver's
            sa.event.listen(engine, "begin", self.counted)
        sa.event.listen(engine, "commit", self.counted)
        sa.event.listen(engine, "rollback", self.counted)

    def executed(self, _connection, _cursor, _statement, _parameters, _context, _many):
        self.count += 1

    def counted(self, _connection):
        self.count += 1


def test_a_judgement_costs_a_dozen_statements_at_most(store):
    give(store, *(judgement(i) for i in range(40)))
    store.undo(rater="me")
    statements = Statements(store)
    assert store.events_of_clients(["c"]) == {}
    give(store, judgement(), client_id="c")
    assert 0 < statements.count <= 12
    statements.count = 0
    sheet = [(judgement(i), 0, f"s{i}") for i in range(48)]
    store.give_judgements(sheet)
    assert 0 < statements.count <= 12
    statements.count = 0
    store.judgement_counts()
    store.recent_judgements()
    assert statements.count <= 12


def test_a_project_may_be_labelled_in_other_dimensions_and_classes(store):
    assert store.label_schema() == DEFAULT_SCHEMA
    pain = LabelSchema(
        dimensions=(Dimension(name="pain", low=0.0, high=10.0),),
        classes=(ExpressionClass(name="wince"),),
    )
    assert store.set_label_schema(pain, rater="lead") == 1
    assert store.label_schema() == pain
    assert store.label_schema(at=0) == DEFAULT_SCHEMA
    assert store.event(1).kind == "label-schema"
    give(store, judgement(value=(7.5,), expression="wince"))
    with pytest.raises(StoreError, match=r"pain 11, but it runs from 0 to 10"):
        give(store, judgement(value=(11.0,)))
    # What was judged must go on fitting.
    with pytest.raises(StoreError, match="judgements of pain already"):
        store.set_label_schema(DEFAULT_SCHEMA, rater="lead")
    bare = LabelSchema(dimensions=pain.dimensions, classes=())
    with pytest.raises(StoreError, match="the class wince must stay"):
        store.set_label_schema(bare, rater="lead")
    more = LabelSchema(
        dimensions=pain.dimensions,
        classes=(*pain.classes, ExpressionClass(name="grimace")),
    )
    store.set_label_schema(more, rater="lead")
    assert store.label_schema() == more
    assert store.undo(rater="lead") is None
