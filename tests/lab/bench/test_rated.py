"""Corpora of several files of ratings by several raters."""

import json
import shutil

import numpy as np
import pytest

from feltline.encoder import find_card
from feltline.errors import InputError
from feltline.lab.bench.clips import N_FOLDS, leave_one_person_out
from feltline.lab.bench.rated import rated_corpus
from feltline.lab.bench.ratings import Ratings
from feltline.lab.demo import portrait_clip
from feltline.types import DEFAULT_SCHEMA
from feltline.video import VideoWriter

ANGER, FEAR, SAD = (DEFAULT_SCHEMA.class_index(n) for n in ("anger", "fear", "sadness"))


def write_video(path, seed):
    whole = portrait_clip(seconds=0.8, rate_hz=10.0, width=320, height=240, seed=seed)
    with VideoWriter(path, width=320, height=240, rate=10) as writer:
        for rgb in whole.frames():
            writer.write(rgb)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two folders that each hold a talk.mp4; one rater here, three there."""
    root = tmp_path_factory.mktemp("rated")
    for number, name in enumerate(("one", "three")):
        (root / name).mkdir()
        write_video(root / name / "talk.mp4", number)
    (root / "one" / "ratings.csv").write_text(
        "video,frame,valence,arousal,rater\n"
        "talk.mp4,0,-0.5,0.1,r1\ntalk.mp4,4,-0.3,0.2,r1\n"
    )
    (root / "three" / "ratings.csv").write_text(
        "video,frame,valence,arousal,expression,rater\n"
        "talk.mp4,1,0.1,0.2,anger,s1\n"
        "talk.mp4,1,0.3,0.2,anger,s2\n"
        "talk.mp4,1,0.5,0.5,fear,s3\n"
        "talk.mp4,3,0.2,0.0,anger,s1\n"
        "talk.mp4,3,0.4,0.2,fear,s2\n"
        "talk.mp4,3,0.6,0.4,sadness,s3\n"
        "talk.mp4,6,-0.2,0.4,fear,s2\n"
        "talk.mp4,6,-0.4,0.6,fear,s3\n"
        "talk.mp4,7,,,fear,s3\n"
    )
    return root


@pytest.fixture
def load(folders):
    cache = folders / "cache"

    def loaded(*names, **more):
        paths = [folders / name / "ratings.csv" for name in names]
        return rated_corpus(paths, "geometry", cache=cache, **more)

    return loaded


def test_files_of_ratings_become_one_corpus(load):
    corpus = load("one", "three")
    one, three = corpus.clips
    assert one.track.video_id != three.track.video_id
    np.testing.assert_array_equal(one.track.frame[one.at], [0, 4])
    np.testing.assert_allclose(one.value[:, 0], [-0.5, -0.3])
    np.testing.assert_array_equal(three.track.frame[three.at], [1, 3, 6])
    np.testing.assert_allclose(three.value[:, 0], [0.3, 0.4, -0.3], atol=1e-6)
    assert corpus.fold == (0, 1)
    assert corpus.name == "rated clips of one/ratings.csv, three/ratings.csv"
    assert "r1 (one/ratings.csv); s1, s2, s3 (three/ratings.csv)" in corpus.note
    # Each file alone gives the same clip.
    np.testing.assert_array_equal(load("three").clips[0].value, three.value)


def test_a_frame_without_a_value_is_left_out_and_said(load):
    assert "Frames without a value, left out: 1." in load("three").note


def test_the_class_of_several_raters_is_their_plurality(load):
    (clip,) = load("three").clips
    np.testing.assert_array_equal(clip.expression, [ANGER, -1, FEAR])


def test_persons_stand_beside_their_own_file(load, folders):
    """A talk.mp4 elsewhere is another video; a person of one name is one person."""
    path = folders / "three" / "persons.csv"
    try:
        path.write_text("video,person\ntalk.mp4,anna\n")
        one, three = load("one", "three").clips
        assert one.person != "anna"
        assert three.person == "anna"
        (folders / "one" / "persons.csv").write_text("video,person\ntalk.mp4,anna\n")
        assert load("one", "three").fold == (0, 0)
    finally:
        path.unlink()
        (folders / "one" / "persons.csv").unlink(missing_ok=True)


def test_labels_of_one_rater_are_judged_by_the_mean_of_all(load):
    corpus = load("one", "three", support_rater="s1")
    one, three = corpus.clips
    np.testing.assert_allclose(three.value[:, 0], [0.3, 0.4, -0.3], atol=1e-6)
    # s1 did not rate the third frame, nor the other file: the mean stands there.
    np.testing.assert_allclose(three.support_value[:, 0], [0.1, 0.2, -0.3], atol=1e-6)
    np.testing.assert_array_equal(three.support_expression, [ANGER, ANGER, FEAR])
    np.testing.assert_array_equal(one.support_value, one.value)
    assert (
        "Frames without a value by s1, whose label is the mean of their raters: 3"
        in corpus.note
    )
    plain = load("three").clips[0]
    np.testing.assert_array_equal(plain.support_value, plain.value)
    with pytest.raises(InputError, match="no rater s9; those of these clips are r1, s"):
        load("one", "three", support_rater="s9")


def test_a_rating_that_two_files_hold_is_refused(folders):
    again = folders / "one" / "again.csv"
    again.write_text("video,frame,valence,arousal,rater\ntalk.mp4,4,0.1,0.1,r1\n")
    with pytest.raises(InputError, match=r"both hold a rating of frame 4 of talk\.mp4"):
        rated_corpus(
            [folders / "one" / "ratings.csv", again],
            "geometry",
            cache=folders / "cache",
        )
    again.write_text("video,frame,valence,arousal,rater\ntalk.mp4,4,0.1,0.1,r2\n")
    (clip,) = rated_corpus(
        [folders / "one" / "ratings.csv", again], "geometry", cache=folders / "cache"
    ).clips
    np.testing.assert_allclose(clip.value, [[-0.5, 0.1], [-0.1, 0.15]], atol=1e-6)


def test_each_person_is_a_fold_up_to_forty(make):
    clips = [make.clip(str(i), person=f"p{i % 40}", n=8) for i in range(44)]
    fold = leave_one_person_out(clips)
    assert len(set(fold)) == 40
    assert fold[:4] == fold[40:]
    clips.append(make.clip("more", person="p40", n=8))
    assert len(set(leave_one_person_out(clips))) == N_FOLDS


def test_plurality_is_more_votes_than_any_other():
    expression = np.array(
        [[0, 0, 0, -1, -1, 2], [0, 0, 1, -1, 1, -1], [0, 1, 2, -1, -1, 2]]
    )
    ratings = Ratings(
        raters=("a", "b", "c"),
        value=np.zeros((3, 6, 2), np.float32),
        expression=expression,
    )
    np.testing.assert_array_equal(ratings.plurality, [0, 0, -1, -1, 1, 2])
    np.testing.assert_array_equal(ratings.without("a").plurality, [0, -1, -1, -1, 1, 2])
    assert ratings.without("a").raters == ("b", "c")


def test_a_readout_that_cannot_be_learnt_anew_is_marked_as_seen(folders, tmp_path):
    """The network does not come first: its features are not taken apart again."""
    shipped = find_card("affect-s")
    written = json.loads(shipped.path.read_text(encoding="utf-8"))
    written["readout"]["persons"] = {"p": ["talk.mp4"]}
    folder = tmp_path / "models"
    shutil.copytree(
        shipped.path.parent, folder, ignore=shutil.ignore_patterns("*.json")
    )
    (folder / "mine.json").write_text(json.dumps(written), encoding="utf-8")
    ratings, network = folders / "one" / "ratings.csv", folder / "mine.json"
    seen = rated_corpus(ratings, f"geometry+{network}", cache=tmp_path / "cache")
    assert seen.has_seen
    again = rated_corpus(ratings, f"{network}+geometry", cache=tmp_path / "cache")
    assert not again.has_seen
    assert "learnt anew without its person" in again.note
