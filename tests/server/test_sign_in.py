"""Signing in: by a form without script; what a browser holds; who must wait."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from tests.server.conftest import SERVER
from tests.server.people import FAST, PASSWORD, PUBLIC, local, team_of

from feltline.errors import InputError
from feltline.server import PublicAddress
from feltline.server.security import throttle
from feltline.server.security.passwords import Passwords
from feltline.server.security.throttle import network_of
from feltline.store import sign_ins
from feltline.store.accounts_schema import sign_in_failures, sign_in_sessions

WRONG = "not the password"


@pytest.fixture
def team(tmp_path):
    with team_of(tmp_path / "home") as made:
        made.add("anna")
        yield made


def cookies_of(answer):
    """What an answer has the browser hold, by name: the value, and its flags."""
    held = {}
    for line in answer.headers.get_list("set-cookie"):
        pair, *flags = line.split("; ")
        name, _, value = pair.partition("=")
        held[name] = value, {flag.lower() for flag in flags}
    return held


def fail(browser, name="anna", times=1):
    return [browser.send_form(name, WRONG).status_code for _ in range(times)][-1]


def later(team, seconds):
    """Let time pass: what happened lies so long back."""
    step = timedelta(seconds=seconds)
    with team.accounts._writing() as connection:
        for row in connection.execute(sa.select(sign_in_failures)).all():
            connection.execute(
                sa.update(sign_in_failures)
                .where(sign_in_failures.c.failure_id == row.failure_id)
                .values(at=row.at - step)
            )


# --- the form


@pytest.mark.parametrize("path", ["/", "/p/study/", "/p/none/"])
def test_a_page_shows_the_form_and_leads_back_to_the_page(team, path):
    browser = team.browser()
    answer = browser.send_form("anna", path=path)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "address",
    [
        *("https://evil.example/", "//evil.example", "/p/../x", "\\\\x", "/p/A b/"),
        *("/p/x/\r\nSet-Cookie: a=b", "/p/x/\n", "/%2f/evil.example", "/p/x/?a=/"),
    ],
)
def test_it_never_leads_elsewhere(team, address):
    answer = team.browser().send_form("anna", next=address)
    assert answer.headers["location"] == "/"
    assert "set-cookie: a=b" not in str(answer.headers).lower()


def test_the_form_speaks_both_languages(team):
    browser = team.browser()
    asked = {"Accept": "text/html", "Accept-Language": "ja"}
    japanese = browser.http.get("/", headers=asked).text
    assert '<html lang="ja">' in japanese
    assert "パスワード" in japanese
    assert 'href="/sign-in?language=en' in japanese
    english = browser.get("/sign-in?language=en&next=/p/study/")
    assert '<html lang="en">' in english
    assert 'value="/p/study/"' in english
    answer = browser.send_form("anna", WRONG, language="ja")
    assert "組み合わせ" in answer.text
    assert 'role="alert"' in answer.text
    assert '<html lang="ja">' in answer.text


def test_it_needs_no_script_and_shows_what_was_typed_as_text(team):
    name = '"><script>alert(1)</script>'
    answer = team.browser().send_form(name, WRONG)
    assert answer.status_code == 401
    assert "<script" not in answer.text
    assert "&quot;&gt;&lt;script&gt;" in answer.text
    assert WRONG not in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "form-action 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "body",
    [b"", b"name=anna", b"\xff", b"a=" + b"b" * 9000, b"&".join([b"a=b"] * 20)],
)
def test_what_is_no_form_is_refused(team, body):
    browser = team.browser()
    browser.form()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = browser.http.post("/sign-in", content=body, headers=kind)
    assert answer.status_code == 403
    assert "out of date" in answer.text
    assert browser.http.put("/sign-in").status_code == 405


def test_a_form_without_a_password_is_refused(team):
    browser = team.browser()
    fields = browser.form() | {"name": "anna"}
    assert browser.http.post("/sign-in", data=fields).status_code == 400


def test_only_the_form_of_this_browser_signs_in(team):
    """Login CSRF: nobody is signed in as somebody else by a page elsewhere."""
    fields = team.browser().form() | {"name": "anna", "password": PASSWORD}
    other = team.browser()
    assert other.http.post("/sign-in", data=fields).status_code == 403
    other.form()
    assert other.http.post("/sign-in", data=fields).status_code == 403
    own = other.form() | {"name": "anna", "password": PASSWORD}
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "http://label.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        sent = other.http.post("/sign-in", data=own, headers=headers)
        assert sent.status_code == 403, headers
    # Browsers would send "null" by the policy of all other pages.
    policy = other.http.get("/", headers={"Accept": "text/html"}).headers
    assert policy["referrer-policy"] == "same-origin"
    own = other.form() | {"name": "anna", "password": PASSWORD}
    answer = other.http.post("/sign-in", data=own, headers={"Origin": PUBLIC})
    assert answer.status_code == 303


# --- cookies


def test_cookies_are_out_of_reach_of_scripts_and_of_other_hosts(team):
    browser = team.browser()
    held = cookies_of(browser.send_form("anna"))
    kinds = {name.rpartition("-")[2]: (name, *held[name]) for name in held}
    assert kinds.keys() == {"user", "known", "form"}
    for kind, (name, _, flags) in kinds.items():
        assert name.startswith("__Host-feltline-")
        assert {"httponly", "secure", "path=/"} <= flags
        assert not any(flag.startswith("domain") for flag in flags)
        same = "lax" if kind == "user" else "strict"
        assert f"samesite={same}" in flags, kind
    assert len(kinds["user"][1]) == 43  # 256 random bits
    assert "max-age=0" in kinds["form"][2]


def test_on_this_machine_there_is_no_tls(tmp_path):
    with team_of(tmp_path / "home", public=None) as team:
        team.add("anna")
        held = cookies_of(local(team).send_form("anna"))
        assert all(name.startswith("feltline-") for name in held)
        assert not any("secure" in flags for _, flags in held.values())


def test_each_sign_in_has_a_session_of_its_own(team):
    """Fixation: what a browser held before is none of the new session."""
    browser = team.browser("anna")
    (name,) = [n for n in browser.http.cookies if n.endswith("-user")]
    first = browser.http.cookies[name]
    page = browser.http.get("/sign-in")
    hidden = r'<input type="hidden" name="(\w+)" value="([^"]*)"'
    fields = dict(re.findall(hidden, page.text))
    fields |= {"name": "anna", "password": PASSWORD}
    assert browser.http.post("/sign-in", data=fields).status_code == 303
    assert browser.http.cookies[name] != first
    thief = team.browser()
    thief.http.cookies.set(name, first, domain="label.test")
    thief.get("/api/me", 401)
    planted = team.browser()
    planted.http.cookies.set(name, "chosen-by-somebody-else", domain="label.test")
    held = cookies_of(planted.send_form("anna"))
    assert held[name][0] != "chosen-by-somebody-else"


def test_a_session_is_over_when_it_is(team, monkeypatch):
    browser = team.browser("anna")
    browser.get("/api/me")
    monkeypatch.setattr(sign_ins, "IDLE", timedelta(0))
    assert "load the page anew" in browser.get("/api/me", 401)["error"]
    monkeypatch.undo()
    past = datetime.now(tz=UTC) - timedelta(seconds=1)
    with team.accounts._writing() as connection:
        connection.execute(sa.update(sign_in_sessions).values(expires_at=past))
    browser.get("/api/me", 401)


def test_signing_out_ends_the_session_on_the_server(team):
    browser = team.browser("anna")
    (name,) = [n for n in browser.http.cookies if n.endswith("-user")]
    session = browser.http.cookies[name]
    assert browser.http.post("/sign-out").status_code == 403  # no CSRF token
    answer = browser.http.post("/sign-out", headers=browser.headers)
    assert answer.status_code == 204
    assert "max-age=0" in cookies_of(answer)[name][1]
    browser.http.cookies.set(name, session, domain="label.test")
    browser.get("/api/me", 401)
    assert 'action="/sign-in"' in browser.http.get("/").text


def test_changes_need_the_csrf_token_of_this_very_session(team):
    anna, again = team.browser("anna"), team.browser("anna")
    body = {"name": "ci", "scopes": ["read"]}
    for headers in ({}, again.headers, {"X-CSRF-Token": "a" * 64}):
        sent = anna.http.post("/api/me/tokens", json=body, headers=headers)
        assert sent.status_code == 403
    other = anna.headers | {"Origin": "https://evil.example"}
    assert anna.http.post("/api/me/tokens", json=body, headers=other).status_code == 403
    anna.post("/api/me/tokens", 201, **body)


# --- wrong passwords


def test_a_wrong_name_and_a_wrong_password_look_alike(team):
    team.add("off")
    off = team.accounts.user_of_sign_in_name("off")
    team.accounts.change_user(off.user_id, is_disabled=True)
    team.accounts.add_user("nopassword", name="Without one")
    texts = set()
    for name, password in (
        ("anna", WRONG),
        ("nobody", PASSWORD),
        ("off", PASSWORD),
        ("nopassword", PASSWORD),
        ("\x00", PASSWORD),
    ):
        answer = team.browser().send_form(name, password)
        assert answer.status_code == 401
        (fault,) = re.findall(r'class="fault".*', answer.text)
        texts.add(fault)
    assert len(texts) == 1


def test_unknown_names_take_as_long(team, monkeypatch):
    verified = []
    verify = FAST._hasher.verify

    class Counting:
        def verify(self, known, password):
            verified.append(known)
            return verify(known, password)

    monkeypatch.setattr(FAST, "_hash_of_nobody", lambda: FAST.hash("a" * 20))
    monkeypatch.setattr(FAST, "_hasher", Counting(), raising=False)
    monkeypatch.setattr(FAST, "_in_turn", lambda _: "$argon2id$of nobody")
    team.browser().send_form("nobody")
    assert len(verified) == 1


def test_names_are_found_however_they_are_typed(team):
    assert team.browser().send_form(" \uff21NNA ").status_code == 303


def test_who_guesses_waits_longer_and_longer(team):
    browser = team.browser()
    assert fail(browser, times=throttle.FREE_FOR_NAME) == 401
    answer = browser.send_form("anna")  # the right one, too early
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) == 1
    assert "too many wrong passwords" in answer.text
    for wait in (2, 4, 8):
        later(team, wait)
        assert fail(browser) == 401
        answer = browser.send_form("anna")
        assert int(answer.headers["retry-after"]) == wait
    later(team, 8)
    assert browser.send_form("anna").status_code == 303
    assert fail(team.browser(), times=2) == 401  # counted from nothing again


def test_waits_have_an_end(team):
    who = team.projects.people.who_tries("anna", "203.0.113.7", None)
    for _ in range(40):
        team.projects.people.throttle.fail(who)
    wait_s = team.projects.people.throttle.wait_s(who)
    assert 290 < wait_s <= throttle.MAX_WAIT_S


def test_nobody_is_locked_out_by_strangers(team):
    """Neither from elsewhere, nor where one signed in before, under one address."""
    known = team.browser("anna")
    known.http.post("/sign-out", headers=known.headers)
    stranger = team.browser()  # of the same network
    fail(stranger, times=throttle.FREE_FOR_NAME)
    assert stranger.send_form("anna").status_code == 429
    assert known.send_form("anna").status_code == 303
    assert team.browser(address="198.51.100.9").send_form("anna").status_code == 303
    team.add("ben")
    assert team.browser().send_form("ben").status_code == 303


def test_a_known_browser_guesses_no_faster(team):
    known = team.browser("anna")
    known.http.post("/sign-out", headers=known.headers)
    fail(known, times=throttle.FREE_FOR_NAME)
    assert known.send_form("anna").status_code == 429
    # It is known for anna only.
    team.add("ben")
    fail(known, "ben", times=throttle.FREE_FOR_NAME)
    assert team.browser().send_form("ben").status_code == 429


def test_a_made_up_mark_of_a_browser_counts_for_nothing(team):
    browser = team.browser()
    known = team.browser("anna").http.cookies
    (name,) = [one for one in known if one.endswith("-known")]
    forged = known[name][:-4] + "AAAA"
    browser.http.cookies.set(name, forged, domain="label.test")
    fail(browser, times=throttle.FREE_FOR_NAME)
    assert team.browser().send_form("anna").status_code == 429  # of the network


def test_one_network_does_not_try_all_names(team, monkeypatch):
    monkeypatch.setattr(throttle, "FREE_FOR_NETWORK", 4)
    for number in range(4):
        fail(team.browser(address=f"203.0.113.{number}"), f"name{number}")
    assert team.browser().send_form("anna").status_code == 429
    assert team.browser(address="198.51.100.9").send_form("anna").status_code == 303


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:0:1ff::7", "2001:db8:0:100::/56"),
        ("testclient", "testclient"),
    ],
)
def test_networks_are_counted_not_addresses(address, network):
    assert network_of(address) == network


# --- passwords


def test_passwords_are_hashed_slowly_and_alike_from_all_keyboards():
    passwords = Passwords()
    kept = passwords.hash("\u00fcber all hills, \uff41")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert passwords.verify(kept, "u\u0308ber all hills, a")
    assert not passwords.verify(kept, "another password")
    assert not passwords.verify(None, "another password")
    assert not passwords.verify("$2b$of another program", "another password")
    assert FAST.is_outdated(kept)
    assert not passwords.is_outdated(kept)


@pytest.mark.parametrize("password", ["", "a" * 11, "a" * 513])
def test_passwords_out_of_range_are_refused(password):
    with pytest.raises(InputError, match="12 to 512 characters"):
        FAST.hash(password)


def test_a_weaker_hash_of_before_is_replaced(team):
    user = team.accounts.user_of_sign_in_name("anna")
    team.projects.people.passwords = Passwords()
    before = team.accounts.password_hash(user.user_id)
    browser = team.browser("anna")
    after = team.accounts.password_hash(user.user_id)
    assert after != before
    assert "m=65536" in after
    browser.get("/api/me")


# --- the public address


def test_neither_links_nor_tokens_in_files_let_in_at_a_public_address(team):
    browser = team.browser()
    token = team.projects.credentials.new_link_token()
    assert 'action="/sign-in"' in browser.http.get(f"/?token={token}").text
    assert team.projects.credentials.redeem(token)  # it was not used
    session = team.projects.credentials.new_session()
    cookie = team.projects.credentials.cookie
    browser.http.cookies.set(cookie, session, domain="label.test")
    browser.get("/api/me", 401)
    token = (team.projects.home.parent / "api-token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    answer = team.browser().http.get("/api/me", headers=headers)
    assert answer.status_code == 401
    assert "no API token of a user" in answer.json()["error"]


def test_the_server_is_reached_by_its_public_name_only(team):
    for host in ("127.0.0.1:8771", "localhost", "evil.example"):
        answer = team.browser().http.get("/", headers={"Host": host})
        assert answer.status_code == 400
    answer = team.browser().http.get("/sign-in")
    assert answer.headers["strict-transport-security"].startswith("max-age=")


@pytest.mark.parametrize(
    ("url", "origin", "host"),
    [
        ("https://label.example.org", "https://label.example.org", "label.example.org"),
        ("https://LABEL.example.org:443/", "https://label.example.org", None),
        ("https://a.example:8443", "https://a.example:8443", "a.example"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]", "[2001:db8::1]"),
    ],
)
def test_public_addresses(url, origin, host):
    found = PublicAddress.of(url)
    assert found.origin == origin
    assert host in (None, found.host)


@pytest.mark.parametrize(
    "url",
    [
        "label.example.org",
        "ftp://label.example.org",
        "https://label.example.org/feltline",
        "https://",
        "https://u:p@label.example.org",
        "https://a.example:x",
        "http://label.example.org",
    ],
)
def test_what_is_no_public_address_is_refused(url):
    with pytest.raises(InputError):
        PublicAddress.of(url)


# --- on this machine


def test_one_person_alone_sees_no_form_and_has_no_accounts(tmp_path):
    with team_of(tmp_path / "home", public=None) as team:
        team.projects.people.close()
        for file in (tmp_path / "home").glob("accounts.db*"):
            file.unlink()
        browser = local(team)
        page = browser.http.get("/", headers={"Accept": "text/html"})
        assert "This page opens by a link" in page.text
        assert browser.http.get("/sign-in").status_code == 401
        token = team.projects.credentials.new_link_token()
        browser.get(f"/?token={token}", 303)
        me = browser.get("/api/me")
        assert (me["user_id"], me["via"], me["is_admin"]) == (None, "link", True)
        assert browser.get("/api/users") == []
        assert not list((tmp_path / "home").glob("accounts.db*"))


def test_users_sign_in_beside_the_one_with_the_link(tmp_path):
    with team_of(tmp_path / "home", public=None) as team:
        team.add("anna")
        browser = local(team, "anna")
        assert browser.get("/api/me")["sign_in_name"] == "anna"
        assert "feltline serve" in local(team).http.get("/sign-in").text
        linked = local(team)
        token = team.projects.credentials.new_link_token()
        linked.get(f"/?token={token}", 303)
        assert linked.get("/api/me")["user_id"] is None
        linked.headers = {"X-CSRF-Token": linked.get("/api/session")["csrf"]}
        linked.http.post("/sign-out", headers=linked.headers)
        linked.get("/api/me", 401)


def test_on_this_machine_no_header_makes_guessing_faster(tmp_path):
    """Whoever is on it can write where a request is said to be forwarded from."""
    with team_of(tmp_path / "home", public=None) as team:
        team.add("anna")
        for number in range(5):
            stranger = team.browser(base=SERVER, address=f"192.0.{number}.1")
            assert fail(stranger) == 401
        assert fail(team.browser(base=SERVER, address="192.0.99.1")) == 429


def test_a_token_in_an_address_lets_nobody_in(team):
    """Addresses stand in logs of proxies, and in histories of browsers."""
    user = team.accounts.user_of_sign_in_name("anna")
    _, token = team.accounts.add_token(user.user_id, name="x", scopes=["read"], days=1)
    stranger = team.browser()
    for name in ("token", "api_token", "access_token"):
        stranger.get(f"/api/me?{name}={token}", 401)
    answer = stranger.http.get(f"/sign-in?next=/&token={token}")
    assert token not in answer.text


def test_one_kind_of_signed_text_is_none_of_another_kind(team):
    """A mark of a browser is no link, and neither is a session."""
    made = team.projects.credentials
    user = team.accounts.user_of_sign_in_name("anna")
    welcome = made.welcome_token(user.user_id, None)
    for text in (made.new_session(), made.signed_device(f"{user.user_id}.1")):
        assert made.user_of_welcome(text) is None
    assert made.device_of(welcome) is None
    assert made.session_of(welcome) is None
