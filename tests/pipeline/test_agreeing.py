import json
from contextlib import closing

import numpy as np
import pytest
from tests.projects import judgement_of

from feltline import metrics
from feltline.errors import InputError, NothingToLabelError
from feltline.pipeline import agreement_in
from feltline.settings import accounts_url
from feltline.store import Accounts
from feltline.types import Shown

VALENCE, AROUSAL = 0, 1


def give(project, *judgements):
    project.store.give_judgements([(one, 0, None) for one in judgements])


def two_raters(project, n=12, bias=0.2):
    """Anna and Ben on the same frames, Ben higher in valence."""
    rng = np.random.default_rng(0)
    values = rng.uniform(-0.6, 0.6, (n, 2)).round(2)
    for frame, own in enumerate(values):
        give(
            project,
            judgement_of(frame, own.tolist(), expression="happiness"),
            judgement_of(
                frame,
                [round(own[0] + bias, 2), own[1]],
                rater="ben",
                expression="happiness" if frame % 3 else "anger",
            ),
        )
    return values


def test_raters_are_compared_on_what_both_judged(project):
    values = two_raters(project)
    give(project, judgement_of(30, [0.9, 0.9]))
    made = agreement_in(project)
    assert made.raters == ("anna", "ben")
    valence = made.values["valence"]
    assert (valence.n_items, valence.n_complete) == (12, 12)
    other = (values[:, 0] + 0.2).round(2)
    assert valence.ccc == pytest.approx(float(metrics.ccc(values[:, 0], other)))
    assert valence.rmse == pytest.approx(0.2)
    assert [own.bias for own in valence.raters] == pytest.approx([-0.1, 0.1], abs=0.01)
    assert [own.n for own in valence.raters] == [13, 12]
    assert [own.n_shared for own in valence.raters] == [12, 12]
    assert made.values["arousal"].ccc == pytest.approx(1)
    assert made.classes is not None
    assert made.classes.agreement == pytest.approx(8 / 12)


def test_values_the_machine_showed_do_not_count(project):
    two_raters(project, n=4)
    shown = Shown(model_id="m", value=(0.5, 0.5), confidence=0.9)
    for rater in ("anna", "ben"):
        give(
            project,
            judgement_of(20, [0.5, 0.5], rater=rater, decision="accept", shown=shown),
        )
    made = agreement_in(project)
    assert made.n_shown == 2
    assert made.values["valence"].n_items == 4


def test_answers_to_known_items_are_compared_with_what_is_known(project):
    """They say nothing of agreement: practice is answered to learn the scale."""
    two_raters(project, n=4)
    for rater, own in (("anna", -0.9), ("ben", 0.9)):
        for frame, purpose in ((20, "training"), (21, "honeypot")):
            give(project, judgement_of(frame, [own, own], rater=rater, purpose=purpose))
    made = agreement_in(project)
    assert made.values["valence"].n_items == 4
    assert made.values["valence"].rmse == pytest.approx(0.2)
    assert made.n_judgements == 8


def test_a_span_is_one_item_however_long(project):
    two_raters(project, n=4)
    for rater in ("anna", "ben"):
        give(
            project,
            judgement_of(20, [0.1, 0.1], rater=rater, scope="span", last_frame=40),
        )
    assert agreement_in(project).values["valence"].n_items == 5


def test_the_last_word_on_an_item_stands_and_a_repeat_is_measured(project):
    two_raters(project, n=5)
    give(project, judgement_of(0, [0.7, 0.0]))
    give(project, judgement_of(0, [0.9, 0.0], purpose="repeat"))
    made = agreement_in(project, dimensions=["valence"])
    assert list(made.values) == ["valence"]
    own = made.repeats["valence"]["anna"]
    assert own.n == 1
    assert own.shift == pytest.approx(0.2)
    assert made.values["valence"].n_items == 5


def test_a_project_without_two_raters_says_what_to_do(project):
    with pytest.raises(NothingToLabelError, match="nobody judged"):
        agreement_in(project)
    give(project, judgement_of(1, [0.1, 0.1]))
    with pytest.raises(NothingToLabelError, match="only anna"):
        agreement_in(project)
    give(project, judgement_of(2, [0.1, 0.1], rater="ben"))
    with pytest.raises(NothingToLabelError, match="no two of them the same frames"):
        agreement_in(project)
    with pytest.raises(InputError, match="no dimension dominance"):
        agreement_in(project, dimensions=["dominance"])


def test_what_was_taken_back_does_not_count(project):
    two_raters(project, n=3)
    project.store.undo(rater="ben")
    assert agreement_in(project).values["valence"].n_items == 2


def test_the_command_prints_and_writes(project, run_feltline, tmp_path):
    two_raters(project)
    folder, out = project.folder, tmp_path / "agreement.json"
    project.close()
    code, text, _ = run_feltline("agree", folder, "--out", out)
    assert code == 0, text
    for word in ("valence", "arousal", "ICC(2,1)", "ben", "Gwet's AC1", "drift a day"):
        assert word in text
    written = json.loads(out.read_text())
    assert written["values"]["valence"]["raters"]["ben"]["bias"] == pytest.approx(
        0.1, abs=0.01
    )
    code, text, _ = run_feltline("agree", folder, "--json", "--dimension", "arousal")
    assert code == 0
    assert list(json.loads(text)["values"]) == ["arousal"]


def test_members_are_called_by_name_and_status_says_who_did_what(
    project, run_feltline, tmp_path, monkeypatch
):
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("FELTLINE_HOME", str(tmp_path / "home"))
    with closing(Accounts.open(accounts_url(tmp_path / "home"))) as accounts:
        user_id = accounts.add_user("mika", name="Mika Ito").user_id
        made = accounts.set_membership(project.settings.project_id, user_id, "rater")
    for at, valence in enumerate((0.1, -0.4, 0.6, 0.3)):
        for rater in (made.rater_id, "ben"):
            give(project, judgement_of(3 * at, [valence, 0.0], rater=rater))
    project.change_settings(consensus="median")
    project.store.set_threshold(0.7, rater="lea")  # who judged nothing
    folder = project.folder
    project.close()
    code, text, error = run_feltline("status", "--project", folder)
    assert code == 0, error
    assert "in force, by Mika Ito, ben" in text or "by ben, Mika Ito" in text
    assert "Mika Ito: 4 judgements, 4 blind" in text
    assert "lea" not in text.split("reviewed")[0].split("labels")[1]
    assert "median" in text
    assert made.rater_id not in text
    code, text, _ = run_feltline("status", "--project", folder, "--json")
    assert {one["rater"] for one in json.loads(text)["work"]} == {made.rater_id, "ben"}
    code, text, _ = run_feltline("agree", folder)
    assert code == 0
    assert "Mika Ito" in text
    assert made.rater_id not in text


def test_the_command_refuses_in_sentences(project, run_feltline, tmp_path):
    folder = project.folder
    project.close()
    code, _, error = run_feltline("agree", folder)
    assert code == 3
    assert "import labels with a column rater" in error
    code, _, error = run_feltline("agree", folder, "--out", tmp_path / "a.csv")
    assert code == 4
    assert "must end in .json" in error
