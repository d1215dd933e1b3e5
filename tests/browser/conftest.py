"""A real browser, and a server on this machine that it may talk to.

Tests that use these carry `pytestmark = [pytest.mark.browser, LOOPBACK]`, with
`LOOPBACK = pytest.mark.allow_hosts(["127.0.0.1"])`.
"""

import os
import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import uvicorn

CHROMIUM = Path("/usr/bin/chromium")
# Faces of a contact sheet that are scrolled away are not asked for yet.
FACES_IN_SIGHT = """() => !document.querySelector('[data-testid=sheet-loading]')
    && [...document.querySelectorAll('[data-testid=sheet-wait]')]
    .every((one) => one.getBoundingClientRect().top > innerHeight)"""
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


# For one module, not for all: as long as Playwright is there, no other test of the same
# process can run an event loop of its own.
@pytest.fixture(scope="module")
def browser():
    """Chromium without a window; a test opens its own context or page in it."""
    if not CHROMIUM.exists():
        lack = f"there is no Chromium at {CHROMIUM}; install it (apt install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(lack)
        pytest.skip(lack)
    from playwright.sync_api import expect, sync_playwright

    # A shared machine may be busy; what is never true fails all the same.
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=ARGS, headless=True
        )
        yield browser
        browser.close()


def close_context(context):
    """Closes a browser context, whatever its routes are doing.

    Playwright raises what the callback of a route raised in whatever is called next, be
    it of another test: no callback may outlive its page.
    """
    for page in context.pages:
        page.unroute_all(behavior="ignoreErrors")
    context.unroute_all(behavior="ignoreErrors")
    context.close()


@contextmanager
def browsing(browser, **options):
    """A browser context as long as this: no cookie or storage of another test."""
    context = browser.new_context(**options)
    try:
        yield context
    finally:
        close_context(context)


@pytest.fixture
def page(browser):
    """A page of its own: no cookie or storage of another test."""
    with browsing(browser) as context:
        yield context.new_page()


@contextmanager
def serving(app):
    """The address of an ASGI application that runs in a thread as long as this."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, log_level="warning", ws="none", timeout_graceful_shutdown=2
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            until = time.monotonic() + 20
            while not server.started:
                assert thread.is_alive(), "the server ended before it served"
                assert time.monotonic() < until, "the server did not start in 20 s"
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive(), "the server did not stop in 20 s"


@pytest.fixture
def serve():
    """Serves ASGI applications until the end of the test: `serve(app)` -> address."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(serving(app))
