import logging
import threading

import pytest
from itsdangerous import TimestampSigner

from feltline.errors import SetupError
from feltline.server.security import Credentials
from feltline.server.security.credentials import SESSION_S
from feltline.server.security.rate_limit import RateLimit
from feltline.server.security.secret_files import read_or_make_secret


@pytest.fixture
def credentials(tmp_path):
    return Credentials.load(tmp_path)


def test_keys_are_for_their_owner_only(credentials, tmp_path):
    assert sorted(p.name for p in tmp_path.iterdir()) == ["api-token", "secret"]
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
    token = (tmp_path / "api-token").read_text().strip()
    assert credentials.is_api_token(token)
    assert not credentials.is_api_token("")
    assert not credentials.is_api_token(token[:-1])
    assert (tmp_path / "secret").read_text() != (tmp_path / "api-token").read_text()


def test_keys_stay_from_one_start_to_the_next(credentials, tmp_path):
    session = credentials.new_session()
    again = Credentials.load(tmp_path)
    assert again.session_of(session) is not None
    assert again.cookie == credentials.cookie
    (tmp_path / "secret").unlink()
    renewed = Credentials.load(tmp_path)
    assert renewed.session_of(session) is None


def test_a_key_file_that_others_may_read_is_closed(tmp_path):
    path = tmp_path / "key"
    secret = read_or_make_secret(path)
    path.chmod(0o644)
    assert read_or_make_secret(path) == secret
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff" * 50])
def test_a_key_file_without_a_key(tmp_path, content):
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(SetupError, match=r"key file .*key.*delete it"):
        read_or_make_secret(tmp_path / "key")


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(SetupError, match=r"key file .*secret cannot be used"):
        Credentials.load(tmp_path / "no")


def test_a_link_works_once(credentials):
    token = credentials.new_link_token()
    assert len(token) >= 43  # 256 bits
    assert not credentials.redeem(token + "x")
    assert not credentials.redeem("")
    assert credentials.redeem(token)
    assert not credentials.redeem(token)


def test_links_do_not_disturb_each_other(credentials):
    tokens = [credentials.new_link_token() for _ in range(17)]
    assert len(set(tokens)) == 17
    assert not credentials.redeem(tokens[0])  # only the last 16 are kept
    assert all(credentials.redeem(token) for token in tokens[1:])


def test_of_many_who_have_the_same_link_one_comes_in(credentials):
    token = credentials.new_link_token()
    barrier, let_in = threading.Barrier(8), []

    def come():
        barrier.wait()
        let_in.append(credentials.redeem(token))

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(let_in) == [False] * 7 + [True]


def test_a_used_link_is_told(credentials, caplog):
    used = []
    credentials.on_redeemed = lambda: used.append(credentials.new_link_token())
    assert not credentials.redeem("wrong")
    assert used == []
    assert credentials.redeem(credentials.new_link_token())
    assert credentials.redeem(used[0])

    def broken():
        raise BrokenPipeError

    credentials.on_redeemed = broken
    with caplog.at_level(logging.ERROR):
        assert credentials.redeem(credentials.new_link_token())
    assert "no new link could be offered" in caplog.text


def test_sessions_are_signed_and_end(credentials, monkeypatch):
    one, other = credentials.new_session(), credentials.new_session()
    assert credentials.session_of(one) != credentials.session_of(other)
    for bad in ("", "x", one[:-1], one[1:], one.replace(".", ".a", 1), "é"):
        assert credentials.session_of(bad) is None
    now = TimestampSigner("any").get_timestamp()
    for later, is_good in ((SESSION_S - 5, True), (SESSION_S + 5, False)):
        monkeypatch.setattr(
            TimestampSigner, "get_timestamp", lambda _, at=now + later: at
        )
        assert (credentials.session_of(one) is not None) == is_good


def test_the_csrf_tokens_of_sessions_differ(credentials):
    one, other = "session-one", "session-two"
    assert credentials.is_csrf_token(one, credentials.csrf_token(one))
    for wrong in (
        credentials.csrf_token(other),
        "",
        credentials.csrf_token(one)[:-1],
        "é",
    ):
        assert not credentials.is_csrf_token(one, wrong)
    assert credentials.csrf_token_for({}) == ""


def test_projects_have_cookies_of_their_own(credentials, tmp_path):
    (tmp_path / "other").mkdir()
    other = Credentials.load(tmp_path / "other")
    assert other.cookie != credentials.cookie
    assert other.session_of(credentials.new_session()) is None


def test_failures_are_bounded_within_a_minute():
    now = 1000.0
    limit = RateLimit(clock=lambda: now)
    for _ in range(20):
        assert limit.fail("a") == 0
        now += 1
    assert limit.fail("a") == pytest.approx(40)
    assert limit.fail("b") == 0
    now += 41  # what was refused did not count
    assert limit.fail("a") == 0
    assert limit.fail("a") == 0
    assert 0 < limit.fail("a") < 60


def test_callers_are_not_remembered_for_ever():
    limit = RateLimit(clock=lambda: 0.0)
    for number in range(1500):
        limit.fail(f"caller {number}")
    assert len(limit._failures) == 1000
