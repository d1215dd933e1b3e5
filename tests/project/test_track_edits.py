from datetime import UTC, datetime
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.soak import examples

from feltline.errors import InputError
from feltline.fewshot import observations_of
from feltline.project import (
    IGNORED,
    check_edit,
    edited,
    frames_now,
    judgements_now,
    persons_now,
)
from feltline.store import (
    PersonName,
    StoredJudgement,
    StoredPersonName,
    StoredTrackEdit,
    TrackEdit,
)
from feltline.types import DEFAULT_SCHEMA, FaceTrack, Judgement


def track(number, frames, video="a.mp4"):
    frame = np.array(frames, np.int64)
    n = len(frame)
    corner = np.stack([frame, frame + number, frame + 9, frame + number + 9], axis=1)
    return FaceTrack(
        video_id=video,
        track_id=number,
        frame=frame,
        time_s=frame / 25,
        box_xyxy=corner.astype(np.float32),
        quality=((frame + number) % 10 / 10).astype(np.float32).reshape(n),
    )


def split(number, frame, other):
    return TrackEdit(
        video_id="a.mp4",
        kind="split",
        track_id=number,
        frame=frame,
        other_track_id=other,
    )


def merge(number, other):
    return TrackEdit(
        video_id="a.mp4", kind="merge", track_id=number, other_track_id=other
    )


def ignore(number):
    return TrackEdit(video_id="a.mp4", kind="ignore", track_id=number)


FOUND = (
    track(0, range(40)),
    track(1, range(50, 80)),
    track(2, range(20, 60, 2)),
)


def apply(*edits):
    return edited(FOUND, edits)


def rows_of(made, number):
    """Found frame and found track of each face of a track, by way of `gather`."""
    where, first = {}, 0
    for one in FOUND:
        where[one.track_id] = slice(first, first + len(one))
        first += len(one)
    whole = [(int(f), one.track_id) for one in FOUND for f in one.frame]
    return [whole[i] for i in made.gather(number, where)]


def shape(made):
    """Which found faces make up each track."""
    return {one.track_id: sorted(rows_of(made, one.track_id)) for one in made.tracks}


def assert_sound(made):
    """Every found face is in one track or ignored, and all columns belong together."""
    numbers = [one.track_id for one in made.tracks]
    assert numbers == sorted(set(numbers))
    assert not set(numbers) & set(made.ignored)
    rows = []
    for one in made.tracks:
        assert len(one) > 0
        frame, source = np.array(rows_of(made, one.track_id)).T
        np.testing.assert_array_equal(frame, one.frame)
        np.testing.assert_array_equal(one.time_s, one.frame / 25)
        np.testing.assert_array_equal(one.box_xyxy[:, 1], frame + source)
        np.testing.assert_allclose(one.quality, (frame + source) % 10 / 10)
        rows += [(f, t, one.track_id) for f, t in zip(frame, source, strict=True)]
    every = [
        (f, whole.track_id, now)
        for whole in FOUND
        for f, now in zip(whole.frame, made.where[whole.track_id], strict=True)
    ]
    assert sorted(rows) == sorted(row for row in every if row[2] != -1)
    assert {now for _, _, now in every if now != -1} == set(numbers)


def test_without_edits_the_found_tracks_stand():
    made = apply()
    assert all(a is b for a, b in zip(made.tracks, FOUND, strict=True))
    assert made.ignored == ()
    assert_sound(made)


def test_a_split_gives_the_later_frames_a_number_of_their_own():
    made = apply(split(0, 25, 3))
    assert_sound(made)
    tracks = {one.track_id: one for one in made.tracks}
    assert list(tracks) == [0, 1, 2, 3]
    assert tracks[0].frame.tolist() == list(range(25))
    assert tracks[3].frame.tolist() == list(range(25, 40))
    assert tracks[1] is FOUND[1]
    assert (made.where[0] == np.where(np.arange(40) < 25, 0, 3)).all()


def test_a_merge_joins_faces_in_the_order_of_time():
    made = apply(merge(0, 1))
    assert_sound(made)
    (joined, _) = made.tracks
    assert joined.track_id == 1
    assert joined.frame.tolist() == [*range(40), *range(50, 80)]


def test_tracks_may_interleave_and_be_split_again():
    made = apply(split(2, 40, 7), merge(7, 0), split(0, 45, 8))
    assert_sound(made)
    assert shape(made)[0] == [(f, 0) for f in range(40)] + [
        (f, 2) for f in (40, 42, 44)
    ]
    assert shape(made)[8] == [(f, 2) for f in range(46, 60, 2)]
    woven = apply(split(0, 20, 4), split(4, 21, 5), merge(5, 1), merge(4, 1))
    assert_sound(woven)


def test_an_ignored_track_is_left_out_and_remembered():
    made = apply(split(0, 25, 3), ignore(3), ignore(1))
    assert_sound(made)
    assert [one.track_id for one in made.tracks] == [0, 2]
    assert made.ignored == (1, 3)
    assert (made.where[0][25:] == -1).all()
    assert (made.where[0][:25] == 0).all()


@pytest.mark.parametrize(
    ("so_far", "edit", "message"),
    [
        ([], ignore(9), r"a\.mp4 has no face 9; its faces are: 0, 1, 2"),
        ([], merge(0, 9), "has no face 9"),
        ([], merge(9, 0), "has no face 9"),
        ([], split(9, 3, 10), "has no face 9"),
        ([merge(0, 1)], split(0, 3, 10), "has no face 0"),
        ([ignore(1)], merge(0, 1), "face 1 of a.mp4 is ignored; restore it first"),
        ([ignore(1)], ignore(1), "is ignored"),
        ([], merge(2, 0), "both seen in frame 20, so they are two faces"),
        ([], merge(0, 2), "faces 0 and 2 of a.mp4 are both seen in frame 20"),
        ([], split(0, 0, 3), "leaves nothing on one side: give a frame after 0, at"),
        ([], split(0, 40, 3), "seen from frame 0 to 39"),
        ([], split(1, 20, 3), "seen from frame 50 to 79"),
        ([], split(0, 5, 2), "number 2 is taken in a.mp4; the next free one is 3"),
        ([merge(1, 0)], split(0, 60, 1), "number 1 is taken"),
        ([split(0, 9, 5), merge(5, 0)], split(0, 9, 5), "the next free one is 6"),
        ([split(0, 20, 3)], split(0, 20, 4), "frame 0 to 19"),
    ],
)
def test_edits_that_make_no_sense_are_refused_and_change_nothing(so_far, edit, message):
    with pytest.raises(InputError, match=message):
        check_edit(FOUND, so_far, edit)
    assert shape(apply(*so_far, edit)) == shape(apply(*so_far))


def test_an_edit_of_another_video_is_refused():
    other = [track(0, range(9), video="b.mp4")]
    with pytest.raises(InputError, match=r"is of a\.mp4, the tracks are of b\.mp4"):
        check_edit(other, [], ignore(0))


def test_sound_edits_pass_the_check():
    edits = [split(0, 20, 3), merge(3, 1), split(1, 55, 4), merge(0, 4), ignore(2)]
    for n, edit in enumerate(edits):
        check_edit(FOUND, edits[:n], edit)
    made = apply(*edits)
    assert_sound(made)
    assert shape(made)[1] == [(f, 0) for f in range(20, 40)] + [
        (f, 1) for f in range(50, 55)
    ]


def test_an_edit_built_on_one_that_was_undone_changes_nothing():
    """Undoing takes an edit out of the middle of the list."""
    whole = [split(0, 20, 3), merge(3, 1), merge(0, 2)]
    assert shape(apply(whole[1], whole[2])) == shape(apply())
    assert shape(apply(whole[0], whole[2])) == {
        1: shape(apply())[1],
        2: sorted(shape(apply())[2] + [(f, 0) for f in range(20)]),
        3: [(f, 0) for f in range(20, 40)],
    }


def test_a_split_merged_back_restores_what_was():
    made = apply(split(0, 17, 3), merge(3, 0))
    assert_sound(made)
    assert shape(made) == shape(apply())
    for name in ("frame", "time_s", "box_xyxy", "quality"):
        np.testing.assert_array_equal(
            getattr(made.tracks[0], name), getattr(FOUND[0], name)
        )


def test_edits_of_different_tracks_may_come_in_any_order():
    edits = [split(0, 20, 3), split(1, 60, 4), ignore(2)]
    wanted = shape(apply(*edits))
    for order in permutations(edits):
        assert shape(apply(*order)) == wanted


NUMBERS = st.integers(0, 6)
PAIRS = st.tuples(NUMBERS, st.integers(0, 8)).filter(lambda pair: pair[0] != pair[1])
EDITS = st.lists(
    st.one_of(
        st.builds(
            lambda pair, f: split(pair[0], f, pair[1]), PAIRS, st.integers(0, 85)
        ),
        st.builds(lambda pair: merge(*pair), PAIRS),
        st.builds(ignore, NUMBERS),
    ),
    max_size=8,
)


def fits(edit, now, gone, taken):
    """Whether an edit makes sense for faces as they are numbered now."""
    frames: dict[int, set[int]] = {}
    for (frame, _), number in now.items():
        if number not in gone:
            frames.setdefault(number, set()).add(frame)
    own, other = frames.get(edit.track_id), frames.get(edit.other_track_id)
    if own is None:
        return False
    if edit.kind == "merge":
        return other is not None and not own & other
    if edit.kind == "split":
        return edit.other_track_id not in taken and min(own) < edit.frame <= max(own)
    return True


def naive(edits):
    """The same fold, face by face; edits that do not fit are passed over."""
    now = {(int(f), one.track_id): one.track_id for one in FOUND for f in one.frame}
    taken, gone = {0, 1, 2}, set[int]()
    for edit in edits:
        if not fits(edit, now, gone, taken):
            continue
        if edit.kind == "ignore":
            gone.add(edit.track_id)
            continue
        taken.add(edit.other_track_id)
        for face, number in list(now.items()):
            if number == edit.track_id and face[0] >= (edit.frame or 0):
                now[face] = edit.other_track_id
    made: dict[int, list[tuple[int, int]]] = {}
    for face, number in sorted(now.items()):
        if number not in gone:
            made.setdefault(number, []).append(face)
    return made, tuple(sorted(gone))


@settings(deadline=None)
@given(EDITS)
def test_any_edits_keep_every_face_once(edits):
    made = apply(*edits)
    assert_sound(made)
    assert (shape(made), made.ignored) == naive(edits)


@settings(deadline=None, max_examples=examples(50))
@given(EDITS)
def test_refused_edits_are_those_that_change_nothing(edits):
    for n, edit in enumerate(edits):
        before, after = apply(*edits[:n]), apply(*edits[: n + 1])
        same = (shape(before), before.ignored) == (shape(after), after.ignored)
        try:
            check_edit(FOUND, edits[:n], edit)
        except InputError:
            assert same
        else:
            assert not same


@settings(deadline=None, max_examples=examples(50))
@given(EDITS, st.lists(st.tuples(NUMBERS, st.integers(0, 85)), max_size=20))
def test_faces_are_followed_through_edits(edits, named):
    """Against a search through every state there was, the newest first."""

    def slowly(number, frame):
        now = apply(*edits).where
        for n in reversed(range(len(edits) + 1)):
            then = apply(*edits[:n]).where
            for one in FOUND:
                at = (one.frame == frame) & (then[one.track_id] == number)
                if at.any():
                    return int(now[one.track_id][at][0])
        return IGNORED

    assert frames_now(FOUND, edits, named) == [slowly(*one) for one in named]


NOW = datetime(2026, 1, 1, tzinfo=UTC)


def numbered(*edits):
    """Edits with the events 10, 20, 30 ..."""
    return [
        StoredTrackEdit(event_id=10 * n, at=NOW, rater="anna", edit=edit)
        for n, edit in enumerate(edits, start=1)
    ]


def given_at(event_id, number, first, last=None, *, found=None, **more):
    judgement = Judgement(
        video_id="a.mp4",
        track_id=number,
        first_frame=first,
        last_frame=first if last is None else last,
        rater="anna",
        **({"scope": "frame" if last is None else "span", "value": (0.5, 0.5)} | more),
    )
    return StoredJudgement(
        event_id=event_id,
        at=NOW,
        found_track_id=number if found is None else found,
        judgement=judgement,
    )


def lies(edits, *judgements):
    stored = numbered(*edits)
    made = judgements_now(apply(*edits), stored, judgements)
    return [
        (s.judgement.track_id, s.judgement.first_frame, s.judgement.last_frame)
        for s in made
    ]


@pytest.mark.parametrize("decision", ["label", "accept", "reject", "skip", "cannot"])
def test_judgements_of_every_kind_go_with_their_faces(decision):
    more = {"decision": decision}
    if decision not in ("label", "accept"):
        more["value"] = ()
    one = given_at(1, 0, 30, **more)
    assert lies([], one) == [(0, 30, 30)]
    assert lies([split(0, 25, 3)], one) == [(3, 30, 30)]
    assert lies([split(0, 25, 3), merge(3, 1)], one) == [(1, 30, 30)]
    assert lies([split(0, 25, 3), ignore(3)], one) == []


@pytest.mark.parametrize("scope", ["span", "clip"])
@pytest.mark.parametrize("decision", ["label", "accept", "edit"])
def test_a_value_goes_with_most_of_its_frames_when_its_track_is_split(scope, decision):
    """It was said of one face, and one judgement counts once."""
    one = given_at(1, 0, 20, 30, scope=scope, decision=decision)
    later = split(0, 25, 3)
    assert lies([later], one) == [(3, 25, 30)]
    assert lies([split(0, 27, 3)], one) == [(0, 20, 26)]
    assert lies([split(0, 24, 3), split(3, 27, 4)], one) == [(0, 20, 23)]
    assert lies([split(0, 25, 3)], given_at(1, 0, 20, 29, scope=scope)) == [(0, 20, 24)]
    assert lies([later, ignore(0)], one) == [(3, 25, 30)]
    assert lies([later, ignore(3)], one) == []
    # As one again: by a merge, or where the split was undone.
    assert lies([later, merge(3, 0)], one) == [(0, 20, 30)]
    assert lies([], one) == [(0, 20, 30)]
    (made,) = judgements_now(apply(later), numbered(later), [one])
    whole = track(3, range(25, 40))
    assert len(observations_of(whole, [made], DEFAULT_SCHEMA)) == 1


@pytest.mark.parametrize("decision", ["reject", "cannot", "skip"])
def test_what_sets_frames_aside_speaks_of_each_of_them(decision):
    one = given_at(1, 0, 20, 30, decision=decision, value=(), comment="a hand")
    made = judgements_now(apply(split(0, 25, 3)), numbered(split(0, 25, 3)), [one])
    assert [
        (s.judgement.track_id, s.judgement.first_frame, s.judgement.last_frame)
        for s in made
    ] == [(0, 20, 24), (3, 25, 30)]
    assert [s.judgement.comment for s in made] == ["", "a hand"]  # said once


def test_a_judgement_stays_with_the_track_that_it_was_given_on():
    later = given_at(15, 3, 20, 30, found=0)  # after the split
    assert lies([split(0, 25, 3)], later) == [(3, 25, 30)]
    # What made the track was undone: the face is that of the found track.
    assert lies([], later) == [(0, 20, 30)]


@settings(deadline=None, max_examples=examples(50))
@given(EDITS, st.lists(st.tuples(st.integers(0, 2), st.integers(0, 60)), max_size=5))
def test_one_judgement_is_one_observation_whatever_is_edited(edits, spans):
    said = [
        given_at(1 + 1000 * (i % 2), n, f, f + 15, comment=str(i))
        for i, (n, f) in enumerate(spans)
    ]
    made = judgements_now(apply(*edits), numbered(*edits), said)
    assert len(made) == len({s.judgement.comment for s in made})


def test_what_was_reviewed_is_cut_to_the_track():
    near = {"reviewed_first_frame": 20, "reviewed_last_frame": 34}
    made = judgements_now(
        apply(split(0, 25, 3)),
        numbered(split(0, 25, 3)),
        [given_at(1, 0, 30, decision="accept", **near)],
    )
    assert [s.judgement.reviewed for s in made] == [(25, 34)]


@settings(deadline=None, max_examples=examples(50))
@given(EDITS, st.lists(st.tuples(st.integers(0, 2), st.integers(0, 80)), max_size=9))
def test_a_judgement_of_a_frame_lies_where_its_face_is(edits, faces):
    """Whatever edits come afterwards."""
    there = [(n, f) for n, f in faces if f in FOUND[n].frame]
    now = apply(*edits).where
    wanted = [
        (number, f, f)
        for n, f in there
        if (number := int(now[n][FOUND[n].frame == f][0])) != IGNORED
    ]
    assert lies(edits, *(given_at(1, n, f) for n, f in there)) == wanted


def test_a_judgement_on_a_found_track_without_its_frame_is_passed_over():
    """Databases of older versions hold such rows, and must open."""
    assert lies([], given_at(1, 1, 5)) == []
    assert lies([split(0, 25, 3)], given_at(1, 1, 5)) == []


def test_names_of_persons_follow():
    def named(number, name, found):
        person = PersonName(video_id="a.mp4", track_id=number, name=name)
        return StoredPersonName(
            event_id=1, at=NOW, rater="anna", found_track_id=found, person=person
        )

    whole = [named(0, "Mia", 0)]
    assert persons_now(apply(), whole) == {0: "Mia"}
    assert persons_now(apply(split(0, 25, 3)), whole) == {0: "Mia"}
    assert persons_now(apply(merge(0, 1)), whole) == {1: "Mia"}
    assert persons_now(apply(), [*whole, named(0, "Ada", 0)]) == {0: "Ada"}
