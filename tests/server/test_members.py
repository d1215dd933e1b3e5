"""Members and raters of a project, users of the server, and sessions of one's own."""

import pytest
from tests.projects import copied, judge
from tests.server.people import team_of


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
