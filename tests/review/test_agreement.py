"""Page, export and status agree whatever is done, and any past state can be rebuilt.

`make soak` makes the walk twenty times as long.
"""

import tempfile
import tomllib
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from tests.generated import copied, judgement_of
from tests.soak import IS_SOAK, examples

from feltline.errors import InputError
from feltline.pipeline import Export
from feltline.project import Project, lay_over, learn, load_video, rebuild
from feltline.project import rebuild as rebuilding
from feltline.review import LiveProject, Queue, status_of
from feltline.settings import ConsensusPolicy
from feltline.store import (
    AuditItem,
    GivenTrace,
    NewBatch,
    NewTrace,
    TraceLag,
    TrackEdit,
)

ROWS = (
    *("value", "low", "high", "confidence", "expression", "origin"),
    *("expression_origin", "revision"),
)
values = st.sampled_from([-0.8, -0.25, 0.0, 0.4, 0.95])
value = st.one_of(st.tuples(values, values), st.tuples(values, st.none()), st.just(()))


def same(one, other, what):
    __tracebackhide__ = True
    np.testing.assert_allclose(
        np.asarray(one, np.float64), other, rtol=0, atol=1e-9, err_msg=what
    )


def exported(project):
    """The rows of a final export, by track."""
    rows = Export.begin(project, layer="final").rows()
    return {(r.video_id, r.track_id): r for r in rows}


class Session(RuleBasedStateMachine):
    """A rater at work on a page, restarts, and other processes beside it."""

    template: Path
    consensus: ConsensusPolicy

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.project = copied(self.template, Path(self.folder.name))
        self.project.change_settings(consensus=self.consensus)
        self.live = LiveProject(self.project)
        self.past = {}

    def teardown(self):
        for event_id, rows in self.past.items():
            self.check_rebuilt(event_id, rows)
        self.project.close()
        self.folder.cleanup()

    # ---- what is done

    def tracks(self):
        names = self.live.index.videos
        return [(n, t) for n in names for t in self.live.video(n).tracks]

    def pick(self, data):
        tracks = self.tracks()
        name, track = data.draw(st.sampled_from(tracks), label="track")
        return name, track, int(data.draw(st.sampled_from(list(track.frame))))

    def done(self, name, event_id):
        if name is None:
            self.live.read_threshold()
        else:
            self.live.touched(name, event_id)
        self.live.taken = max(self.live.taken, event_id)

    @rule(data=st.data(), value=value, expression=st.sampled_from([None, "fear"]))
    def judge(self, data, value, expression):
        if not self.tracks():
            return
        name, track, frame = self.pick(data)
        last = int(min(frame + data.draw(st.sampled_from([0, 0, 3])), track.frame[-1]))
        says = any(v is not None for v in value) or expression is not None
        silent = ("reject", "skip", "cannot")
        decision = data.draw(
            st.sampled_from(("label", "accept", "edit") if says else silent)
        )
        judgement = judgement_of(
            frame,
            *value,
            video_id=name,
            track_id=track.track_id,
            expression=expression,
            scope="frame" if last == frame else "span",
            last_frame=last,
            decision=decision,
            rater=data.draw(st.sampled_from(["anna", "ben"])),
        )
        found = self.live.tracks_of(name).found_at(track.track_id, frame)
        assert found is not None
        (event,) = self.project.store.give_judgements([(judgement, found, None)])
        self.done(name, event.event_id)

    @rule(data=st.data(), level=values, lag_s=st.sampled_from([None, 0.2]))
    def rate(self, data, level, lag_s):
        """Rate a face live, from one of its frames on, with one lag or two."""
        if not self.tracks():
            return
        name, track, frame = self.pick(data)
        first_s = float(track.time_s[np.searchsorted(track.frame, frame)])
        time_s = first_s + np.arange(12) / 8
        seen = track.frame[(track.time_s >= first_s) & (track.time_s <= time_s[-1])]
        trace = GivenTrace(
            video_id=name,
            track_id=track.track_id,
            first_frame=frame,
            last_frame=int(seen[-1]),
            dimensions=("valence", "arousal"),
            mode="bounded",
            device="keys",
            speed=1.0,
            time_s=time_s,
            value=level * np.stack([np.sin(time_s * 3), np.cos(time_s)], axis=1),
            rater=data.draw(st.sampled_from(["anna", "ben"])),
        )
        found = self.live.tracks_of(name).found_at(track.track_id, frame)
        assert found is not None
        lag = TraceLag(lag_s=0.1, low_s=0.0, high_s=0.5, method="expected")
        store = self.project.store
        (event,) = store.give_traces(
            [NewTrace(trace=trace, found_track_id=found, lag=lag)]
        )
        if lag_s is not None:
            lag = TraceLag(lag_s=lag_s, low_s=lag_s, high_s=lag_s, method="set")
            self.done(name, store.set_trace_lag(event.event_id, lag, rater="anna"))
        self.done(name, event.event_id)

    @rule(again=st.booleans())
    def undo(self, again):
        store = self.project.store
        event_id = store.redo(rater="anna") if again else store.undo(rater="anna")
        if event_id is not None:
            event = store.event(event_id)
            while event.undoes is not None:
                event = store.event(event.undoes)
            self.done(event.video_id, event_id)

    @rule(data=st.data(), kind=st.sampled_from(["split", "merge", "ignore"]))
    def edit(self, data, kind):
        if not self.tracks():
            return
        name, track, frame = self.pick(data)
        numbers = {"track_id": track.track_id}
        if kind == "split":
            numbers |= {
                "frame": frame,
                "other_track_id": 10 + self.project.store.last_event_id(),
            }
        elif kind == "merge":
            numbers |= {"other_track_id": track.track_id + 1}
        with suppress(InputError):
            edit = TrackEdit(video_id=name, kind=kind, **numbers)
            self.check_edit(name, edit)
            event_id = self.project.store.edit_track(edit, rater="anna")
            self.done(name, event_id)

    def check_edit(self, name, edit):
        from feltline.project import check_edit

        video = self.live.video(name)
        check_edit(video.found, [e.edit for e in video.edits], edit)

    @rule(value=st.sampled_from([0.0, 0.55, 0.8, 0.99, 1.0]))
    def threshold(self, value):
        self.done(None, self.project.store.set_threshold(value, rater="anna"))

    @rule(data=st.data(), least=st.sampled_from([0.5, 0.7, 0.9, 1.01]))
    def reopen(self, data, least):
        if not self.tracks():
            return
        name, track, frame = self.pick(data)
        found = self.live.video(name).found_at(track.track_id, frame)
        assert found is not None
        item = AuditItem(
            video_id=name,
            found_track_id=found,
            frame=frame,
            weight=1.0,
            stratum="",
            value=(0.5, 0.5),
            expression=None,
            confidence=0.9,
        )
        batch = NewBatch(
            model_id=self.live.model_id,
            threshold=self.live.threshold,
            bound=0.1,
            risk=0.05,
            tolerance=0.2,
            n_accepted=1,
        )
        store = self.project.store
        made = store.open_batch(batch, [item], [], rater="anna").batch_id
        store.close_batch(made, "reopened", rater="anna", reopens=([name], least))
        self.done(None, store.last_event_id())

    @rule()
    def close_again(self):
        found = [o for o in self.project.store.reopenings() if o.is_in_force]
        if found:
            event_id = found[-1].event_id
            self.done(None, self.project.store.undo(rater="anna", event_id=event_id))

    @rule(tolerance=st.sampled_from([None, None, 0.1, 0.2, 0.35]))
    def restart(self, tolerance):
        folder, store = self.project.folder, self.project.store
        if tolerance is not None:
            # The default model is kept nowhere, and promises what the settings say now.
            self.past = {
                event_id: rows
                for event_id, rows in self.past.items()
                if store.current_model_id(at=event_id) is not None
            }
        self.project.close()
        if tolerance is not None:
            file = folder / "feltline.toml"
            text = file.read_text()
            (was,) = [
                part["tolerance"]
                for part in tomllib.loads(text).values()
                if isinstance(part, dict) and "tolerance" in part
            ]
            file.write_text(
                text.replace(f"tolerance = {was}", f"tolerance = {tolerance}")
            )
        self.project = Project.open(folder)
        self.live = LiveProject(self.project)

    @rule()
    def learn(self):
        if self.tracks():
            learn(self.project)
            self.live = LiveProject(self.project)

    # ---- what must hold

    @initialize()
    def begin(self):
        """Two raters have judged some frames, so that the consensus has work to do."""
        for frame in (2, 9, 16):
            for rater, off in (("anna", 0.1), ("ben", -0.2)):
                given = judgement_of(frame, 0.3 + off, off, rater=rater)
                self.project.store.give_judgements([(given, 0, None)])
        self.live = LiveProject(self.project)
        self.live.settle()

    @rule()
    def remember(self):
        self.past[self.project.store.last_event_id()] = exported(self.project)

    @invariant()
    def page_and_export_agree(self):
        rows = exported(self.project)
        views = [v for n in self.live.index.videos for v in self.live.views(n)]
        assert set(rows) == {view.key for view in views}
        for view in views:
            for name in ROWS:
                got = getattr(rows[view.key], name)
                same(getattr(view.rows, name), got, f"{name} of {view.key}")

    @invariant()
    def page_and_status_agree(self):
        self.live.settle()
        views = [v for n in self.live.index.videos for v in self.live.views(n)]
        terminal = LiveProject(self.project)
        terminal.settle()
        status, costs = status_of(terminal), terminal.index.totals()
        page, threshold = self.live.index.totals(), self.live.threshold
        of = self.live.threshold_of
        assert status.threshold == threshold == round(self.project.threshold, 2)
        assert status.model_id == self.live.model_id
        counted = {
            "frames": sum(len(v.track) for v in views),
            "reviewed": sum(int(v.rows.reviewed.sum()) for v in views),
            "pending": sum(int(v.rows.is_pending(of(v.key[0])).sum()) for v in views),
            "accepted": sum(int(v.rows.is_accepted(of(v.key[0])).sum()) for v in views),
        }
        assert counted == {name: getattr(status, name) for name in counted}
        assert page.pending(threshold) == status.pending
        same(page.error_sums, costs.error_sums, "expected errors")
        assert self.live.n_decided() == Queue(self.live).position().done

    def check_rebuilt(self, event_id, rows):
        """What an export said after an event is what it gives when it is rebuilt."""
        predictor = rebuild(self.project, event_id=event_id)
        for (name, track_id), want in rows.items():
            video = load_video(self.project, name, at=event_id)
            said = predictor.annotated(video, track_id)
            got = lay_over(*said, self.project.schema)
            for column in ROWS:
                same(getattr(got, column), getattr(want, column), column)


@pytest.mark.parametrize("consensus", get_args(ConsensusPolicy))
def test_whatever_is_done_page_export_and_status_agree(template, consensus):
    Session.template, Session.consensus = template.project.folder, consensus
    run_state_machine_as_test(
        Session,
        settings=settings(
            max_examples=examples(5 if consensus == "mean" else 2),
            stateful_step_count=15,
            deadline=None,
            derandomize=not IS_SOAK,
            database=None,
        ),
    )


@pytest.fixture
def learnt(project):
    """A project that has learnt, and its model."""
    for frame in (3, 20, 40):
        given = judgement_of(frame, 0.2, -0.3)
        project.store.give_judgements([(given, 0, None)])
    LiveProject(project)
    return project, learn(project)


def test_a_rebuild_is_refused_by_another_version(learnt, monkeypatch):
    project, model = learnt
    assert rebuild(project, model_id=model.model_id).model.model_id == model.model_id
    module = __import__("sys").modules[rebuilding.__module__]
    monkeypatch.setattr(module, "version", lambda: "9.9.9")
    with pytest.raises(InputError, match=r"install that version"):
        rebuild(project, model_id=model.model_id)


def test_a_rebuild_is_refused_with_another_encoder(learnt):
    project, model = learnt
    other = replace(project.settings, encoder="geometry")
    with closing(Project(project.folder, other, project.store)) as changed:
        assert changed.encoder_id != project.encoder_id
        with pytest.raises(InputError, match="set the former one again"):
            rebuild(changed, model_id=model.model_id)


def test_a_rebuild_is_refused_once_what_it_learnt_from_was_purged(learnt):
    project, model = learnt
    project.store.purge_video("talk.mp4")
    with pytest.raises(InputError, match="purged"):
        rebuild(project, model_id=model.model_id)
