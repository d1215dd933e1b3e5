"""`feltline user`: people who may sign in, from the terminal."""

import io
import json
import stat
import uuid

import pytest
from argon2 import PasswordHasher

from feltline.project import Project, ProjectSettings
from feltline.server.known_projects import KnownProjects
from feltline.server.security import passwords
from feltline.settings import accounts_url
from feltline.store import Accounts

PASSWORD = "a horse, a battery"  # noqa: S105 - of nobody


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setenv("FELTLINE_HOME", str(home))
    # Strong hashes are tried in tests of their own.
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "PasswordHasher", lambda **_: weak)
    return home


@pytest.fixture
def study(tmp_path):
    settings = ProjectSettings(project_id=uuid.uuid4().hex, name="study", rater="anna")
    Project.init(tmp_path / "study", settings).close()
    return tmp_path / "study"


@pytest.fixture
def typed(monkeypatch):
    """Has the next command read a line from standard input."""

    def give(text):
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    return give


@pytest.fixture
def accounts(home):
    home.mkdir()
    made = Accounts.open(accounts_url(home))
    yield made
    made.close()


def test_a_user_is_added_made_a_member_and_taken_out_again(
    feltline, feltline_json, typed, study, accounts
):
    typed(f"{PASSWORD}\n")
    code, out, _ = feltline(
        "user", "add", "Anna", "--shown", "Anna G.", "--role", "owner", "--admin",
        "--project", str(study), "--takes", "anna",
    )  # fmt: skip
    assert code == 0
    assert "anna is owner of" in out
    assert PASSWORD not in out
    anna = accounts.user_of_sign_in_name("anna")
    assert (anna.name, anna.is_admin) == ("Anna G.", True)
    known = accounts.password_hash(anna.user_id)
    assert passwords.Passwords().verify(known, PASSWORD)
    (member,) = accounts.memberships_of(anna.user_id)
    assert (member.role, member.rater_id) == ("owner", "anna")
    (listed,) = feltline_json("user", "list")
    assert (listed["name"], listed["n_projects"]) == ("Anna G.", 1)
    assert "password_hash" not in listed
    typed(f"{PASSWORD}\n")
    made = feltline_json(
        "user", "add", "ben", "--role", "rater", "--project", str(study)
    )
    assert made["rater_id"].startswith("rater-")
    code, out, _ = feltline("user", "role", "ben", "none", "--project", str(study))
    assert code == 0
    assert "no member" in out
    code, _, err = feltline("user", "role", "ben", "none", "--project", str(study))
    assert (code, "ben is no member" in err) == (4, True)
    code, _, err = feltline("user", "role", "anna", "lead", "--project", str(study))
    assert (code, "only owner" in err) == (4, True)
    feltline("user", "role", "ben", "lead", "--project", str(study))
    code, out, _ = feltline("user", "delete", "anna", "--yes")
    assert code == 0
    assert "names the rater anna" in out  # from before there were users
    assert accounts.user_of_sign_in_name("anna") is None


def test_nothing_is_added_without_a_password_of_use(feltline, typed, study, accounts):
    for text, why in (("", "no password was given"), ("short\n", "12 to 512")):
        typed(text)
        code, _, err = feltline("user", "add", "anna")
        assert (code, why in err) == (4, True)
    typed(f"{PASSWORD}\n")
    code, _, err = feltline("user", "add", "anna", "--role", "owner")
    assert (code, "--role and --project" in err) == (4, True)
    words = ("--role", "rater", "--project", str(study), "--takes", "zoe")
    typed(f"{PASSWORD}\n")
    code, _, err = feltline("user", "add", "anna", *words)
    assert (code, "no rater 'zoe'" in err) == (4, True)
    assert accounts.users() == []


def test_no_option_takes_a_password(feltline):
    code, _, err = feltline("user", "add", "anna", "--password", PASSWORD)
    assert code == 2
    assert "No such option" in err


def test_another_password_and_disabling_end_sessions(feltline, typed, accounts):
    typed(f"{PASSWORD}\n")
    feltline("user", "add", "anna")
    anna = accounts.user_of_sign_in_name("anna").user_id
    for text, words in (
        ("quite another one\n", ("password", "anna")),
        ("", ("disable", "anna")),
    ):
        session = accounts.begin_session(anna)
        typed(text)
        assert feltline("user", *words)[0] == 0
        assert accounts.user_of_session(session) is None
    assert accounts.user(anna).is_disabled
    feltline("user", "disable", "anna", "--undo")
    assert not accounts.user(anna).is_disabled
    known = accounts.password_hash(anna)
    assert passwords.Passwords().verify(known, "quite another one")
    for verb in ("password", "disable", "token", "delete"):
        typed(f"{PASSWORD}\n")
        yes = ["--yes"] if verb == "delete" else []
        code, _, err = feltline("user", verb, "nobody", *yes)
        assert (code, "no user 'nobody'" in err) == (4, True)


def test_a_token_is_printed_once(feltline, feltline_json, typed, study, accounts):
    typed(f"{PASSWORD}\n")
    feltline("user", "add", "anna")
    words = ("--scopes", "read, judge", "--days", "7")
    made = feltline_json(
        "user", "token", "anna", *words, "--called", "ci", "--project", str(study)
    )
    found = accounts.token_of_secret(made["token"])
    assert (found.name, found.scopes) == ("ci", {"read", "judge"})
    assert found.project_id is not None
    code, out, _ = feltline("user", "token", "anna")
    assert code == 0
    reading = accounts.token_of_secret(out.splitlines()[-1])
    assert (reading.scopes, reading.project_id) == ({"read"}, None)
    listed = feltline_json("user", "token", "anna", "--list")
    assert made["token"] not in json.dumps(listed)
    feltline("user", "token", "anna", "--revoke", made["token_id"])
    assert accounts.token_of_secret(made["token"]) is None
    code, _, err = feltline("user", "token", "anna", "--scopes", "read,admin")
    assert (code, "'admin' is no scope" in err) == (4, True)
    code, _, err = feltline("user", "token", "anna", "--revoke", "none")
    assert (code, "has no token none" in err) == (4, True)


def test_it_speaks_the_language_of_the_terminal(feltline, typed, monkeypatch, home):
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    _, out, _ = feltline("user", "list")
    assert "利用者" in out
    typed("short\n")
    _, _, err = feltline("user", "add", "anna")
    assert "単語をいくつか並べる" in err
    typed(f"{PASSWORD}\n")
    _, out, _ = feltline("user", "add", "anna")
    assert "利用者 anna を追加しました" in out
    mode = (home / "accounts.db").stat().st_mode
    assert stat.S_IMODE(mode) == stat.S_IRUSR | stat.S_IWUSR


def test_serving_to_others_needs_somebody_who_can_sign_in(feltline, study):
    public = ("--public-url", "https://label.example.org", "--port", "0")
    code, _, err = feltline("serve", str(study), *public)
    assert code == 4
    assert "nobody could sign in" in err
    assert "--trust-proxy" in err
    code, _, err = feltline("serve", str(study), "--listen", "0.0.0.0")  # noqa: S104
    assert (code, "public address only" in err) == (4, True)
    code, _, err = feltline("serve", str(study), "--public-url", "http://label.example")
    assert (code, "without encryption" in err) == (4, True)


def test_the_log_of_a_project_says_who_became_a_member(feltline, typed, study, home):
    typed(f"{PASSWORD}\n")
    feltline("user", "add", "ben", "--role", "rater", "--project", str(study))
    feltline("user", "role", "ben", "lead", "--project", str(study))
    KnownProjects(home).add(study, "study")
    code, *_ = feltline("user", "delete", "ben", "--yes")
    assert code == 0
    with Project.open(study) as here:
        notes = [(one.kind, one.rater) for one in here.store.events(after=0)]
    kinds = ("member-added", "member-changed", "member-removed")
    assert [one for one in notes if one[0] in kinds] == [(k, "anna") for k in kinds]


def test_a_user_is_deleted_though_a_project_is_broken(feltline, typed, study, home):
    typed(f"{PASSWORD}\n")
    feltline("user", "add", "ben", "--role", "rater", "--project", str(study))
    KnownProjects(home).add(study, "study")
    (study / "feltline.toml").write_text("broken", encoding="utf-8")
    code, out, _ = feltline("user", "delete", "ben", "--yes")
    assert code == 0
    assert "the log of study does not say" in out
