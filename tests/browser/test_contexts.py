"""What one browser test leaves behind must not reach the next."""

import pytest
from tests.browser.conftest import browsing

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]


def test_a_request_that_is_still_answered_as_its_page_closes_is_no_fault(browser):
    begun = []
    with browsing(browser) as context:
        page = context.new_page()

        def answer(route):
            begun.append(route)
            page.wait_for_timeout(60_000)

        page.route("**/held", answer)
        page.set_content("<script>fetch('http://127.0.0.1:9/held')</script>")
        while not begun:
            page.wait_for_timeout(10)
    # Playwright raises here what a callback has raised meanwhile.
    with browsing(browser) as context:
        assert context.new_page().evaluate("1 + 1") == 2
