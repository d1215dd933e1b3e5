"""The lines of Python and the label schema of the page on projects work."""

import re
from pathlib import Path

import pytest
from tests.projects import make_template

from feltline.formats import read_schema
from feltline.project import Project, load_video

PAGE = Path(__file__).parents[2] / "docs/projects.md"


def blocks(language):
    text = PAGE.read_text(encoding="utf-8")
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return found


def test_the_python_lines_run(tmp_path, monkeypatch, capsys):
    make_template(tmp_path)
    monkeypatch.chdir(tmp_path)
    read, give = blocks("python")
    exec(give, {})  # noqa: S102 - the page is ours
    exec(read, {})  # noqa: S102
    assert "under the threshold" in capsys.readouterr().out
    with Project.open(Path("study")) as project:
        (stored,) = load_video(project, "talk.mp4").judgements_of(0)
    assert stored.judgement.value == pytest.approx((0.4, None))
    assert stored.judgement.expression == "happiness"


def test_the_label_schema_can_be_read(tmp_path):
    path = tmp_path / "tension.json"
    path.write_text(blocks("json")[0], encoding="utf-8")
    schema = read_schema(path)
    assert schema.dimension_names == ("tension",)
    assert schema.class_names == ("bored", "engaged")
    assert [c.key for c in schema.classes] == ["1", "2"]
