"""Labels that people made elsewhere: a table looked at, tried, and brought in."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool

from feltline.errors import FeltlineError, InputError, NothingToLabelError
from feltline.formats import (
    NO_MAPPING,
    TableMapping,
    TablePreview,
    VideoNames,
    preview_table,
)
from feltline.pipeline import import_labels
from feltline.server.context import Here, Served
from feltline.server.project_bodies import (
    LabelsImportedBody,
    NamedVideoBody,
    TableBody,
    TableRowBody,
    TrialBody,
)
from feltline.server.requests import Plain

router = APIRouter(tags=["import-export"])

MOST_PAIRS: Final = 1000
NO_NAME: Final = "table"
MAX_NAME_BYTES: Final = 200

Pair = Annotated[str, Query(max_length=1200), Plain]


@dataclass(frozen=True, slots=True)
class TableRequest:
    """How a table is to be read: the same texts as at the command line."""

    name: str
    encoding: str | None
    columns: list[str]
    scales: list[str]
    videos: list[str]


def _table_request(
    name: Annotated[str, Query(min_length=1, max_length=200), Plain],
    encoding: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_.-]{1,40}$")] = None,
    column: Annotated[list[Pair] | None, Query(max_length=MOST_PAIRS)] = None,
    scale: Annotated[list[Pair] | None, Query(max_length=MOST_PAIRS)] = None,
    video: Annotated[list[Pair] | None, Query(max_length=MOST_PAIRS)] = None,
) -> TableRequest:
    return TableRequest(name, encoding, column or [], scale or [], video or [])


How = Annotated[TableRequest, Depends(_table_request)]


@router.post("/labels/preview")
async def preview_labels(request: Request, here: Here, asked: How) -> TableBody:
    """Look at a table: its first rows, what its columns may be, and a dry run.

    The body is the file, CSV or .xlsx. `trial` says what would come in as it is to be
    read now, or why nothing would.
    """
    async with _uploaded(request, asked) as file:
        return await run_in_threadpool(_preview, here, file, asked)


@router.post("/labels")
async def bring_labels(request: Request, here: Here, asked: How) -> LabelsImportedBody:
    """Bring the labels of a table in, all of them or none; the body is the file."""
    async with _uploaded(request, asked) as file:
        return await run_in_threadpool(_bring_in, here, file, asked)


@asynccontextmanager
async def _uploaded(request: Request, asked: TableRequest) -> AsyncIterator[Path]:
    """The body as a file of the name that the user knows, as long as this."""
    with tempfile.TemporaryDirectory(prefix="feltline-table-") as folder:
        # Of a name from elsewhere, nothing that leads to another folder.
        name = PurePath(asked.name.replace("\\", "/")).name.strip(". ") or NO_NAME
        # Disks count bytes: the end of it, where its suffix is, in whole characters.
        end = name.encode()[-MAX_NAME_BYTES:].decode(errors="ignore")
        path = Path(folder) / end
        with path.open("wb") as file:
            async for piece in request.stream():
                file.write(piece)
        try:
            yield path
        except FeltlineError as error:  # where it lay meanwhile is nobody's business
            raise type(error)(_plain(error, path)) from error


def _plain(error: FeltlineError, path: Path) -> str:
    return str(error).replace(f"{path.parent}/", "")


def _mapping(here: Served, asked: TableRequest) -> TableMapping:
    return TableMapping.parse(
        here.project.schema,
        columns=asked.columns,
        scales=asked.scales,
        videos=asked.videos,
        known_videos=here.live.index.videos,
    )


def _bring_in(here: Served, path: Path, asked: TableRequest) -> LabelsImportedBody:
    made = import_labels(
        here.project, path, encoding=asked.encoding, mapping=_mapping(here, asked)
    )
    here.worker.look()
    return LabelsImportedBody(
        added=made.added, known=made.known, notes=list(made.notes)
    )


def _preview(here: Served, path: Path, asked: TableRequest) -> TableBody:
    mapping, fault = NO_MAPPING, None
    try:
        mapping = _mapping(here, asked)
    except InputError as error:  # half typed, it is no reason not to see the table
        fault = str(error)
    schema, encoding = here.project.schema, asked.encoding
    seen = preview_table(path, schema, encoding=encoding, mapping=mapping)
    return TableBody(
        columns=list(seen.columns),
        rows=[TableRowBody(row=n, cells=list(cells)) for n, cells in seen.rows],
        n_rows=seen.n_rows,
        meant=dict(seen.meant),
        videos=_videos(here, seen, mapping),
        trial=_trial(here, path, asked, mapping)
        if fault is None
        else TrialBody(added=0, known=0, notes=[], fault=fault),
    )


def _trial(
    here: Served, path: Path, asked: TableRequest, mapping: TableMapping
) -> TrialBody:
    """What an import would do now."""
    try:
        made = import_labels(
            here.project,
            path,
            encoding=asked.encoding,
            mapping=mapping,
            is_trial=True,
        )
    except (InputError, NothingToLabelError) as error:
        return TrialBody(added=0, known=0, notes=[], fault=_plain(error, path))
    notes = list(made.notes)
    return TrialBody(added=made.added, known=made.known, notes=notes, fault=None)


def _videos(
    here: Served, seen: TablePreview, mapping: TableMapping
) -> list[NamedVideoBody]:
    """Which video each name in the table means; null where that is not known."""
    names = VideoNames(here.project.locations())
    found = []
    for name, n_rows in seen.videos.items():
        video_id = mapping.videos.get(name)
        if video_id is None:
            try:
                video_id, _ = names.find(name)
            except ValueError:
                video_id = None
        found.append(NamedVideoBody(name=name, video_id=video_id, n_rows=n_rows))
    return found
