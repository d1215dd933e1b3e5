"""What lets users in: sessions, tokens, and how failures are counted."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from tests.store.making import give, judgement

from feltline.errors import StoreError
from feltline.store import Accounts, sign_ins
from feltline.store.accounts_schema import api_tokens, sign_in_sessions


@pytest.fixture
def url(file_url):
    """What is of SQL in here is tried on PostgreSQL by tests of their own, below."""
    return file_url


@pytest.fixture
def anna(accounts):
    return accounts.add_user("anna", name="Anna").user_id


def put(accounts, table, **values):
    with accounts._writing() as connection:
        connection.execute(sa.update(table).values(**values))


def ago(**past):
    return datetime.now(tz=UTC) - timedelta(**past)


# --- sessions


def test_a_session_is_its_users_until_it_ends(accounts, anna):
    first, second = accounts.begin_session(anna), accounts.begin_session(anna)
    assert first != second
    assert accounts.user_of_session(first) == anna
    accounts.end_session(first)
    assert accounts.user_of_session(first) is None
    assert accounts.user_of_session(second) == anna
    assert accounts.user_of_session("another") is None
    with accounts._reading() as connection:
        kept = connection.execute(sa.select(sign_in_sessions)).all()
    assert second not in str(kept)  # who reads the database cannot come in


@pytest.mark.parametrize(
    "values", [{"expires_at": ago(seconds=1)}, {"used_at": ago(hours=12, seconds=1)}]
)
def test_a_session_ends_by_itself(accounts, anna, values):
    session = accounts.begin_session(anna)
    put(accounts, sign_in_sessions, **values)
    assert accounts.user_of_session(session) is None


def test_a_session_in_use_goes_on(accounts, anna):
    session = accounts.begin_session(anna)
    put(accounts, sign_in_sessions, used_at=ago(hours=11))
    assert accounts.user_of_session(session) == anna
    with accounts._reading() as connection:
        used = connection.execute(sa.select(sign_in_sessions.c.used_at)).scalar_one()
    assert used > ago(minutes=1)


def test_another_password_and_disabling_end_all_sessions(accounts, anna):
    ben = accounts.add_user("ben", name="Ben").user_id
    of_ben = accounts.begin_session(ben)
    for change in (
        lambda: accounts.set_password_hash(anna, "another"),
        lambda: accounts.change_user(anna, is_disabled=True),
    ):
        session = accounts.begin_session(anna)
        change()
        assert accounts.user_of_session(session) is None
    accounts.change_user(anna, is_disabled=False)
    assert accounts.user_of_session(session) is None  # it does not come back
    assert accounts.user_of_session(of_ben) == ben


def test_who_can_sign_in_is_counted(accounts, anna):
    assert accounts.n_who_can_sign_in() == 0
    accounts.set_password_hash(anna, "a hash")
    assert accounts.password_hash(anna) == "a hash"
    assert accounts.n_who_can_sign_in() == 1
    accounts.change_user(anna, is_disabled=True)
    assert accounts.n_who_can_sign_in() == 0
    with pytest.raises(StoreError, match="no user 'nobody'"):
        accounts.set_password_hash("nobody", "a hash")


# --- tokens


def token(accounts, anna, **more):
    given = {"name": "ci", "scopes": {"read", "judge"}, "days": 30} | more
    return accounts.add_token(anna, **given)


def test_a_token_is_good_until_it_ends_or_is_revoked(accounts, anna):
    made, secret = token(accounts, anna, project_id="p")
    found = accounts.token_of_secret(secret)
    assert found is not None
    assert (found.user_id, found.scopes, found.project_id) == (
        anna,
        {"read", "judge"},
        "p",
    )
    assert accounts.token(made.token_id).used_at is not None
    assert not accounts.revoke_token("somebody else", made.token_id)
    assert accounts.token_of_secret(secret) is not None
    assert accounts.revoke_token(anna, made.token_id)
    assert accounts.token_of_secret(secret) is None
    _, secret = token(accounts, anna)
    put(accounts, api_tokens, expires_at=ago(seconds=1))
    assert accounts.token_of_secret(secret) is None
    assert [one.is_good for one in accounts.tokens_of(anna)] == [False, False]


def test_a_token_of_who_is_disabled_lets_nobody_in(accounts, anna):
    _, secret = token(accounts, anna)
    accounts.change_user(anna, is_disabled=True)
    assert accounts.token_of_secret(secret) is None
    accounts.change_user(anna, is_disabled=False)
    assert accounts.token_of_secret(secret) is not None


def test_a_token_whose_user_goes_meanwhile_lets_nobody_in(accounts, anna, monkeypatch):
    _, secret = accounts.add_token(anna, name="x", scopes=["read"], days=1)
    read = accounts._token

    def read_and_deleted(condition):
        found = read(condition)
        accounts.delete_user(anna)
        return found

    monkeypatch.setattr(accounts, "_token", read_and_deleted)
    assert accounts.token_of_secret(secret) is None


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"name": " "}, "needs a name"),
        ({"scopes": set()}, "one or more scopes"),
        ({"days": 0}, "1 to 366 days"),
        ({"days": 367}, "1 to 366 days"),
    ],
)
def test_tokens_out_of_range_are_refused(accounts, anna, given, why):
    with pytest.raises(StoreError, match=why):
        token(accounts, anna, **given)
    assert accounts.tokens_of(anna) == []


def test_a_user_has_so_many_tokens(accounts, anna, monkeypatch):
    monkeypatch.setattr("feltline.store.api_tokens.MAX_TOKENS", 2)
    made, _ = token(accounts, anna)
    token(accounts, anna)
    with pytest.raises(StoreError, match="at most 2 tokens"):
        token(accounts, anna)
    accounts.revoke_token(anna, made.token_id)
    token(accounts, anna)
    with pytest.raises(StoreError, match="no user 'nobody'"):
        token(accounts, "nobody")


# --- failures


def test_failures_are_counted_by_caller_and_name(accounts, monkeypatch):
    for caller, name in (("a", "x"), ("a", "x"), ("a", "y"), ("b", "x")):
        accounts.add_failure(name, caller)
    assert accounts.failures("a").n == 3
    assert accounts.failures("a", "x").n == 2
    assert accounts.failures("a", "x").last_at > ago(minutes=1)
    accounts.forget_failures("a", "x")
    assert (accounts.failures("a").n, accounts.failures("b").n) == (1, 1)
    monkeypatch.setattr(sign_ins, "FAILURES_KEPT", timedelta(0))
    assert accounts.failures("b").n == 0
    accounts.add_failure("x", "c")
    monkeypatch.undo()
    assert accounts.failures("b").n == 0  # forgotten when the next came


# --- users and members


def test_a_deleted_user_leaves_a_pseudonym(accounts, anna, store):
    accounts.begin_session(anna)
    token(accounts, anna)
    rater = accounts.set_membership(store.project_id, anna, "owner").rater_id
    (event_id,) = give(store, judgement(rater=rater))
    store.enter_member(rater, "owner", former=None, by="")
    assert store.pseudonyms() == {rater: "Rater 1"}
    (was,) = accounts.delete_user(anna)
    assert was.rater_id == rater
    assert (accounts.users(), accounts.tokens_of(anna)) == ([], [])
    assert accounts.members(store.project_id) == []
    assert store.event(event_id).rater == rater
    for again in ("anna", rater):
        store.enter_member(again, "rater", former="lead", by="")
    assert store.pseudonyms() == {rater: "Rater 1", "anna": "Rater 2"}
    with pytest.raises(StoreError, match="no user"):
        accounts.delete_user(anna)


def test_a_project_keeps_an_owner(accounts, anna):
    ben = accounts.add_user("ben", name="Ben").user_id
    accounts.set_membership("p", anna, "owner")
    for lose in (
        lambda: accounts.set_membership("p", anna, "lead"),
        lambda: accounts.remove_membership("p", anna),
    ):
        with pytest.raises(StoreError, match="only owner"):
            lose()
    accounts.set_membership("p", ben, "owner")
    assert accounts.set_membership("p", anna, "lead").role == "lead"
    assert accounts.remove_membership("p", anna).user_id == anna
    assert accounts.remove_membership("p", anna) is None
    assert [one.project_id for one in accounts.memberships_of(ben)] == ["p"]


def test_a_user_is_renamed(accounts, anna):
    accounts.change_user(anna, name=" Anna B. ", is_admin=True)
    now = accounts.user(anna)
    assert (now.name, now.is_admin, now.is_disabled) == ("Anna B.", True, False)
    with pytest.raises(StoreError, match="needs a name"):
        accounts.change_user(anna, name="")


def test_all_of_it_on_postgresql(postgresql):
    url = postgresql.new_database()
    accounts = Accounts.open(url)
    anna = accounts.add_user("anna", name="Anna").user_id
    accounts.set_password_hash(anna, "a hash")
    session = accounts.begin_session(anna)
    put(accounts, sign_in_sessions, used_at=ago(hours=11))
    assert accounts.user_of_session(session) == anna
    accounts.end_session(session)
    assert accounts.user_of_session(session) is None
    session = accounts.begin_session(anna, network="192.0.2.0/24", browser="Firefox")
    (listed,) = accounts.sessions_of(anna)
    assert (listed.network, listed.browser) == ("192.0.2.0/24", "Firefox")
    assert listed.is_of(session)
    assert not accounts.end_session_of("another", listed.session_id)
    assert accounts.end_session_of(anna, listed.session_id)
    assert accounts.user_of_session(session) is None
    assert not accounts.take_password_hash(anna, "new", former=None)
    assert accounts.take_password_hash(anna, "new", former="a hash")
    ben = accounts.add_user("ben", name="Ben").user_id
    assert accounts.take_password_hash(ben, "new", former=None)
    made, secret = token(accounts, anna)
    found = accounts.token_of_secret(secret)
    assert found is not None
    assert found.scopes == {"read", "judge"}
    assert accounts.revoke_token(anna, made.token_id)
    assert accounts.token_of_secret(secret) is None
    accounts.add_failure("x", "a")
    accounts.add_failure("x", "a")
    assert accounts.failures("a", "x").n == 2
    accounts.forget_failures("a", "x")
    assert accounts.failures("a").n == 0
    accounts.set_membership("p", anna, "owner")
    accounts.delete_user(anna)
    assert accounts.members("p") == []
    accounts.close()
    postgresql.drop(url)
