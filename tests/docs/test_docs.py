"""What a user can type or read is documented, and the documents are true."""

import re
from pathlib import Path
from typing import get_args

import pytest
import typer
from tests.formats.test_tables import COLUMNS

import feltline
from feltline.cli.app import INTERRUPTED, OWN_FAULT, app
from feltline.cli.options import MethodName, SelectionName
from feltline.errors import FeltlineError, NothingToLabelError
from feltline.fewshot import Selection
from feltline.lab.demo import portrait_clip
from feltline.settings import ENCODER, SETTINGS
from feltline.types import EXPRESSIONS, Method
from feltline.video import VideoWriter

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def page(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_command_and_option_is_documented():
    _, *sections = page("docs/cli.md").split("\n## ")
    title = {s.splitlines()[0]: s for s in sections}
    shared = title["Where to look (label, suggest, extract)"]
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        text = title[f"feltline {name}"]
        if name in ("label", "suggest", "extract"):
            text += shared
        parts = getattr(command, "commands", {"": command}).values()
        for parameter in (p for part in parts for p in part.params):
            for option in (o for o in parameter.opts if o.startswith("--")):
                assert option == "--json" or f"`{option}`" in text, f"{name} {option}"


def test_every_exit_code_is_documented():
    codes = {0, 2, OWN_FAULT, INTERRUPTED}
    codes |= {FeltlineError.exit_code, NothingToLabelError.exit_code}
    documented = re.findall(r"^\| (\d+) \|", page("docs/cli.md"), re.MULTILINE)
    assert codes == {int(code) for code in documented}


def test_the_default_encoder_is_the_one_that_pages_name():
    for page in ("docs/cli.md", "docs/encoders.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        named = re.findall(r"[Dd]efault(?: is)? `([^`]+\+geometry)`", text)
        assert named == [ENCODER], page


def test_every_setting_is_documented_with_its_default():
    text = page("docs/settings.md")
    for setting in SETTINGS:
        assert f"| `{setting.name}` | {setting.default} |" in text


def test_every_output_column_is_documented():
    text = page("docs/output.md")
    assert [name for name in COLUMNS if f"`{name}`" not in text] == []


def test_every_expression_is_documented():
    text = page("docs/support-csv.md")
    assert [name for name in EXPRESSIONS if name not in text] == []


def test_every_decision_stands_in_order():
    numbers = sorted(p.name[:4] for p in (ROOT / "docs/decisions").glob("*.md"))
    assert numbers == [f"{i:04d}" for i in range(1, len(numbers) + 1)]


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_who_quotes_the_rated_clips_says_who_rated_them(path):
    text = " ".join(path.read_text(encoding="utf-8").split())
    if re.search(r"\b(rated|real|five) clips\b", text):
        assert "vision language model" in text


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_links_and_pictures_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8")):
        if not target.startswith("https://"):
            assert (path.parent / target).exists(), target


def test_the_command_line_knows_every_method_and_selection():
    assert set(get_args(MethodName)) == set(get_args(Method))
    assert set(get_args(SelectionName)) == set(get_args(Selection))


def test_everything_public_is_there_and_explained():
    assert dir(feltline) == sorted(feltline.__all__)
    for name in feltline.__all__:
        assert getattr(feltline, name).__doc__
        assert f"`feltline.{name}" in page("docs/python-api.md")
    with pytest.raises(AttributeError, match="nothing_such"):
        feltline.nothing_such  # noqa: B018


def test_the_python_lines_of_the_readme_run(tmp_path, monkeypatch, capsys):
    """On a generated clip; the comment that says to fill in labels is done here."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FELTLINE_CACHE", str(tmp_path / "cache"))
    clip = portrait_clip(seconds=2.0, rate_hz=12.0, width=320, height=240)
    with VideoWriter(Path("talk.mp4"), width=320, height=240, rate=12) as writer:
        for rgb in clip.frames():
            writer.write(rgb)
    block = re.findall(r"```python\n(.*?)```", page("README.md"), re.DOTALL)[0]
    asked, labelled = block.split("# fill in valence and arousal in labels.csv, then:")
    space: dict[str, object] = {}
    exec(asked, space)  # noqa: S102 - the README is ours
    rows = Path("labels.csv").read_text().splitlines()
    filled = [rows[0]]
    for row in rows[1:]:
        cells = row.split(",")
        cells[4:6] = [f"{v:.2f}" for v in clip.affect[int(cells[1])]]
        filled.append(",".join(cells))
    Path("labels.csv").write_text("\n".join(filled) + "\n")
    exec(labelled, space)  # noqa: S102
    assert "by_hand=6" in capsys.readouterr().out
    assert Path("all.csv").exists()
    assert Path("curves.png").exists()


def test_the_readme_leads_to_all_that_a_team_needs():
    help_ = page("README.md").split("## Help")[1]
    for name in ("teams", "serving", "security", "agreement", "audits"):
        assert f"(docs/{name}.md)" in help_, name
