"""Many rows at once: labels out, predictions of other models in."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from feltline.formats import Layer, TableFormat, encoded_rows
from feltline.pipeline import LONGEST_ROW, Export, PredictionRows
from feltline.project import check_audited
from feltline.server.context import Here
from feltline.server.downloads import attachment, stem_of
from feltline.server.requests import VideoName
from feltline.server.responses import ImportedBody

router = APIRouter(tags=["import-export"])

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {kind: {} for kind in MEDIA.values()}}},
)
def export(
    here: Here,
    form: Annotated[TableFormat, Query(alias="format")] = "csv",
    layer: Annotated[Layer, Query()] = "final",
    video_id: Annotated[VideoName | None, Query()] = None,
    despite_audit: Annotated[bool, Query()] = False,
) -> Response:
    """Labels as a file, written while it is sent, by the model in force.

    Refused with 409 where an audit is overdue and the project's settings say so, unless
    `despite_audit`; the log keeps that.
    """
    despite = check_audited(here.project, layer=layer, despite=despite_audit)
    if video_id is not None:
        here.record(video_id)
    # Before the answer begins, so that what goes wrong is still a sentence.
    videos = None if video_id is None else [video_id]
    begun = Export.begin(here.project, layer=layer, videos=videos)
    # A video that is purged while it is sent must not be named by a later note.
    here.project.store.note(
        "export",
        rater=here.rater,
        detail={"layer": layer, "format": form, "video_id": video_id}
        | ({"despite_audit": True} if despite else {}),
    )
    pieces = encoded_rows(begun.rows(), form, begun.metadata(), here.project.schema)
    name = _file_name(here.project.settings.name, layer, form)
    return StreamingResponse(
        pieces,
        media_type=MEDIA[form],
        headers={"Content-Disposition": attachment(name)},
    )


def _file_name(project: str, layer: str, form: str) -> str:
    """`study-final-2026-11-27.csv`: whose values, which, and of which day."""
    day = datetime.now().astimezone().date().isoformat()
    return f"{stem_of(project)}-{layer}-{day}.{form}"


@router.post("/predictions")
async def import_predictions(
    request: Request,
    here: Here,
    method: Annotated[str, Query(pattern=r"^[A-Za-z0-9._-]{1,40}$")],
) -> ImportedBody:
    """Take in another model's predictions: JSON Lines, a row per face and frame.

    Each row has video_id, track_id, frame and a value per dimension, and may have
    confidence and expression. They are kept apart; the project's own stay.
    """
    rows = await run_in_threadpool(PredictionRows, here.project)
    async for lines in _lines(request.stream()):
        await run_in_threadpool(_add, rows, lines)
    run = await run_in_threadpool(rows.keep, method=method, rater=here.rater)
    return ImportedBody(run_id=run.run_id, rows=rows.count)


def _add(rows: PredictionRows, lines: Sequence[bytes]) -> None:
    for line in lines:
        rows.add(line)


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    """Lines of a stream, those of a chunk at once; memory holds little more."""
    rest = b""
    async for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        if whole:
            yield whole
        if len(rest) > LONGEST_ROW:
            break  # it is refused as it is; to gather more would only fill memory
    if rest:
        yield [rest]
