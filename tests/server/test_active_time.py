"""Active time over the API: measured by the server, and bounded by its clock."""

import pytest
from tests.server.work_team import Team

from feltline.server.activity import IDLE_S, ActivityClock


@pytest.fixture
def team(client):
    return Team(client)


def test_idle_time_is_no_work(team):
    clock = ActivityClock(team.store)
    for now in (0.0, 10.0, 25.0, 25.0 + IDLE_S + 1, 25.0 + IDLE_S + 6):
        clock.seen("ann", now)
    clock.seen("ben", 3.0)
    clock.close()
    assert team.store.active_seconds_by_rater() == {"ann": 30.0}


def test_minutes_of_live_rating_are_no_idle_time(team):
    clock = ActivityClock(team.store)
    clock.rated("ann", 50.0)  # of whom nothing is known yet
    for now in (0.0, 10.0, 200.0):
        clock.seen("ann", now)
    clock.rated("ann", 150.0)
    clock.rated("ann", 150.0)
    clock.seen("ann", 330.0)
    clock.rated("ann", 500.0)
    clock.close()
    assert team.store.active_seconds_by_rater() == {"ann": 10.0 + 150.0 + 130.0}


def test_answers_claim_no_more_time_than_passed(team):
    clock = ActivityClock(team.store)
    assert clock.answered("ann", 500.0, 0.0) == 500.0
    assert clock.answered("ann", 20.0, 5.0) == 5.0
    assert clock.answered("ann", 2.0, 15.0) == 2.0
    assert clock.answered("ann", None, 16.0) is None
    # Kept while offline, and sent all at once.
    assert [clock.answered("ann", 4.0, 16.0) for _ in range(4)] == [4.0, 4.0, 1.0, 0.0]


def test_a_rater_claims_no_more_than_passed_and_who_leads_is_believed(team):
    for role, name in (("rater", "ann"), ("lead", "lea")):
        client = team.are(role, name)
        client.judge(3, 0.1, 0.1, active_s=1.0)
        client.judge(4, 0.1, 0.1, active_s=500.0)
    told = {
        (s.judgement.rater, s.judgement.first_frame): s.judgement.active_s
        for s in team.store.judgements()
    }
    assert told["ann", 3] == told["lea", 3] == 1.0
    assert told["ann", 4] < 100
    assert told["lea", 4] == 500.0


def test_the_server_measures_who_works(team):
    team.plan()
    for item in team.assigned("ann")[:3]:
        team.answer("ann", item)
    # Ben's page is open, and looks at what the others do.
    for _ in range(3):
        team.assigned("ben")
    team.client.served.activity.close()
    assert team.store.active_seconds_by_rater().keys() == {"ann"}
    progress = {one["rater_id"]: one for one in team.lead().get("api/work")}
    assert progress["ben"]["active_s"] == 0
