import os

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route
from tests.server.asking import ask

from feltline.server.ranges import file_response

DATA = bytes(range(256)) * 1000
SIZE = len(DATA)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "it.mp4"
    path.write_bytes(DATA)
    return path


@pytest.fixture
def app(path):
    async def play(_request):
        return file_response(path)

    async def told(_, error):
        return JSONResponse({"error": error.detail}, error.status_code, error.headers)

    routes = [Route("/", play)]
    return Starlette(routes=routes, exception_handlers={HTTPException: told})


def get(app, wanted=None, method="GET", **headers):
    named = {k.replace("_", "-"): v for k, v in headers.items()}
    return ask(app, method, "/", named | ({"Range": wanted} if wanted else {}))


def test_the_whole_file(app):
    answer = get(app)
    assert (answer.status, answer.body) == (200, DATA)
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-length"] == f"{SIZE}"
    assert answer.headers["content-type"] == "video/mp4"
    # Never the whole of it at once.
    assert max(map(len, answer.parts)) <= 65536


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=1000-200000", 1000, 200000),
        ("bytes=255000-", 255000, SIZE - 1),
        ("bytes=0-", 0, SIZE - 1),
        ("bytes=100-999999999", 100, SIZE - 1),
        ("bytes=-1", SIZE - 1, SIZE - 1),
        ("bytes=-500", SIZE - 500, SIZE - 1),
        ("bytes=-999999999", 0, SIZE - 1),
        ("BYTES=5-9", 5, 9),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_one_range(app, method, wanted, first, last):
    answer = get(app, wanted, method)
    assert answer.status == 206
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{SIZE}"
    assert answer.headers["content-length"] == f"{last - first + 1}"
    assert answer.body == (b"" if method == "HEAD" else DATA[first : last + 1])


def test_every_byte_of_small_files_can_be_asked_for(app, path):
    path.write_bytes(b"abcde")
    for first in range(5):
        for last in range(first, 7):
            answer = get(app, f"bytes={first}-{last}")
            assert answer.body == b"abcde"[first : last + 1]


@pytest.mark.parametrize(
    "wanted", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 5}", "bytes=-0"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_range_outside_the_file(app, method, wanted):
    answer = get(app, wanted, method)
    assert answer.status == 416
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize("wanted", ["bytes=9-5", "bytes=a-b", "items=0-5", "bytes"])
def test_what_is_no_range_is_refused(app, wanted):
    assert get(app, wanted).status == 400


def test_several_ranges_come_in_parts(app):
    answer = get(app, "bytes=0-5,100-105")
    assert answer.status == 206
    assert answer.headers["content-type"].startswith("multipart/byteranges")
    assert DATA[:6] in answer.body
    assert DATA[100:106] in answer.body


def test_head(app):
    answer = get(app, method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-length"] == f"{SIZE}"


def test_a_range_of_a_file_that_changed_gets_the_whole(app):
    headers = get(app).headers
    for same in (headers["etag"], headers["last-modified"]):
        assert get(app, "bytes=0-9", If_Range=same).status == 206
    for other in ('"other"', "W/" + headers["etag"], "Thu, 01 Jan 1970 00:00:00 GMT"):
        answer = get(app, "bytes=0-9", If_Range=other)
        assert (answer.status, len(answer.body)) == (200, SIZE)


def test_an_original_and_its_proxy_have_tags_of_their_own(path):
    """A range of one that is kept must not be joined to one of the other."""
    proxy = path.with_name("proxy.mp4")
    proxy.write_bytes(DATA[:-1])

    async def play(request):
        return file_response(path.with_name(request.query_params["name"]))

    app = Starlette(routes=[Route("/", play)])
    tags = {ask(app, target=f"/?name={p.name}").headers["etag"] for p in (path, proxy)}
    assert len(tags) == 2


def test_an_empty_file(app, path):
    path.write_bytes(b"")
    assert (get(app).status, get(app).body) == (200, b"")
    assert get(app, "bytes=0-").status == 416


def test_a_file_that_is_gone(app, path):
    path.unlink()
    answer = get(app)
    assert answer.status == 404
    assert "it.mp4 cannot be read any more" in answer.error
    assert str(path.parent) not in answer.error


@pytest.mark.parametrize(
    ("name", "kind"), [("a.MOV", "video/mp4"), ("a.webm", "video/webm")]
)
def test_types(path, name, kind):
    renamed = path.with_name(name)
    os.link(path, renamed)

    async def play(_request):
        return file_response(renamed)

    app = Starlette(routes=[Route("/", play)])
    assert get(app).headers["content-type"] == kind
