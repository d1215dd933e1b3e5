"""The projects of one server, by key: each is opened when it is first asked for.

One that cannot be opened is listed with its reason, and is tried again when it is asked
for; the others go on.
"""

import logging
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from fastapi import HTTPException

from feltline.errors import FeltlineError, InputError, SetupError
from feltline.project import SETTINGS_FILE, Project, read_settings
from feltline.server.context import Served
from feltline.server.identity import Caller, Identity
from feltline.server.known_projects import (
    Counts,
    KnownProject,
    KnownProjects,
    ListedProject,
)
from feltline.server.log_watcher import Watcher
from feltline.server.media_roots import MediaRoots
from feltline.server.metrics import Metrics
from feltline.server.resuming import resume
from feltline.server.security import Credentials, People, PublicAddress
from feltline.server.security.secret_files import read_or_make_secret
from feltline.server.serving import serve
from feltline.server.team import auditors_of
from feltline.store import Membership

__all__ = ["ServedProjects"]

logger = logging.getLogger(__name__)

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
API_TOKEN: Final = "api-token"  # noqa: S105 - the name of its file


@dataclass(slots=True, eq=False)
class _Entry:
    """A project of this server, and what there is of it once it was opened."""

    known: KnownProject
    given: Project | None = None
    """One that was open before; whoever opened it closes it."""
    served: Served | None = None
    watcher: Watcher | None = None
    fault: str = ""
    api_token: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)


class ServedProjects:
    """Opens, lists and closes the projects of one server; safe under threads.

    Args:
        list_: The known projects; new ones are entered there.
        credentials: What lets somebody in.
        media: Folders whose content a page may name.
        people: The users who may sign in; None = those of the list's own folder.
        public: The public address; None = this machine alone is served.
        with_all: Whether all known projects are served, not only those added.
    """

    def __init__(
        self,
        list_: KnownProjects,
        credentials: Credentials,
        media: MediaRoots | None = None,
        *,
        people: People | None = None,
        public: PublicAddress | None = None,
        with_all: bool = False,
    ) -> None:
        self.credentials = credentials
        self.media = media or MediaRoots()
        self.metrics = Metrics()
        self.people = people or People(list_.home, secret=credentials.secret)
        self.public = public
        self._list = list_
        known = list_.all() if with_all else []
        self._entries = {one.key: _Entry(one) for one in known}
        self._lock = threading.Lock()
        self._is_closed = False

    @property
    def home(self) -> Path:
        """Where projects are made that are given no place."""
        return self._list.home / "projects"

    # ---- which there are

    def add(self, folder: Path, *, fault: str = "") -> str:
        """Serve the project in a folder from now on; returns its key.

        Args:
            folder: A project, if only a broken one: that is listed with the reason.
            fault: Why it could not be opened, if that was tried.

        Raises:
            InputError: The folder is no project.
            SetupError: The list of known projects cannot be written.
        """
        if not (folder / SETTINGS_FILE).is_file():
            raise InputError(
                f"{folder} is no feltline project: there is no {SETTINGS_FILE} in it; "
                f"choose the folder that holds this file, or make a new project"
            )
        name = folder.name
        with suppress(InputError):
            name = read_settings(folder).name
        entry = self._add(folder, name)
        entry.fault = fault
        return entry.known.key

    def adopt(self, project: Project) -> str:
        """Serve a project that is open; to close it stays the caller's.

        Raises:
            SetupError: The list of known projects cannot be written.
        """
        entry = self._add(project.folder, project.settings.name)
        entry.given = project
        return entry.known.key

    def forget(self, key: str) -> None:
        """Close a project and take it off the list; its folder stays as it is.

        Raises:
            HTTPException: There is none of that key.
        """
        entry = self._entry(key)
        with self._lock:
            self._entries.pop(key, None)
        self._list.forget(key)
        with entry.lock:
            self._close(entry, notes=False)

    def listed(self) -> list[ListedProject]:
        """All of them, the last used first."""
        found = [_listed(entry) for entry in self._all()]
        found.sort(key=lambda one: one.known.name.casefold())
        return sorted(found, key=lambda one: one.known.used_at or _NEVER, reverse=True)

    def listed_one(self, key: str) -> ListedProject:
        """One of them.

        Raises:
            HTTPException: There is none of that key.
        """
        return _listed(self._entry(key))

    def has(self, key: str) -> bool:
        """Whether there is one of that key."""
        return key in self._entries

    def opened(self) -> dict[str, Served]:
        """Those that are open, by key."""
        entries = ((e.known.key, e.served) for e in self._all())
        return {key: served for key, served in entries if served is not None}

    def token_of(self, key: str) -> str | None:
        """What scripts send to a project; None if there is none."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if not entry.api_token:
            file = entry.known.folder / ".feltline" / API_TOKEN
            with suppress(SetupError):
                if file.is_file():
                    entry.api_token = read_or_make_secret(file)
        return entry.api_token or None

    # ---- opening and closing

    def served(self, key: str) -> Served:
        """A project, opened now if it is not open.

        Raises:
            HTTPException: There is none of that key.
            SetupError: It cannot be opened; the same may succeed later.
        """
        entry = self._entry(key)
        served = entry.served
        if served is not None:
            return served
        with entry.lock:
            return entry.served or self._open(entry)

    def identity_in(self, key: str, caller: Caller) -> Identity:
        """Who a caller is in a project.

        Raises:
            HTTPException: There is none of that key; in the same words, the caller is
                no member of it.
            SetupError: It cannot be opened; the same may succeed later.
        """
        if caller.user_id is not None:
            member = self._member(self._entry(key), caller)
            if member is None:
                raise _no_such(key)
            return Identity.of(caller, member.role, member.rater_id)
        settings = self.served(key).project.settings
        return Identity.of(caller, "owner", settings.rater)

    def is_open_to(self, key: str, caller: Caller) -> bool:
        """Whether there is a project of that key that a caller may see something of."""
        entry = self._entries.get(key)
        if entry is None or caller.user_id is None:
            return entry is not None
        return self._member(entry, caller) is not None

    def bring_in(self, key: str, caller: Caller) -> None:
        """Make a user who brought a project to this server its owner, if none is."""
        project_id = _project_id(self._entry(key))
        if caller.user_id is None or project_id is None:
            return
        if not self.people.accounts.members(project_id):
            made = self.people.accounts.set_membership(
                project_id, caller.user_id, "owner"
            )
            store = self.served(key).project.store
            store.enter_member(made.rater_id, "owner", former=None, by=made.rater_id)

    def project_id_of(self, key: str) -> str | None:
        """The id of a project; None if it cannot be read.

        Raises:
            HTTPException: There is none of that key.
        """
        return _project_id(self._entry(key))

    def _member(self, entry: _Entry, caller: Caller) -> Membership | None:
        """What a user is in a project, which need not be open for that."""
        project_id = _project_id(entry)
        if project_id is None or caller.project_id not in (None, project_id):
            return None
        return self.people.accounts.membership(project_id, caller.user_id or "")

    def _raters(self, project: Project) -> list[str]:
        """Who judges the audits of a project: its raters, else whoever leads it."""
        people = self.people
        return auditors_of(project, people.accounts if people.has_accounts else None)

    def end_streams(self) -> None:
        """End the streams of all open pages, so that the server can stop."""
        for served in self.opened().values():
            served.events.close()

    def close(self) -> None:
        """Close all projects, and open none from now on."""
        self._is_closed = True
        for entry in self._all():
            with entry.lock:
                self._close(entry)
        self.people.close()

    def _open(self, entry: _Entry) -> Served:
        """Open a project, with its worker and its watcher."""
        if self._is_closed or self._entries.get(entry.known.key) is not entry:
            raise SetupError(
                f"the project {entry.known.name} is being closed; open it again on "
                f"the start page"
            )
        folder, project = entry.known.folder, entry.given
        try:
            if project is None:
                project = Project.open(folder)
            try:
                entry.api_token = read_or_make_secret(project.hidden / API_TOKEN)
                served = serve(
                    project,
                    self.credentials,
                    self.media,
                    self.metrics,
                    partial(self._raters, project),
                )
            except BaseException:
                if entry.given is None:
                    project.close()
                raise
        except FeltlineError as error:
            # A page must not take it for a refusal of what it sends.
            entry.fault = str(error)
            raise SetupError(entry.fault) from error
        entry.fault = ""
        entry.watcher = Watcher(served)
        served.worker.start()
        entry.watcher.start()
        entry.served = served
        resume(served)
        entry.known = replace(_as_it_stands(entry), name=project.settings.name).now()
        self._note(entry)
        return served

    def _close(self, entry: _Entry, *, notes: bool = True) -> None:
        """Close a project, if it is open."""
        served, watcher = entry.served, entry.watcher
        if served is None or watcher is None:
            return
        served.jobs.close()
        watcher.close()
        served.events.close()
        served.proxies.close()
        served.worker.close()
        with suppress(FeltlineError):  # the database may be out of reach
            served.activity.close()
        if notes:
            self._note(entry)
        entry.known = _as_it_stands(entry)
        entry.served = entry.watcher = None
        if entry.given is None:
            served.project.close()

    # ---- parts

    def _all(self) -> Iterable[_Entry]:
        with self._lock:
            return list(self._entries.values())

    def _entry(self, key: str) -> _Entry:
        entry = self._entries.get(key)
        if entry is None:
            raise _no_such(key)
        return entry

    def _add(self, folder: Path, name: str) -> _Entry:
        known = self._list.add(folder, name)
        with self._lock:
            return self._entries.setdefault(known.key, _Entry(known))

    def _note(self, entry: _Entry) -> None:
        """Write down how far an open project is."""
        try:
            self._list.keep(_as_it_stands(entry))
        except FeltlineError as error:  # no reason to refuse the work itself
            logger.warning("the list of known projects: %s", error)


def _no_such(key: str) -> HTTPException:
    return HTTPException(
        404, f"there is no project {key!r} here; go back to the start page"
    )


def _project_id(entry: _Entry) -> str | None:
    """The id of a project, whether it is open or not; None if it cannot be read."""
    if entry.served is not None:
        return entry.served.project.settings.project_id
    with suppress(FeltlineError):
        return read_settings(entry.known.folder).project_id
    return None


def _listed(entry: _Entry) -> ListedProject:
    served, known, fault = entry.served, _as_it_stands(entry), entry.fault
    if served is None and not fault:
        try:
            known = replace(known, name=read_settings(known.folder).name)
        except FeltlineError as error:
            fault = str(error)
    return ListedProject(known, served is not None, fault)


def _as_it_stands(entry: _Entry) -> KnownProject:
    """What is known of a project, with the counts of now if it is open."""
    if entry.served is None:
        return entry.known
    live = entry.served.live
    try:
        live.count_judgements()
    except FeltlineError:  # the database is out of reach: as last seen
        return entry.known
    entries = live.index.videos.values()
    counts = Counts(
        videos=len(entries),
        judgements=sum(one.n_judgements.total() for one in entries),
        pending=live.index.totals().pending(live.threshold),
    )
    return replace(entry.known, counts=counts)
