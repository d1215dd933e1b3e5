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
