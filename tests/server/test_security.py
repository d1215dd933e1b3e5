import asyncio
import json
import threading
import time

import httpx2
import pytest
from fastapi import FastAPI, Request
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route
from tests.server.asking import HOST, ask

from feltline.server.security import Credentials, add_security, middleware


async def word(request):
    return PlainTextResponse(
        request.app.state.credentials.csrf_token_for(request.scope)
    )


async def size(request):
    return JSONResponse({"size": len(await request.body())})


async def parts(_):
    async def give():
        for number in range(3):
            yield f"part {number}"

    return StreamingResponse(give())


async def kept(_):
    return PlainTextResponse("kept", headers={"Cache-Control": "max-age=60"})


ROUTES = [
    Route("/", word),
    Route("/health", word),
    Route("/api/word", word),
    Route("/api/size", size, methods=["POST", "PUT", "DELETE"]),
    Route("/api/parts", parts),
    Route("/api/kept", kept),
]


@pytest.fixture
def credentials(tmp_path):
    return Credentials.load(tmp_path)


@pytest.fixture
def app(credentials):
    app = Starlette(routes=ROUTES)
    app.state.credentials = credentials
    add_security(app, credentials)
    return app


@pytest.fixture
def cookie(credentials):
    return {"Cookie": f"{credentials.cookie}={credentials.new_session()}"}


def csrf_token_of(credentials, cookie):
    session = credentials.session_of(cookie["Cookie"].partition("=")[2])
    return credentials.csrf_token(session)


@pytest.fixture
def signed(credentials, cookie):
    """Headers of a change from a page that is signed in."""
    return {**cookie, "X-CSRF-Token": csrf_token_of(credentials, cookie)}


@pytest.fixture
def script(tmp_path, credentials):  # noqa: ARG001 - makes the file
    token = (tmp_path / "api-token").read_text().strip()
    return {"Authorization": f"Bearer {token}"}


MIB = 2**20
JSON = {"Content-Type": "application/json"}
VISIT = {
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}


def enter(app, credentials, **headers):
    return ask(app, target=f"/?token={credentials.new_link_token()}", headers=headers)


# --- hosts


@pytest.mark.parametrize("host", [HOST, "localhost:8771", "LOCALHOST:8771"])
def test_own_names_are_answered(app, cookie, host):
    assert ask(app, headers={**cookie, "Host": host}).status == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8771", "", "127.0.0.2"])
@pytest.mark.parametrize("target", ["/", "/health", "/api/word", "/sign-in.css"])
def test_other_names_are_not(app, cookie, host, target):
    assert ask(app, target=target, headers={**cookie, "Host": host}).status == 400


def test_a_link_under_another_name_stays_unused(app, credentials):
    token = credentials.new_link_token()
    assert ask(app, target=f"/?token={token}", headers={"Host": "evil"}).status == 400
    assert credentials.redeem(token)


# --- coming in


def test_a_link_gives_a_cookie_and_leads_to_the_page(app, credentials):
    answer = enter(app, credentials)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    value, *attributes = answer.headers["set-cookie"].split("; ")
    assert sorted(attributes) == sorted(
        ["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=strict"]
    )
    assert answer.headers["cache-control"] == "no-store"
    assert ask(app, headers={"Cookie": value}).status == 200


def test_over_tls_the_cookie_is_for_tls(app, credentials):
    answer = ask(app, target=f"/?token={credentials.new_link_token()}", scheme="https")
    assert "; Secure" in answer.headers["set-cookie"]


def test_from_another_site_the_page_leads_on_itself(app, credentials):
    """A strict cookie would not be sent after a redirect that another site began."""
    answer = enter(app, credentials, **VISIT)
    assert answer.status == 200
    assert "set-cookie" in answer.headers
    assert b'http-equiv="refresh" content="0; url=/"' in answer.body


def test_a_used_link_shows_how_to_get_in(app, credentials):
    token = credentials.new_link_token()
    assert ask(app, target=f"/?token={token}").status == 303
    again = ask(app, target=f"/?token={token}")
    assert again.status == 401
    assert b"feltline serve" in again.body
    assert "set-cookie" not in again.headers


def test_who_is_in_does_not_use_up_a_link(app, credentials, cookie):
    token = credentials.new_link_token()
    answer = ask(app, target=f"/?token={token}", headers=cookie)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert credentials.redeem(token)


@pytest.mark.parametrize(
    ("method", "headers"),
    [("GET", {"Sec-Purpose": "prefetch"}), ("HEAD", {}), ("POST", {})],
)
def test_a_browser_that_looks_ahead_does_not_use_up_a_link(
    app, credentials, method, headers
):
    token = credentials.new_link_token()
    answer = ask(app, method, f"/?token={token}", headers)
    assert answer.status == 401
    assert credentials.redeem(token)


def test_without_a_cookie_the_page_says_how_to_get_in(app):
    answer = ask(app)
    assert answer.status == 401
    assert answer.headers["content-type"].startswith("text/html")
    text = answer.body.decode()
    assert 'lang="en"' in text
    assert 'lang="ja"' in text
    assert "<script" not in text
    assert "style=" not in text
    style = ask(app, target="/sign-in.css")
    assert (style.status, style.headers["content-type"]) == (
        *(200, "text/css; charset=utf-8"),
    )


@pytest.mark.parametrize("target", ["/api/word", "/assets/app.js", "/api"])
def test_without_a_cookie_nothing_else_is_told(app, target):
    answer = ask(app, target=target)
    assert answer.status == 401
    assert "open the link" in answer.error
    assert answer.headers["www-authenticate"] == "Bearer"


def test_another_page_of_the_server_shows_how_to_get_in_too(app):
    html = {"Accept": "text/html,*/*"}
    assert ask(app, target="/somewhere", headers=html).body.startswith(b"<!doctype")
    assert "open the link" in ask(app, target="/api/word", headers=html).error
    assert "open the link" in ask(app, "POST", "/somewhere", html).error


def test_health_needs_no_cookie(app):
    assert ask(app, target="/health").status == 200
    assert ask(app, "HEAD", "/health").status == 200
    assert ask(app, "POST", "/health").status == 401


@pytest.mark.parametrize("value", ["", "x", "x.y.z"])
def test_a_bad_cookie_is_none(app, credentials, value):
    headers = {"Cookie": f"{credentials.cookie}={value}"}
    assert ask(app, target="/api/word", headers=headers).status == 401


def test_wrong_tokens_are_bounded(app):
    for _ in range(20):
        assert ask(app, target="/?token=wrong").status == 401
    refused = ask(app, target="/?token=wrong")
    assert refused.status == 429
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert "too many wrong tokens" in refused.error
    wrong = {"Authorization": "Bearer wrong"}
    assert ask(app, target="/api/word", headers=wrong).status == 429
    elsewhere = ask(app, target="/?token=x", client=("10.0.0.9", 1))
    assert elsewhere.status == 401


def test_the_right_token_always_gets_in(app, credentials, cookie, script):
    for _ in range(30):
        ask(app, target="/?token=wrong")
    assert enter(app, credentials).status == 303
    assert ask(app, target="/api/word", headers=script).status == 200
    assert ask(app, target="/api/word", headers=cookie).status == 200


def test_pictures_on_a_page_elsewhere_lock_nobody_out(app, credentials):
    """Nor do they use up a link, whatever they know of it."""
    picture = {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "no-cors",
        "Sec-Fetch-Dest": "image",
    }
    for _ in range(25):
        answer = ask(app, target="/?token=wrong", headers=picture)
        assert answer.status == 403
    # Not one of them was counted.
    assert ask(app, target="/?token=wrong").status == 401
    token = credentials.new_link_token()
    assert ask(app, target=f"/?token={token}", headers=picture).status == 403
    assert ask(app, target=f"/?token={token}").status == 303


def test_the_page_is_the_same_for_each_wrong_token(app):
    assert ask(app, target="/?token=%ff%00é").status == 401
    assert ask(app, target="/?token=").status == 401


# --- scripts


def test_scripts_send_a_token(app, script):
    assert ask(app, target="/api/word", headers=script).body == b""
    answer = ask(app, "POST", "/api/size", script, [b"abc"])
    assert json.loads(answer.body) == {"size": 3}


@pytest.mark.parametrize("value", ["Bearer wrong", "bearer é", "Bearer", "Bearer "])
def test_a_wrong_token_is_refused_also_with_a_cookie(app, cookie, value):
    headers = {**cookie, "Authorization": value}
    answer = ask(app, target="/api/word", headers=headers)
    assert answer.status == 401
    assert "api-token" in answer.error


def test_other_kinds_of_authorization_count_for_nothing(app, cookie):
    headers = {"Authorization": "Basic eDp5"}
    assert ask(app, target="/api/word", headers=headers).status == 401
    assert ask(app, target="/api/word", headers={**headers, **cookie}).status == 200


# --- changes


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_change_needs_the_token_of_its_session(
    app, credentials, cookie, signed, method
):
    assert ask(app, method, "/api/size", signed).status == 200
    answer = ask(app, method, "/api/size", cookie)
    assert answer.status == 403
    assert "load it anew" in answer.error
    other = {"Cookie": f"{credentials.cookie}={credentials.new_session()}"}
    assert ask(app, method, "/api/size", {**signed, **other}).status == 403


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (f"http://{HOST}", 200),
        (f"https://{HOST}", 200),
        ("http://127.0.0.1:9999", 403),
        ("http://localhost:8771", 403),
        ("https://evil.example", 403),
        ("null", 403),
        ("", 403),
    ],
)
def test_a_change_comes_from_the_servers_own_page(app, signed, origin, status):
    answer = ask(app, "POST", "/api/size", {**signed, "Origin": origin})
    assert answer.status == status


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pages_elsewhere_may_not_ask(app, signed, site, method):
    """Same-site is another port of this machine: its requests carry the cookie."""
    target = "/api/size" if method == "POST" else "/api/word"
    headers = {**signed, "Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
    answer = ask(app, method, target, headers)
    assert answer.status == 403
    assert "elsewhere" in answer.error


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_own_pages_and_typed_addresses_may(app, signed, site):
    headers = {**signed, "Sec-Fetch-Site": site}
    assert ask(app, "GET", "/api/word", headers).status == 200
    assert ask(app, "POST", "/api/size", headers).status == 200


def test_pages_elsewhere_may_send_people_to_the_page(app, cookie):
    visit = {**cookie, **VISIT, "Sec-Fetch-Site": "same-site"}
    assert ask(app, "GET", "/", visit).status == 200
    assert ask(app, "GET", "/api/word", visit).status == 403
    assert ask(app, "POST", "/", visit).status == 403
    framed = {**visit, "Sec-Fetch-Dest": "iframe"}
    assert ask(app, "GET", "/", framed).status == 403


# --- bodies


@pytest.fixture
def sizes(credentials):
    """An application that reads JSON, as all routes here do but one."""
    api = FastAPI()

    @api.post("/api/json")
    def take(said: list[str]) -> int:
        return len(said)

    @api.post("/api/bulk")
    async def stream(request: Request) -> int:
        return sum([len(chunk) async for chunk in request.stream()])

    add_security(api, credentials, body_limits={"/api/bulk": 3 * MIB})
    return api


@pytest.mark.parametrize(
    ("target", "most"), [("/api/json", MIB), ("/api/bulk", 3 * MIB)]
)
def test_bodies_are_bounded_also_where_they_do_not_say_how_large(
    sizes, script, target, most
):
    text = b'["' + b"x" * (most - 4) + b'"]'
    whole = [text[k : k + MIB // 4] for k in range(0, most, MIB // 4)]
    assert ask(sizes, "POST", target, JSON | script, whole).status == 200
    answer = ask(sizes, "POST", target, JSON | script, [*whole, b"x", b"not read"])
    assert answer.status == 413
    assert f"larger than {most} bytes" in json.loads(answer.body)["detail"]
    assert answer.unread == [b"not read"]
    # Or what the client still sends would be reset, and the answer with it.
    assert "connection" not in answer.headers


def test_a_body_that_lies_about_its_length_is_bounded(sizes, script):
    headers = {**JSON, **script, "Content-Length": "5"}
    answer = ask(sizes, "POST", "/api/json", headers, [b"x" * (MIB + 1)])
    assert answer.status == 413


def test_who_is_not_in_is_not_read(sizes):
    answer = ask(sizes, "POST", "/api/json", body=[b"x" * (MIB + 1)])
    assert answer.status == 401
    assert len(answer.unread) == 1


# --- answers


@pytest.mark.parametrize(
    ("target", "status"),
    [("/", 401), ("/api/word", 401), ("/?token=x", 401), ("/health", 200)],
)
def test_every_answer_carries_the_headers(app, target, status):
    check_headers(ask(app, target=target), status)


def test_also_the_answers_of_the_application(app, cookie):
    check_headers(ask(app, headers=cookie), 200)
    check_headers(ask(app, target="/api/nothing", headers=cookie), 404)
    check_headers(ask(app, "POST", "/api/size", cookie), 403)
    check_headers(ask(app, headers={"Host": "evil"}), 400)


def check_headers(answer, status):
    assert answer.status == status
    policy = answer.headers["content-security-policy"]
    for rule in (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "style-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    ):
        assert rule in policy.split("; ")
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_answers_of_the_api_are_never_stored(app, cookie):
    for headers in (cookie, {}):
        for target in ("/api/word", "/api/kept"):
            answer = ask(app, target=target, headers=headers)
            assert answer.headers["cache-control"] == "no-store"
    assert "cache-control" not in ask(app, headers=cookie).headers


def test_streams_pass_part_by_part(app, cookie):
    answer = ask(app, target="/api/parts", headers=cookie)
    assert [p for p in answer.parts if p] == [b"part 0", b"part 1", b"part 2"]


def test_web_sockets_are_closed(app):
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "path": "/", "headers": []}
    asyncio.run(app(scope, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


# --- room for those who read


def test_changes_that_wait_leave_room_for_reading(credentials, signed, monkeypatch):
    """As when another program keeps the database locked."""
    monkeypatch.setattr(middleware, "CHANGE_WAIT_S", 0.05)
    release = threading.Event()
    waiting = threading.Semaphore(0)

    def change():
        waiting.release()
        release.wait(30)

    api = FastAPI()
    api.post("/api/change")(change)
    api.get("/health")(lambda: {"status": "ok"})
    add_security(api, credentials)

    async def locked():
        transport = httpx2.ASGITransport(api)
        async with httpx2.AsyncClient(
            transport=transport, base_url=f"http://{HOST}", headers=signed
        ) as http:
            changes = [asyncio.create_task(http.post("/api/change")) for _ in range(60)]
            for _ in range(middleware.MAX_CHANGES):
                await asyncio.to_thread(waiting.acquire)
            began = time.monotonic()
            health = await http.get("/health")
            took_s = time.monotonic() - began
            late = await asyncio.wait(changes, timeout=0.5)
            release.set()
            await asyncio.wait(changes)
            again = await http.post("/api/change")
            return health, took_s, late[0], changes, again

    health, took_s, refused, changes, again = asyncio.run(locked())
    assert health.status_code == 200
    assert took_s < 1
    assert len(refused) == 60 - middleware.MAX_CHANGES
    for task in refused:
        assert task.result().status_code == 503
        assert "try again" in task.result().json()["error"]
    assert sum(task.result().status_code == 200 for task in changes) == 8
    assert again.status_code == 200
