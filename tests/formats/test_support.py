import json
import time

import numpy as np
import pytest
from tests.formats.conftest import track_of

from feltline.errors import InputError, NothingToLabelError, SupportError
from feltline.formats import (
    FacesOfVideo,
    SupportRow,
    choices_of,
    judgements_of,
    read_frames_to_choose,
    read_schema,
    read_support,
)
from feltline.types import DEFAULT_SCHEMA

HEADER = "video,frame,face,valence,arousal,expression,rater\n"


@pytest.fixture
def resolve(tmp_path, talk, walk):
    def run(text, header=HEADER, schema=DEFAULT_SCHEMA):
        path = tmp_path / "labels.csv"
        path.write_text(header + text, encoding="utf-8")
        videos = {v.video_id: v for v in (talk, walk)}
        rows = read_support(path, schema).rows
        location = dict.fromkeys(videos, "")
        return judgements_of(path, rows, location, videos.__getitem__)

    return run


def frames(made):
    return [j.first_frame for j in made]


def fault(resolve, text, header=HEADER):
    with pytest.raises(SupportError) as caught:
        resolve(text, header)
    return str(caught.value)


def test_rows_become_labels_of_their_faces(resolve):
    made, notes = resolve(
        "talk.mp4,0,,0.5,-0.25,Happiness,anna\n"
        "walk.mov,10,,0,0,,\n"
        "talk.mp4,7,1,-1,1,,ben\n"
    )
    assert [j.video_id for j in made] == ["talk.mp4", "walk.mov", "talk.mp4"]
    assert [j.track_id for j in made] == [0, 0, 1]
    assert frames(made) == [0, 10, 7]
    assert [j.value for j in made] == [(0.5, -0.25), (0, 0), (-1, 1)]
    assert [j.expression for j in made] == ["happiness", None, None]
    assert [j.rater for j in made] == ["anna", "r1", "ben"]
    assert {j.origin for j in made} == {"import"}
    assert notes == []


def test_a_dimension_or_the_class_may_be_given_alone(resolve):
    made, _ = resolve("talk,1,,0.5,,,\ntalk,2,,,,fear,\n")
    assert [(j.value, j.expression) for j in made] == [
        ((0.5, None), None),
        ((), "fear"),
    ]
    made, _ = resolve("talk,2,anger\n", "video,frame,expression\n")
    assert made[0].expression == "anger"


@pytest.mark.parametrize("name", ["talk.mp4", "talk", "somewhere/else/talk.mp4"])
def test_a_video_goes_by_name_stem_or_path(resolve, name):
    made, _ = resolve(f"{name},1,,0,0,,\n")
    assert made[0].video_id == "talk.mp4"


def test_time_serves_as_well_as_a_frame(resolve):
    made, _ = resolve("talk,0.121,0.1,0.2\n", "video,time_s,valence,arousal\n")
    assert frames(made) == [3]


def test_a_byte_order_mark_spaces_and_blank_rows_do_no_harm(resolve):
    header = "\ufeff Video , FRAME ,valence,arousal\n"
    made, _ = resolve(" talk , 2 , 0.1 , 0.2 \n,,,\n\n", header)
    assert frames(made) == [2]


def test_rows_not_filled_in_are_no_labels(resolve):
    made, _ = resolve("talk,1,,,,,\ntalk,2,,0.1,0.2,,\n")
    assert frames(made) == [2]


def test_a_file_with_no_label_yet_says_what_to_do(resolve):
    with pytest.raises(NothingToLabelError, match="fill in valence and arousal"):
        resolve("talk,1,,,,,\n")


def test_a_label_between_the_frames_looked_at_moves_and_says_so(resolve):
    made, notes = resolve("walk,12,,0,0,,\n")
    assert frames(made) == [10]
    assert notes == [
        "row 2: the label of frame 12 is used at frame 10, the nearest one looked at"
    ]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("talk,1,,1.5,0,,", "row 2: valence is 1.5; expected a number from -1 to 1"),
        ("talk,1,,0,-2,,", "row 2: arousal is -2"),
        ("talk,1,,nan,0,,", "row 2: valence is 'nan'"),
        ("talk,1,,inf,0,,", "row 2: valence is 'inf'"),
        ("talk,1,,high,0,,", "row 2: valence is 'high'"),
        ("talk,1,,0,0,joy,", "row 2: expression is 'joy'; expected neutral"),
        ("talk,,,0,0,,", "row 2: neither frame nor time_s"),
        ("talk,-1,,0,0,,", "row 2: frame is -1"),
        ("talk,1.5,,0,0,,", "row 2: frame is 1.5"),
        (",1,,0,0,,", "row 2: video is empty"),
        ("tolk.mp4,1,,0,0,,", "no video 'tolk.mp4' among those given (talk.mp4"),
        (
            "talk,10,,0,0,,",
            "frame 10 is past the end of talk.mp4, whose last frame is 9",
        ),
        ("talk,9,,0,0,,", "no face was found in frame 9"),
        ("talk,9,,0,0,,", "nearest usable frame is 8"),
        ("talk,7,,0,0,,", "shows 2 faces (0 at x=30 y=50, 1 at x=130 y=150)"),
        ("talk,3,1,0,0,,", "face 1 is not seen in frame 3"),
        ("talk,3,1,0,0,,", "nearest frame that shows it is 6"),
        ("talk,3,4,0,0,,", "has no face 4; it has 0 (frames 0-8), 1 (frames 6-8)"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_the_mend(resolve, row, says):
    assert says in fault(resolve, row + "\n")


def test_a_time_past_the_end_is_named(resolve):
    text = fault(resolve, "talk,9.5,0,0\n", "video,time_s,valence,arousal\n")
    assert "time_s 9.5 is not in talk.mp4" in text


@pytest.mark.parametrize(
    ("second", "says"), [("0.1,0.2", "the same again"), ("0.9,0.2", "something else")]
)
def test_one_rater_labels_a_frame_once(resolve, second, says):
    text = fault(resolve, f"talk,1,,0.1,0.2,,anna\ntalk,1,,{second},,anna\n")
    assert "row 3: anna labels frame 1 of talk.mp4 as row 2 does" in text
    assert says in text


def test_several_raters_may_differ(resolve):
    made, _ = resolve("talk,1,,0.1,0.2,,anna\ntalk,1,,0.9,0.2,,ben\n")
    assert len(made) == 2


def test_many_faulty_rows_are_named_at_once_but_not_all(resolve):
    text = fault(resolve, "talk,1,,9,0,,\n" * 8)
    assert "8 rows" in text
    assert "row 6" in text
    assert "row 7" not in text
    assert "and 3 more" in text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"video,frame,valence\na,1,0\n", "lacks the column arousal"),
        (b"video,valence,arousal\na,1,0\n", "lacks the column frame"),
        (b"\xff\xfe\x00\xd8", "cannot be read as a CSV"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "cannot be read as a CSV"),
    ],
)
def test_a_file_that_is_no_support_csv_says_why(tmp_path, content, says):
    path = tmp_path / "labels.csv"
    path.write_bytes(content)
    with pytest.raises(SupportError, match=says):
        read_support(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SupportError, match=r"there is no file .*nowhere\.csv"):
        read_support(tmp_path / "nowhere.csv")


def chosen_of(path, *videos):
    location = {v.video_id: "" for v in videos}
    return choices_of(path, read_frames_to_choose(path)[0], videos, location)


def test_frames_to_choose_from(tmp_path, talk, walk):
    path = tmp_path / "among.csv"
    path.write_text("video,frame\ntalk,2\ntalk,8\nother,99\nwalk,5\n", encoding="utf-8")
    allowed, notes = chosen_of(path, talk, walk)
    assert notes == ["among.csv: 1 rows of other videos are passed over"]
    chosen = [
        t.frame[mask].tolist()
        for t, mask in zip((*talk.tracks, *walk.tracks), allowed, strict=True)
    ]
    assert chosen == [[2, 8], [8], [5]]


def test_frames_to_choose_from_must_be_there(tmp_path, talk):
    path = tmp_path / "among.csv"
    path.write_text("video,frame\ntalk,2\ntalk,80\n", encoding="utf-8")
    with pytest.raises(SupportError, match="row 3: frame 80 is past the end"):
        chosen_of(path, talk)


def test_frames_to_choose_from_must_name_a_video_given(tmp_path, talk):
    path = tmp_path / "among.csv"
    path.write_text("video,frame\nother,2\n", encoding="utf-8")
    with pytest.raises(SupportError, match=r"no row of .* names a video among"):
        chosen_of(path, talk)


SIX = {
    "dimensions": [{"name": "tension", "low": 0, "high": 10}],
    "classes": ["calm", "tense", {"name": "neutral", "key": "0"}, "d", "e", "f"],
}


def schema_of(tmp_path, content):
    path = tmp_path / "schema.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return read_schema(path)


def test_labels_in_a_schema_of_ones_own(resolve, tmp_path):
    schema = schema_of(tmp_path, SIX)
    assert schema.dimension_names == ("tension",)
    assert [c.key for c in schema.classes] == ["1", "2", "0", "3", "4", "5"]
    header = "video,frame,face,tension,expression\n"
    made, _ = resolve("talk,1,,7.5,Tense\n", header, schema)
    assert (made[0].value, made[0].expression) == ((7.5,), "tense")
    for row, says in (
        ("talk,1,,11,", "tension is 11; expected a number from 0 to 10"),
        ("talk,1,,1,fear", "expression is 'fear'; expected calm, tense, neutral"),
    ):
        with pytest.raises(SupportError, match=says):
            resolve(row + "\n", header, schema)
    with pytest.raises(SupportError, match="lacks the column tension"):
        resolve("talk,1,0,0\n", "video,frame,valence,arousal\n", schema)


def test_a_schema_of_known_names_keeps_what_is_known_of_them(tmp_path):
    made = schema_of(
        tmp_path, {"dimensions": [{"name": "valence"}], "classes": ["fear", "awe"]}
    )
    assert dict(made.classes[0].place) == pytest.approx({"valence": -0.64})
    assert made.classes[1].place == ()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("nonsense", "cannot be read as JSON"),
        ([], "holds no label schema"),
        ({}, "at least one dimension"),
        ({"dimensions": [{"name": "a", "low": 2, "high": 1}]}, "low end below"),
        ({"dimensions": [{"name": "a"}, {"name": "a"}]}, "twice"),
        ({"dimensions": [{"name": "frame"}]}, "choose another name"),
        ({"dimensions": [{"name": "a"}, {"name": "low_a"}]}, "choose another name"),
        *(
            ({"dimensions": [{"name": name}]}, r"schema.json .* small letters")
            for name in ("Pain", "a\tb", "a,b", "=cmd", "1a", "a" * 41, "a\n", "")
        ),
        ({"dimensions": [{"name": "video_id"}]}, "choose another name"),
        ({"dimensions": [{"name": f"d{i}"} for i in range(65)]}, "at most 64, not 65"),
        (
            {"dimensions": [{"name": "a"}], "classes": [f"c{i}" for i in range(255)]},
            "classes of a label schema are at most 254, not 255",
        ),
        *(
            ({"dimensions": [{"name": "a", "high": end}]}, "high of the dimension a")
            for end in (1e308, float("inf"), float("nan"), True, "1", None, 10**400)
        ),
        ({"dimensions": [{"name": "a", "low": "0"}]}, "low of the dimension a must be"),
        ({"dimensions": [{"name": "a", "low_pole": 3}]}, "low_pole of the dimension a"),
        ({"dimensions": "a"}, "dimensions must be a list"),
        ({"dimensions": [{"name": 3}]}, "name of the dimension 3 must be text"),
        ({"dimensions": ["a"]}, "a dimension must be an object"),
        *(
            ({"dimensions": [{"name": "a"}], "classes": [{"name": "c", **more}]}, says)
            for more, says in (
                ({"colour": "red"}, "colour of the class c must be #rrggbb or empty"),
                ({"colour": 3}, "colour of the class c"),
                ({"key": "ab"}, "key of the class c must be one character"),
                ({"key": 1}, "key of the class c"),
                ({"name": "c\x07"}, "can be printed"),
                ({"name": "c" * 41}, "at most 40 characters"),
                ({"place": [1]}, "place of the class c must be an object"),
                ({"place": {"b": 0}}, "place of the class c gives 0 for 'b'"),
                ({"place": {"a": 2}}, "expected a number from -1 to 1"),
            )
        ),
        (
            {
                "dimensions": [{"name": "a"}],
                "classes": [{"name": "c", "key": "1"}, {"name": "d", "key": "1"}],
            },
            "the key 1 is in the label schema twice",
        ),
        ({"dimensions": [{"name": "a", "colour": 1}]}, "holds no label schema"),
        ({"dimensions": [{"name": "a"}], "classes": [3]}, "holds no label schema"),
    ],
)
def test_a_faulty_schema_is_named(tmp_path, content, says):
    with pytest.raises(InputError, match=says):
        schema_of(tmp_path, content)


def test_two_hundred_thousand_rows_are_read_in_time(tmp_path):
    """Not in time that grows with rows times frames, videos or tracks."""
    n_videos, n_frames = 200, 1000
    frame = np.arange(n_frames)
    videos = {
        name: FacesOfVideo(
            video_id=name,
            n_frames=n_frames,
            frame=frame,
            time_s=frame / 25.0,
            tracks=(track_of(name, 0, frame),),
        )
        for name in (f"v{i}.mp4" for i in range(n_videos))
    }
    rows = [
        SupportRow(
            row=2 + i,
            video=f"v{i % n_videos}.mp4",
            frame=i // n_videos,
            time_s=None,
            face=None,
            value=(0.1, 0.2),
            expression=None,
            rater="r1",
        )
        for i in range(20_000)
    ]
    path = tmp_path / "labels.csv"

    def seconds(some):
        began = time.process_time()
        location = dict.fromkeys(videos, "")
        judgements_of(path, some, location, videos.__getitem__)
        return time.process_time() - began

    seconds(rows[:1000])
    assert seconds(rows) < 40 * max(seconds(rows[:1000]), 0.01)


HELD = np.array([0.0, 0.04, 0.08, 6.0, 6.04])
"""Times of a film in which one frame stands for six seconds."""


@pytest.mark.parametrize(
    ("time_s", "frame"),
    [
        (0.0, 0),
        (0.039, 0),
        (0.0395, 1),  # written with three decimals, a time may be too early
        (0.07, 1),
        (0.08, 2),
        (4.0, 2),
        (5.99, 2),
        (6.0, 3),
        (6.07, 4),
    ],
)
def test_a_time_means_the_frame_on_screen(time_s, frame):
    film = held(np.arange(5))
    assert film.shown_at(time_s) == frame


@pytest.mark.parametrize("time_s", [-0.1, 6.2, 99.0])
def test_a_time_outside_is_refused(time_s):
    with pytest.raises(ValueError, match=r"lie from 0\.000 to 6\.040 s"):
        held(np.arange(5)).shown_at(time_s)


def held(looked_at):
    return FacesOfVideo(
        video_id="held.mp4",
        n_frames=5,
        frame=looked_at,
        time_s=HELD[looked_at],
        tracks=(track_of("held.mp4", 0, looked_at.tolist()),),
        every_time_s=HELD,
    )


def test_a_label_by_time_that_was_moved_is_said(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("video,time_s,valence,arousal\nheld.mp4,0.05,0.1,0.2\n")
    film = held(np.array([0, 2, 4]))
    rows = read_support(path, DEFAULT_SCHEMA).rows
    (made,), notes = judgements_of(path, rows, {"held.mp4": ""}, lambda _: film)
    assert made.first_frame == 0
    assert notes == [
        "row 2: the label of 0.05 s is used at frame 0 (0.000 s), the nearest one "
        "looked at"
    ]
