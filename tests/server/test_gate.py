import logging
import threading

import pytest
from itsdangerous import TimestampSigner

from feltline.errors import SetupError
from feltline.server.security import Gate
from feltline.server.security.credentials import SESSION_S
from feltline.server.security.rate_limit import Attempts
from feltline.server.security.secret_files import kept_secret

HOSTS = ("127.0.0.1:8771", "LocalHost:8771")


@pytest.fixture
def gate(tmp_path):
    return Gate.of(tmp_path, hosts=HOSTS)


def test_keys_are_for_their_owner_only(gate, tmp_path):
    assert sorted(p.name for p in tmp_path.iterdir()) == ["api-token", "secret"]
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
    token = (tmp_path / "api-token").read_text().strip()
    assert gate.is_script(token)
    assert not gate.is_script("")
    assert not gate.is_script(token[:-1])
    assert (tmp_path / "secret").read_text() != (tmp_path / "api-token").read_text()


def test_keys_stay_from_one_start_to_the_next(gate, tmp_path):
    session = gate.new_session()
    again = Gate.of(tmp_path, hosts=HOSTS)
    assert again.session_in(session) is not None
    assert again.cookie == gate.cookie
    (tmp_path / "secret").unlink()
    renewed = Gate.of(tmp_path, hosts=HOSTS)
    assert renewed.session_in(session) is None


def test_a_key_file_that_others_may_read_is_closed(tmp_path):
    path = tmp_path / "key"
    secret = kept_secret(path)
    path.chmod(0o644)
    assert kept_secret(path) == secret
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff" * 50])
def test_a_key_file_without_a_key(tmp_path, content):
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(SetupError, match=r"key file .*key.*delete it"):
        kept_secret(tmp_path / "key")


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(SetupError, match=r"key file .*secret cannot be used"):
        Gate.of(tmp_path / "no", hosts=HOSTS)


def test_a_link_works_once(gate):
    token = gate.new_token()
    assert len(token) >= 43  # 256 bits
    assert not gate.spend(token + "x")
    assert not gate.spend("")
    assert gate.spend(token)
    assert not gate.spend(token)


def test_links_do_not_disturb_each_other(gate):
    tokens = [gate.new_token() for _ in range(17)]
    assert len(set(tokens)) == 17
    assert not gate.spend(tokens[0])  # only the last 16 are kept
    assert all(gate.spend(token) for token in tokens[1:])


def test_of_many_who_have_the_same_link_one_comes_in(gate):
    token = gate.new_token()
    barrier, let_in = threading.Barrier(8), []

    def come():
        barrier.wait()
        let_in.append(gate.spend(token))

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(let_in) == [False] * 7 + [True]


def test_a_used_link_is_told(gate, caplog):
    used = []
    gate.when_used = lambda: used.append(gate.new_token())
    assert not gate.spend("wrong")
    assert used == []
    assert gate.spend(gate.new_token())
    assert gate.spend(used[0])

    def broken():
        raise BrokenPipeError

    gate.when_used = broken
    with caplog.at_level(logging.ERROR):
        assert gate.spend(gate.new_token())
    assert "no new link could be offered" in caplog.text


def test_sessions_are_signed_and_end(gate, monkeypatch):
    one, other = gate.new_session(), gate.new_session()
    assert gate.session_in(one) != gate.session_in(other)
    for bad in ("", "x", one[:-1], one[1:], one.replace(".", ".a", 1), "é"):
        assert gate.session_in(bad) is None
    now = TimestampSigner("any").get_timestamp()
    for later, is_good in ((SESSION_S - 5, True), (SESSION_S + 5, False)):
        monkeypatch.setattr(
            TimestampSigner, "get_timestamp", lambda _, at=now + later: at
        )
        assert (gate.session_in(one) is not None) == is_good


def test_the_words_of_sessions_differ(gate):
    one, other = "session-one", "session-two"
    assert gate.is_csrf(one, gate.csrf(one))
    for wrong in (gate.csrf(other), "", gate.csrf(one)[:-1], "é"):
        assert not gate.is_csrf(one, wrong)
    assert gate.csrf_of({}) == ""


def test_projects_have_cookies_of_their_own(gate, tmp_path):
    (tmp_path / "other").mkdir()
    other = Gate.of(tmp_path / "other", hosts=HOSTS)
    assert other.cookie != gate.cookie
    assert other.session_in(gate.new_session()) is None


def test_attempts_are_bounded_within_a_minute():
    now = 1000.0
    attempts = Attempts(clock=lambda: now)
    for _ in range(20):
        assert attempts.wait_s("a") == 0
        attempts.failed("a")
        now += 1
    assert attempts.wait_s("a") == pytest.approx(40)
    assert attempts.wait_s("b") == 0
    now += 41
    assert attempts.wait_s("a") == 0
    now += 1000
    assert attempts.wait_s("a") == 0


def test_callers_are_not_remembered_for_ever():
    attempts = Attempts(clock=lambda: 0.0)
    for number in range(1500):
        attempts.failed(f"caller {number}")
    assert len(attempts._failed) == 1000
