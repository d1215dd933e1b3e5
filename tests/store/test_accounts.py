import stat
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from tests.store.making import give, judgement

from feltline.errors import StoreError
from feltline.store import Accounts, Store
from feltline.store.accounts_schema import ACCOUNTS
from feltline.store.connect import engine_of, target_of

NAME = "Doctor Anna Grün"
WIDE_A, WIDE_G = "\uff21", "\uff47"
"""As Japanese keyboards write letters."""


def test_users_are_kept_and_found_however_their_name_is_typed(accounts, accounts_url):
    anna = accounts.add_user(" Grün ", name=NAME, is_admin=True)
    ben = accounts.add_user("ben", name="Ben")
    assert (anna.sign_in_name, anna.is_admin, ben.is_admin) == ("grün", True, False)
    again = Accounts.open(accounts_url)
    assert again.users() == [ben, anna]
    assert again.user(anna.user_id) == anna
    for typed in (
        "grün",
        "GRÜN",
        unicodedata.normalize("NFD", "Grün"),
        f"{WIDE_G}rün ",
    ):
        assert again.user_of_sign_in_name(typed) == anna
    assert again.user("nobody") is None
    assert again.user_of_sign_in_name("nobody") is None
    again.close()


def test_ids_say_nothing_of_who_it_is(accounts):
    anna = accounts.add_user("anna", name=NAME)
    member = accounts.set_membership("p", anna.user_id, "rater")
    for opaque in (anna.user_id, member.rater_id):
        assert "anna" not in opaque.casefold()
    other = accounts.set_membership("q", anna.user_id, "rater")
    assert other.rater_id != member.rater_id


@pytest.mark.parametrize("taken", ["anna", "ANNA", f"{WIDE_A}nna"])
def test_two_users_never_sign_in_with_one_name(accounts, taken):
    accounts.add_user("Anna", name=NAME)
    with pytest.raises(StoreError, match="a user 'anna' already"):
        accounts.add_user(taken, name="Another")
    assert len(accounts.users()) == 1


@pytest.mark.parametrize("name", ["", "  ", "a" * 101, "a\nb", "a\0b", "\u200b"])
def test_a_name_that_nobody_can_type_is_refused(accounts, name):
    with pytest.raises(StoreError, match="signs in with a name of 1 to 100"):
        accounts.add_user(name, name="Anna")
    with pytest.raises(StoreError, match="needs a name"):
        accounts.add_user("anna", name=" " * 3)


def test_of_many_who_take_a_name_at_once_one_gets_it(accounts, accounts_url):
    others = [Accounts.open(accounts_url) for _ in range(3)]

    def take(one):
        try:
            return one.add_user("anna", name=NAME)
        except StoreError as error:
            return str(error)

    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(take, others))
    assert sum(isinstance(one, str) for one in made) == 2
    assert len(accounts.users()) == 1
    for one in others:
        one.close()


def test_a_member_keeps_its_rater_whatever_role_it_gets(accounts):
    anna = accounts.add_user("anna", name=NAME)
    ben = accounts.add_user("ben", name="Ben")
    first = accounts.set_membership("p", anna.user_id, "rater")
    accounts.set_membership("p", ben.user_id, "viewer")
    lead = accounts.set_membership("p", anna.user_id, "lead")
    assert (lead.role, lead.rater_id) == ("lead", first.rater_id)
    assert lead.added_at == first.added_at
    assert accounts.membership("p", anna.user_id) == lead
    assert [one.user_id for one in accounts.members("p")] == [anna.user_id, ben.user_id]
    assert accounts.membership("q", anna.user_id) is None
    assert accounts.members("q") == []


def test_a_rater_of_the_log_is_taken_by_one_member(accounts):
    anna = accounts.add_user("anna", name=NAME)
    ben = accounts.add_user("ben", name="Ben")
    taken = accounts.set_membership("p", anna.user_id, "owner", rater_id="me")
    assert taken.rater_id == "me"
    with pytest.raises(StoreError, match="is the rater 'me' already"):
        accounts.set_membership("p", ben.user_id, "rater", rater_id="me")
    assert accounts.membership("p", ben.user_id) is None
    other = accounts.set_membership("q", ben.user_id, "rater", rater_id="me")
    assert other.rater_id == "me"
    with pytest.raises(StoreError, match="no user 'nobody'"):
        accounts.set_membership("p", "nobody", "rater")


def test_new_accounts_have_the_tables_that_queries_are_written_for(
    accounts, accounts_url
):
    assert accounts.users() == []
    engine = engine_of(target_of(accounts_url))
    with engine.connect() as connection:
        options = {"version_table": ACCOUNTS.version_table, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, ACCOUNTS.metadata) == []
        assert context.get_current_revision() == "0002"
    engine.dispose()


def test_accounts_of_a_former_feltline_are_brought_up_to_date(accounts_url):
    """Those of before sessions knew from where they were begun."""
    accounts = Accounts.open(accounts_url)
    anna = accounts.add_user("anna", name="Anna").user_id
    session = accounts.begin_session(anna)
    accounts.close()
    engine = engine_of(target_of(accounts_url))
    stamp = sa.table(ACCOUNTS.version_table, sa.column("version_num"))
    with engine.begin() as connection:
        for name in ("network", "browser"):
            connection.exec_driver_sql(
                f"ALTER TABLE sign_in_sessions DROP COLUMN {name}"
            )
        connection.execute(sa.update(stamp).values(version_num="0001"))
    engine.dispose()
    accounts = Accounts.open(accounts_url)
    assert accounts.user_of_session(session) == anna
    (listed,) = accounts.sessions_of(anna)
    assert (listed.network, listed.browser) == (None, None)
    accounts.close()


def test_accounts_of_a_newer_feltline_are_refused(accounts_url):
    Accounts.open(accounts_url).close()
    engine = engine_of(target_of(accounts_url))
    stamp = sa.table(ACCOUNTS.version_table, sa.column("version_num"))
    with engine.begin() as connection:
        connection.execute(sa.update(stamp).values(version_num="0917"))
    engine.dispose()
    with pytest.raises(StoreError, match="newer feltline"):
        Accounts.open(accounts_url)


def test_names_and_hashes_never_lie_in_a_project(store, accounts, tmp_path):
    anna = accounts.add_user("grün", name=NAME)
    member = accounts.set_membership(store.project_id, anna.user_id, "rater")
    give(store, judgement(rater=member.rater_id))
    store.snapshot(tmp_path / "backup.db")
    files = [tmp_path / "backup.db", *tmp_path.glob("project.db*")]
    held = b"".join(file.read_bytes() for file in files)
    assert member.rater_id.encode() in held
    for secret in (NAME, "grün", anna.user_id):
        assert secret.encode() not in held


def test_a_file_of_accounts_is_for_its_owner_only(file_url):
    Accounts.open(file_url).close()
    path = Path(file_url.removeprefix("sqlite:///"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_accounts_and_projects_never_share_a_file(file_url):
    Store.create(file_url, project_id="p", name="Talks").close()
    with pytest.raises(StoreError, match="projects and accounts need a file each"):
        Accounts.open(file_url)
    accounts_url = file_url.replace("project.db", "accounts.db")
    Accounts.open(accounts_url).close()
    with pytest.raises(StoreError, match="projects and accounts need a file each"):
        Store.create(accounts_url, project_id="p", name="Talks")


def test_accounts_need_a_folder(tmp_path):
    with pytest.raises(StoreError, match=r"the folder .*missing does not exist"):
        Accounts.open(f"sqlite:///{tmp_path}/missing/accounts.db")
