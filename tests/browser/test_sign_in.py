"""The way in, as a real browser goes it: cookies, redirects and policies."""

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from feltline.server.security import Credentials, add_security

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]

ASK = """async ([url, method, headers]) => {
  try { return (await fetch(url, {method, headers, credentials: "include"})).status }
  catch (error) { return "refused" }
}"""


async def page(_):
    return HTMLResponse(
        "<!doctype html><title>in</title><h1>You are in</h1>"
        "<script>document.title = 'script ran'</script>"
    )


async def word(request):
    return PlainTextResponse(
        request.app.state.credentials.csrf_token_for(request.scope)
    )


@pytest.fixture
def credentials(tmp_path):
    return Credentials.load(tmp_path)


@pytest.fixture
def address(serve, credentials):
    """Of a secured server."""
    routes = [
        Route("/", page),
        Route("/api/word", word),
        Route("/api/change", word, methods=["POST"]),
    ]
    app = Starlette(routes=routes)
    app.state.credentials = credentials
    add_security(app, credentials)
    return serve(app)


@pytest.fixture
def elsewhere(serve):
    """Serves a page of somebody else: another port, and by name another site."""

    def make(html):
        async def answer(_):
            return HTMLResponse(html)

        return serve(Starlette(routes=[Route("/", answer)]))

    return make


def test_a_link_lets_in_once(page, address, credentials):
    link = f"{address}/?token={credentials.new_link_token()}"
    page.goto(link)
    assert page.inner_text("h1") == "You are in"
    assert page.url == f"{address}/"
    page.reload()
    assert page.inner_text("h1") == "You are in"
    page.context.clear_cookies()
    page.goto(link)
    assert page.inner_text("section[lang=en] h1") == "This page opens by a link"
    assert page.is_visible("section[lang=ja] h1")
    # The sheet of the page is let through, and so is what it says.
    width = page.evaluate("getComputedStyle(document.body).maxWidth")
    assert width.endswith("px")


def test_a_link_on_a_page_of_another_site_lets_in(
    page, address, credentials, elsewhere
):
    """As in webmail: a redirect would lead to the sign-in page, without the cookie."""
    link = f"{address}/?token={credentials.new_link_token()}"
    other = elsewhere(f'<a href="{link}">open</a>')
    page.goto(other.replace("127.0.0.1", "localhost"))
    page.click("a")
    page.wait_for_url(f"{address}/")
    assert page.inner_text("h1") == "You are in"


def test_inline_scripts_do_not_run(page, address, credentials):
    page.goto(f"{address}/?token={credentials.new_link_token()}")
    assert page.title() == "in"


def test_the_cookie_is_out_of_reach_of_scripts(page, address, credentials):
    page.goto(f"{address}/?token={credentials.new_link_token()}")
    assert page.evaluate("document.cookie") == ""
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")


def test_a_change_needs_the_word(page, address, credentials):
    page.goto(f"{address}/?token={credentials.new_link_token()}")
    told = page.evaluate("fetch('/api/word').then(answer => answer.text())")
    ask = [f"{address}/api/change", "POST"]
    assert page.evaluate(ASK, [*ask, {"X-CSRF-Token": told}]) == 200
    assert page.evaluate(ASK, [*ask, {}]) == 403


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_pages_elsewhere_get_nothing(page, address, credentials, elsewhere, name):
    """Not even another port of this machine, to which the cookie is sent."""
    page.goto(f"{address}/?token={credentials.new_link_token()}")
    other = elsewhere(
        f'<img src="{address}/api/word"><iframe src="{address}"></iframe>'
    )
    statuses = []
    page.on("response", lambda r: statuses.append((r.url, r.status)))
    page.goto(other.replace("127.0.0.1", name), wait_until="networkidle")
    seen = {status for url, status in statuses if url.startswith(address)}
    assert seen
    assert seen <= {401, 403}
    for method, path in (("GET", "word"), ("POST", "change")):
        found = page.evaluate(ASK, [f"{address}/api/{path}", method, {}])
        assert found == "refused"
