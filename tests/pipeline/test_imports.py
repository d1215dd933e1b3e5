"""What an import of labels compares with, and which videos its rows mean."""

import pytest
from tests.pipeline.test_label_io import write_support
from tests.projects import judgement_of

from feltline.errors import SupportError
from feltline.pipeline import import_labels
from feltline.project.snapshot import load_video


def value_at(project, frame):
    """What stands at a frame of talk.mp4, of its one rater r1."""
    annotations = load_video(project, "talk.mp4").annotations_of(0).raters["r1"]
    return annotations.value[frame].tolist()


def give(project, path, *rows):
    made = import_labels(project, write_support(path, rows))
    return made.added, made.known


A, B = "talk.mp4,5,,0.5,0.25,", "talk.mp4,5,,-0.5,0.75,"


def test_what_stands_now_is_compared(project, tmp_path):
    path = tmp_path / "l.csv"
    assert [give(project, path, row) for row in (A, A, B, B)] == [
        *((1, 0), (0, 1)),
        *((1, 0), (0, 1)),
    ]
    assert value_at(project, 5) == [-0.5, 0.75]
    assert give(project, path, A) == (1, 0)
    assert value_at(project, 5) == [0.5, 0.25]
    assert give(project, path, A) == (0, 1)
    assert give(project, path, A, "talk.mp4,6,,0.1,0.1,") == (1, 1)


@pytest.mark.parametrize(
    ("later", "added"),
    [
        ("talk.mp4,5,,-0.5,,", 1),  # one dimension is replaced
        ("talk.mp4,5,,0.5,,", 0),  # says the same again
        ("talk.mp4,5,,,,fear", 0),  # a class beside the value
        ("talk.mp4,6,,-0.5,0.75,", 0),  # another frame
    ],
)
def test_what_replaces_a_label_and_what_does_not(project, tmp_path, later, added):
    path = tmp_path / "l.csv"
    give(project, path, A)
    assert give(project, path, later) == (1, 0)
    assert give(project, path, A) == (added, 1 - added)
    assert value_at(project, 5) == [0.5, 0.25]


@pytest.mark.parametrize(
    ("other", "added"),
    [
        ({"decision": "reject"}, 1),
        ({"decision": "reject", "scope": "span", "last_frame": 9}, 1),
        ({"value": (0.9, 0.9), "scope": "span", "last_frame": 9}, 1),
        ({"value": (0.9, 0.9), "scope": "clip", "first_frame": 0}, 0),
        ({"value": (0.9, 0.9), "rater": "ben"}, 0),
        ({"decision": "skip"}, 0),
        ({"decision": "cannot"}, 0),
    ],
)
def test_judgements_of_the_page_replace_imported_labels(
    project, tmp_path, other, added
):
    path = tmp_path / "l.csv"
    give(project, path, A)
    judgement = judgement_of(5, **({"rater": "r1", "value": ()} | other))
    project.store.give_judgements([(judgement, 0, None)])
    assert give(project, path, A) == (added, 1 - added)
    assert value_at(project, 5) == [0.5, 0.25]


def test_labels_by_path_and_by_name_in_a_project(project, tmp_path):
    folder = project.folder.resolve()
    rows = [
        f"{folder}/talk.mp4,1,,0.1,0.1,",
        "study/talk.mp4,2,,0.1,0.1,",
        "C:\\x\\study\\talk.mp4,3,,0.1,0.1,",
        "talk,4,,0.1,0.1,",
    ]
    made = import_labels(project, write_support(tmp_path / "l.csv", rows))
    assert (made.added, made.notes) == (4, ())
    with pytest.raises(SupportError, match=r"no video 'ben/talk\.mp4'"):
        give(project, tmp_path / "m.csv", "ben/talk.mp4,5,,0.1,0.1,")
