"""Jobs: buttons that several pages press at a time."""

import pytest

from feltline.errors import InputError
from feltline.server.job_backlog import MAX_TRIES, Backlog
from feltline.server.jobs import Jobs


@pytest.mark.parametrize("press", ["again", "cancel"])
def test_a_job_is_done_again_once_however_many_pages_ask(tmp_path, press):
    backlog = Backlog(tmp_path / "jobs")
    entry = Jobs(tmp_path, lambda _: None, backlog=backlog)._entry(
        "add", {"uploads": ["a.mp4"], "paths": []}, "anna", MAX_TRIES
    )
    given_up: list[str] = []
    faults: list[str] = []

    def changed(job):
        # Another page presses a button once it hears of the job that is done again.
        if job.job_id != entry.job_id and job.state == "waiting":
            try:
                getattr(queue, press)(entry.job_id)
            except InputError as error:
                faults.append(str(error))

    def finished(job, asked):
        if job.job_id == entry.job_id:
            given_up.append(asked["uploads"])

    queue = Jobs(tmp_path, changed, finished, backlog=Backlog(tmp_path / "jobs"))
    queue.resume(rater="anna")
    queue.again(entry.job_id)
    try:
        assert len(queue.all()) == 2
        assert given_up == []  # its file is still to be read
        assert len(faults) == (press == "again")
    finally:
        queue.close()
