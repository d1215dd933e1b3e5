"""Members and raters of a project, users of the server, and sessions of one's own."""

import pytest
from tests.projects import copied, judge
from tests.server.people import team_of

from feltline.server.security import credentials
from feltline.server.security.browsers import browser_of


@pytest.fixture(scope="module")
def team(project_template, tmp_path_factory):
    """A server of one project: anna owns it, lena leads, two named Ben rate."""
    folder = tmp_path_factory.mktemp("team")
    with copied(project_template[0], folder) as study:
        judge(study, 3, (0.5, 0.1), rater="before")
    with team_of(folder / "home", folder / "study") as made:
        made.ids = {
            "anna": made.add("anna", "owner", is_admin=True),
            "lena": made.add("lena", "lead"),
            "ben": made.add("ben", "rater"),
            "ben2": made.add("ben2", "rater"),
            "vera": made.add("vera", "viewer"),
        }
        for name in ("ben", "ben2"):
            made.accounts.change_user(made.ids[name], name="Ben")
        made.browsers = {name: made.browser(name) for name in made.ids}
        made.rater_ids = {
            name: made.accounts.membership(project_id, user_id).rater_id
            for name, user_id in made.ids.items()
            for project_id in [made.projects.project_id_of(made.key)]
        }
        yield made


def raters_of(team, name):
    found = team.browsers[name].get(f"/p/{team.key}/api/raters")
    return {one["rater_id"]: (one["name"], one["role"]) for one in found}


def test_who_leads_is_told_the_names_of_all_raters(team):
    ids = team.rater_ids
    assert raters_of(team, "lena") == {
        ids["anna"]: ("anna", "owner"),
        ids["lena"]: ("lena", "lead"),
        ids["ben"]: ("Ben (ben)", "rater"),
        ids["ben2"]: ("Ben (ben2)", "rater"),
        ids["vera"]: ("vera", "viewer"),
        "before": ("before", None),
    }


def test_who_does_not_lead_is_told_of_oneself_only(team):
    assert raters_of(team, "ben") == {team.rater_ids["ben"]: ("Ben", "rater")}
    assert raters_of(team, "vera") == {team.rater_ids["vera"]: ("vera", "viewer")}


def notes_of(team):
    """Notes about members, the oldest first: kind, by whom, and what they say."""
    events = team.browsers["anna"].get(f"/p/{team.key}/api/events?about=notes")
    return [
        (one["kind"], one["rater"], one["detail"])
        for one in reversed(events)
        if one["kind"].startswith("member-")
    ]


def test_the_log_says_who_became_a_member_and_who_is_none_any_more(team):
    anna, members = team.browsers["anna"], f"/p/{team.key}/api/members"
    mia = team.add("mia")
    before = len(notes_of(team))
    anna.post(members, 201, sign_in_name="mia", role="rater")
    project_id = team.projects.project_id_of(team.key)
    rater_id = team.accounts.membership(project_id, mia).rater_id
    anna.send("PUT", f"{members}/{mia}", role="lead")
    anna.send("PUT", f"{members}/{mia}", role="lead")  # changes nothing
    anna.send("DELETE", f"{members}/{mia}")
    anna.post(members, 201, sign_in_name="mia", role="viewer")
    again = team.accounts.membership(project_id, mia).rater_id
    anna.send("DELETE", f"/api/users/{mia}")
    by = team.rater_ids["anna"]
    assert notes_of(team)[before:] == [
        ("member-added", by, {"rater_id": rater_id, "role": "rater"}),
        ("member-changed", by, {"rater_id": rater_id, "role": "lead"}),
        ("member-removed", by, {"rater_id": rater_id}),
        ("member-added", by, {"rater_id": again, "role": "viewer"}),
        ("member-removed", by, {"rater_id": again}),
    ]
    # What said nothing has a name in the history all the same, and it is no user's.
    names = raters_of(team, "lena")
    assert names[rater_id][0].startswith("Rater ")
    assert names[rater_id][1] is None
    store = team.projects.served(team.key).project.store
    for text in [str(one) for one in store.events(after=0, limit=500)]:
        assert "mia" not in text


def test_raters_are_told_of_no_member(team):
    events = team.browsers["ben"].get(f"/p/{team.key}/api/events?after=0")
    assert not [one for one in events if one["kind"].startswith("member-")]


# --- users, for admins


def test_an_admin_sees_what_each_user_is_where(team):
    found = {
        one["sign_in_name"]: one for one in team.browsers["anna"].get("/api/users")
    }
    assert found["ben"]["memberships"] == [{"project": "study", "role": "rater"}]
    assert found["anna"]["memberships"] == [{"project": "study", "role": "owner"}]
    assert "password_hash" not in str(found)


@pytest.fixture
def welcomed(team):
    """A new user without a password, and its link; deleted in the end."""
    name = "nina"
    made = team.browsers["anna"].post(
        "/api/users", 201, sign_in_name=name, name=f"{name} N."
    )
    assert not made["has_password"]
    yield made["user_id"], made["welcome"]["link"]
    if team.accounts.user(made["user_id"]):
        team.accounts.delete_user(made["user_id"])


def choose(browser, link, password, **changed):
    """Send the form that a link shows; the answer."""
    fields = browser.form(link) | {"password": password} | changed
    return browser.http.post("/welcome", data=fields)


NEW = "words of her own"


def test_a_link_gives_a_first_password_once(team, welcomed):
    _, link = welcomed
    nina, other = team.browser(), team.browser()
    assert nina.send_form("nina", "any").status_code == 401
    assert nina.http.get(link).status_code == 200  # looking uses nothing up
    assert "12" in choose(nina, link, "short").text
    stale = other.form(link) | {"password": NEW}
    answer = choose(nina, link, NEW)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert answer.headers["cache-control"] == "no-store"
    assert nina.get("/api/me")["sign_in_name"] == "nina"
    assert other.http.post("/welcome", data=stale).status_code == 410
    gone = other.http.get(link)
    assert gone.status_code == 410
    assert "<form" not in gone.text
    assert "nina" not in gone.text
    assert team.browser().sign_in("nina", NEW)


def test_of_two_who_use_a_link_at_once_one_gets_in(team, welcomed, monkeypatch):
    user_id, link = welcomed
    browser = team.browser()
    fields = browser.form(link) | {"password": NEW}
    accounts, before = team.accounts, team.accounts.take_password_hash

    def late(*given, **more):
        accounts.set_password_hash(user_id, "that of the other")
        return before(*given, **more)

    monkeypatch.setattr(accounts, "take_password_hash", late)
    assert browser.http.post("/welcome", data=fields).status_code == 400
    browser.get("/api/me", 401)
    assert accounts.password_hash(user_id) == "that of the other"


def test_a_link_is_for_one_user_and_no_longer_than_it_is_good(
    team, welcomed, monkeypatch
):
    user_id, link = welcomed
    browser = team.browser()
    for wrong in (
        link[:-9] + ("A" if link[-9] != "A" else "B") + link[-8:],
        "/welcome",
        "/welcome?token=x",
        link.replace(user_id, team.ids["anna"]),
    ):
        assert browser.http.get(wrong).status_code == 410, wrong
    fields = browser.form(link)
    fields["token"] = fields["token"].replace(user_id, team.ids["anna"])
    sent = fields | {"password": NEW}
    assert browser.http.post("/welcome", data=sent).status_code == 410
    assert choose(browser, link, NEW, form="another").status_code == 403
    path = f"/api/users/{user_id}"
    team.browsers["anna"].send("PATCH", path, is_disabled=True)
    assert browser.http.get(link).status_code == 410
    team.browsers["anna"].send("PATCH", path, is_disabled=False)
    assert browser.http.get(link).status_code == 200
    monkeypatch.setattr(credentials, "WELCOME_S", -1)
    assert browser.http.get(link).status_code == 410
    monkeypatch.undo()
    team.browsers["anna"].send("DELETE", path)
    assert browser.http.get(link).status_code == 410


def test_only_admins_give_links(team):
    path = f"/api/users/{team.ids['anna']}/link"
    team.browsers["lena"].post(path, 403)
    assert team.browser().http.post(path).status_code == 401
    team.browsers["anna"].post(f"/api/users/{'0' * 16}/link", 404)
    made = team.browsers["anna"].post(f"/api/users/{team.ids['vera']}/link")
    assert made["days"] == 3
    vera = team.browser()
    assert choose(vera, made["link"], NEW).status_code == 303
    team.browsers["vera"].get("/api/me", 401)  # all sessions of before
    team.browsers["vera"] = team.browser().sign_in("vera", NEW)


def test_a_page_elsewhere_sends_no_password_for_a_link(team, welcomed):
    _, link = welcomed
    browser = team.browser()
    sent = browser.form(link) | {"password": NEW}
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}):
        answer = browser.http.post("/welcome", data=sent, headers=headers)
        assert answer.status_code == 403, headers


# --- sessions of one's own


def test_sessions_are_listed_and_ended_one_by_one(team):
    team.add("olga")
    agent = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
    olga = team.browser()
    olga.http.headers["User-Agent"] = agent
    olga.sign_in("olga")
    other = team.browser(address="2001:db8:1:2::3").sign_in("olga")
    found = olga.get("/api/me/sessions")
    assert [one["is_this"] for one in found].count(True) == 1
    (own,) = [one for one in found if one["is_this"]]
    (far,) = [one for one in found if not one["is_this"]]
    assert (own["browser"], own["network"]) == ("Firefox, Windows", "203.0.113.0/24")
    assert (far["browser"], far["network"]) == (None, "2001:db8:1::/56")
    # Another user's session is none of one's own, and an id lets nobody in.
    path = f"/api/me/sessions/{far['session_id']}"
    team.browsers["ben"].send("DELETE", path, 404)
    other.get("/api/me")
    thief = team.browser()
    (name,) = [n for n in olga.http.cookies if n.endswith("-user")]
    thief.http.cookies.set(name, own["session_id"], domain="label.test")
    thief.get("/api/me", 401)
    olga.send("DELETE", path)
    other.get("/api/me", 401)
    olga.send("DELETE", path, 404)
    assert [one["session_id"] for one in olga.get("/api/me/sessions")] == [
        own["session_id"]
    ]
    olga.send("DELETE", f"/api/me/sessions/{own['session_id']}")
    olga.get("/api/me", 401)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36", "Chrome, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/1 Safari/5 Edg/1", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; like Mac OS X) Version/1 Safari/6", "Safari, iPhone"),
        ("python-requests/2", None),
        ("", None),
    ],
)
def test_browsers_are_named(agent, name):
    assert browser_of(agent) == name
