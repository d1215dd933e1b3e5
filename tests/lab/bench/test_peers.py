"""What the comparison with other tools' networks works out by itself."""

import runpy
import sys

import numpy as np
import pytest
from benchmarks import peers
from benchmarks.peer_models import networks, rated_faces

from feltline.errors import InputError
from feltline.types import EXPRESSION_AFFECT, EXPRESSIONS

HAPPY, CONTEMPT = EXPRESSIONS.index("happiness"), EXPRESSIONS.index("contempt")

ANSWERS = """
import json, sys
import numpy as np
faces = np.fromfile(sys.argv[1], np.uint8).reshape(int(sys.argv[3]), 2, 2, 3)
brightness = faces.mean(axis=(1, 2, 3)) / 255
np.stack([brightness, 1 - brightness], axis=1).astype(np.float32).tofile(sys.argv[2])
print("a line that the library prints")
print(json.dumps({"classes": ["happy", "angry"], "seconds": 0.5}))
"""


def peer(*command, absent=""):
    return networks.Peer("made-up", 2, command, absent, "")


def test_probabilities_are_put_in_our_order():
    found = networks.in_our_order(np.array([[0.2, 0.6]]), ["disgusted", "happy"])
    assert found[0, HAPPY] == pytest.approx(0.75)
    assert found[0, EXPRESSIONS.index("disgust")] == pytest.approx(0.25)
    assert found[0, CONTEMPT] == 0


def test_every_class_of_every_peer_is_known():
    of_fer = runpy.run_path(str(networks.WORKERS / "fer_worker.py"))["CLASSES"]
    script = (networks.WORKERS / "tfjs_worker.js").read_text(encoding="utf-8")
    lists = [part.split("]")[0] for part in script.split("['")[1:]]
    of_script = [f"'{part}".replace("'", "").split(", ") for part in lists]
    known = [names for names in of_script if len(names) == 7]
    assert len(known) == 2
    for names in (of_fer, *known):
        found = networks.in_our_order(np.ones((1, 7)), names)
        assert (found > 0).sum() == 7


def test_circumplex_of_a_certain_class_is_its_place():
    found = peers.circumplex(np.eye(len(EXPRESSIONS)))
    np.testing.assert_allclose(found, EXPRESSION_AFFECT)


def test_rmse_is_over_clips_and_missing_labels_are_left_out():
    value = np.array([[0.5, 0.0], [0.1, 0.0], [0.1, 0.0], [0.9, 0.9]])
    reference = rated_faces.Reference(
        value=np.array([[0.0, 0.4], [0.0, 0.0], [0.0, 0.0], [np.nan, np.nan]]),
        expression=np.array([HAPPY, CONTEMPT, -1, HAPPY]),
        group=np.array([0, 1, 1, 2]),
    )
    probability = np.eye(len(EXPRESSIONS))[[HAPPY, HAPPY, HAPPY, 0]]
    found = peers.score(probability, value, reference)
    assert found.accuracy == pytest.approx(1 / 3)
    assert found.without_contempt == pytest.approx(1 / 2)
    wanted = np.sqrt([(0.25 + 0.01) / 2, (0.16 + 0.0) / 2])
    np.testing.assert_allclose(found.rmse, wanted)


def test_a_square_follows_box_margin_and_lift():
    rows = np.arange(100, dtype=np.uint8)
    rgb = np.repeat(rows[:, None, None], 100, axis=1).repeat(3, axis=2)
    box = np.array([40.0, 40.0, 50.0, 60.0], np.float32)
    cut = rated_faces.Cut("", 0.0)
    np.testing.assert_array_equal(
        rated_faces.square(rgb, box, cut, 20)[:, 0, 0], np.arange(40, 60)
    )
    loose = rated_faces.Cut("", 0.1, lift=0.25)
    np.testing.assert_array_equal(
        rated_faces.square(rgb, box, loose, 24)[:, 5, 1], np.arange(33, 57)
    )


def test_outside_the_picture_its_border_is_repeated():
    rgb = np.full((4, 4, 3), 7, np.uint8)
    rgb[0] = 99
    face = rated_faces.square(
        rgb, np.array([0, 0, 4, 4]), rated_faces.Cut("", 0.5), side=8
    )
    assert face[:, 3, 0].tolist() == [99] * 3 + [7] * 5


def test_a_peer_answers_for_each_face(tmp_path):
    script = tmp_path / "answers.py"
    script.write_text(ANSWERS)
    faces = np.zeros((2, 2, 2, 3), np.uint8)
    faces[1] = 255
    found, facts = networks.ask(peer(sys.executable, str(script)), faces)
    assert found[1, HAPPY] == 1
    assert found[0, EXPRESSIONS.index("anger")] == 1
    assert facts["seconds"] == 0.5


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (peer(absent="give --peers-node"), "give --peers-node"),
        (peer("/nothing/there"), "cannot be started"),
        (peer(sys.executable, "-c", "import no_such_package"), "no_such_package"),
    ],
)
def test_a_peer_that_does_not_run_says_why(broken, reason):
    with pytest.raises(networks.NotRunError, match=reason):
        networks.ask(broken, np.zeros((1, 2, 2, 3), np.uint8))


def test_the_strictest_figures_may_come_from_several_peers():
    one = peers.Scores(0.5, 0.7, np.array([0.1, 0.2]), np.array([0.3, 0.4]))
    other = peers.Scores(0.6, 0.6, np.array([0.0, 0.3]), np.array([0.5, 0.2]))
    assert peers.best({"one": one, "other": other}) == "other"
    found = peers.strictest([one, other])
    assert (found.accuracy, found.without_contempt) == (0.6, 0.7)
    assert found.ccc.tolist() == [0.1, 0.3]
    assert found.rmse.tolist() == [0.3, 0.2]


def test_what_did_not_run_stands_in_the_report():
    scores = peers.Scores(0.5, 0.6, np.array([0.1, 0.2]), np.array([0.3, 0.4]))
    ran = networks.Peer("runs", 2, (), "", "MIT")
    results = peers.Results(
        tables={
            kind: {"ferplus-s": scores, "runs": scores} for kind in ("clips", "photos")
        },
        tried={
            "runs": {
                "clips": {cut.name: scores for cut in rated_faces.OF_FRAMES},
                "photos": {cut.name: scores for cut in rated_faces.OF_PHOTOS},
            }
        },
        facts={"runs": {"model": "m", "bytes": 1234, "versions": {"package": "1.2"}}},
        absent={"stuck": "no backend"},
        per_second={"ferplus-s": 400.0, "runs": 100.0},
    )
    text = "\n".join(peers.report("ferplus-s", "10 frames.", [ran], results))
    assert "- **stuck**: no backend." in text
    assert "- **EmoNet**" in text
    assert "| runs | 100 | 0.25 |" in text
    assert "package 1.2" in text
    assert "vision language model" in text


def test_geometry_alone_is_no_network():
    assert peers.pixel_part("ferplus-s+geometry") == "ferplus-s"
    with pytest.raises(InputError, match="no one network"):
        peers.pixel_part("geometry")
