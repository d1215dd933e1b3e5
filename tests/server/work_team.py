"""A team at work on one server, spoken to as one person after another."""

from typing import Any

from tests.server.test_blindness import become

from feltline.types import Role

RATERS = ["ann", "ben"]
MEMBERS: dict[str, Role] = {"ann": "rater", "ben": "rater", "lea": "lead"}


class Team:
    """One server, spoken to as one person after another."""

    def __init__(self, client):
        self.client = client
        self.store = client.served.project.store
        accounts = client.projects.people.accounts
        project_id = client.served.project.settings.project_id
        self.users = {}
        for name, role in MEMBERS.items():
            user_id = accounts.add_user(name, name=name.title()).user_id
            accounts.set_membership(project_id, user_id, role, rater_id=name)
            self.users[name] = user_id

    def are(self, role, rater_id):
        become(self.client, role, rater_id)
        return self.client

    def lead(self):
        return self.are("lead", "lea")

    def rater(self, name):
        return self.are("rater", name)

    def plan(self, **other):
        asked: dict[str, Any]
        asked = {"source": "video", "video_id": "talk.mp4", "raters": RATERS}
        asked |= {"count": 4, "overlap": {"by": "share", "share": 1}} | other
        return self.lead().change("api/assignments/plan", **asked)

    def next(self, name, limit=50):
        return self.rater(name).get("api/work/next", limit=limit)["items"]

    def assigned(self, name):
        return [i for i in self.next(name) if i["assignment_id"] is not None]

    def answer(self, name, item, value=(0.5, 0.5), status=200, **other):
        body = {
            "video_id": item["video_id"],
            "track_id": item["track_id"],
            "assignment_id": item["assignment_id"],
        }
        client = self.rater(name)
        return client.judge(item["frame"], *value, status=status, **(body | other))


def know(team, use, frame=20, **other):
    asked = {
        "video_id": "talk.mp4",
        "track_id": 0,
        "first_frame": frame,
        "last_frame": frame,
        "value": [0.5, 0.0],
        "tolerance": [0.2, 0.2],
        "text": "Mouth and eyes smile.",
        "use": use,
    }
    return team.lead().change("api/known-answers", **(asked | other))
