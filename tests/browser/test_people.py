"""Signing in by keyboard and without script, one's own account, and members."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import serving
from tests.projects import copied
from tests.server.people import PASSWORD, team_of

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
SERIOUS = ("serious", "critical")
NEW = "quite another one"
WORDS = {
    "en": ("Sign in", "do not go together", "Signed in as anna", "Sign out"),
    "ja": ("サインイン", "組み合わせ", "anna としてサインイン中", "サインアウト"),
}


@pytest.fixture(scope="module")
def team(project_template, tmp_path_factory):
    """A server on this machine of one project; anna owns it, ben rates."""
    folder = tmp_path_factory.mktemp("team")
    copied(project_template[0], folder).close()
    with team_of(folder / "home", folder / "study", public=None) as made:
        for name, role in (
            ("anna", "owner"),
            ("ben", "rater"),
            ("new", None),
            ("tom", None),
        ):
            made.add(name, role)
        made.add("ada", is_admin=True)
        yield made


@pytest.fixture(scope="module")
def address(team):
    with serving(team.app) as there:
        yield there


@pytest.fixture
def opened(browser):
    """Opens a page in a language; faults of its scripts fail the test."""
    contexts, faults = [], []

    def open_(language="en", **more):
        context = browser.new_context(locale=language, **more)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield open_
    for context in contexts:
        context.close()
    assert faults == []


def assert_axe_finds_nothing_serious(page):
    # The pages of the server allow no script but their own.
    found = page.evaluate(
        f"(() => {{ {AXE.read_text(encoding='utf-8')}\n"
        "return axe.run(document).then((all) => all.violations) })()"
    )
    serious = [
        (one["id"], one["nodes"][0]["html"])
        for one in found
        if one["impact"] in SERIOUS
    ]
    assert serious == [], json.dumps(serious, indent=1)


@pytest.mark.parametrize("language", WORDS)
def test_in_and_out_by_keyboard(opened, address, language):
    title, wrong, signed_in, out = WORDS[language]
    page = opened(language)
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    assert page.locator("html").get_attribute("lang") == language
    assert_axe_finds_nothing_serious(page)
    keyboard = page.keyboard
    keyboard.type("anna")  # the first field has the focus
    keyboard.press("Tab")
    keyboard.type("a wrong password")
    keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text(wrong)
    assert_axe_finds_nothing_serious(page)
    keyboard.type(PASSWORD)  # now that of the password has it
    keyboard.press("Enter")
    account = page.get_by_test_id("account")
    expect(account).to_contain_text(signed_in)
    expect(page.get_by_test_id("project")).to_have_count(1)
    expect(page.get_by_test_id("new-project")).to_have_count(0)
    assert_axe_finds_nothing_serious(page)
    button = page.get_by_test_id("sign-out")
    expect(button).to_have_text(out)
    for _ in range(20):
        keyboard.press("Tab")
        if button.evaluate("(one) => one === document.activeElement"):
            break
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_the_form_needs_no_script(opened, address):
    page = opened(java_script_enabled=False)
    page.goto(f"{address}/p/study/")
    page.get_by_label("Name").fill("ben")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{address}/p/study/")
    expect(page).to_have_title("feltline")


def sign_in(page, address, name, password=PASSWORD):
    page.goto(f"{address}/sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_test_id("account")).to_be_visible()


def test_another_password_and_a_token(opened, address, team):
    page = opened()
    sign_in(page, address, "new")
    expect(page.get_by_test_id("no-project")).to_contain_text("make you a member")
    tokens = page.get_by_test_id("tokens")
    tokens.get_by_label("What it is for").fill("nightly")
    tokens.get_by_role("button", name="Make a token").click()
    secret = page.get_by_test_id("new-token").inner_text()
    assert team.accounts.token_of_secret(secret).scopes == {"read"}
    expect(page.get_by_test_id("token")).to_contain_text("nightly: Read")
    own = page.get_by_test_id("own-password")
    own.get_by_label("Present password").fill(PASSWORD)
    own.get_by_label("New password").fill(NEW)
    own.get_by_role("button").click()
    expect(own.get_by_role("status")).to_have_text("The password is changed.")
    # The session is another one now, and its changes are taken.
    tokens.get_by_role("button", name="Revoke: nightly").click()
    expect(page.get_by_test_id("token")).to_have_count(0)
    assert team.accounts.token_of_secret(secret) is None
    page.get_by_test_id("sign-out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    sign_in(page, address, "new", NEW)


def speaks(page, language):
    page.get_by_test_id("language").select_option(language)
    expect(page.locator("html")).to_have_attribute("lang", language)


def test_an_owner_changes_the_members(opened, address, team):
    page = opened()
    sign_in(page, address, "anna")
    page.get_by_test_id("project-link").click()
    page.get_by_test_id("videos").click()
    page.get_by_test_id("open-settings").click()
    members = page.get_by_test_id("member")
    expect(members).to_have_count(2)
    page.get_by_label("Sign-in name of a user").fill("new")
    page.get_by_label("Role of the new member").select_option("viewer")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(members).to_have_count(3)
    page.get_by_label("Role of new", exact=True).select_option("lead")
    project_id = team.projects.project_id_of("study")
    roles = {one.role for one in team.accounts.members(project_id)}
    expect(page.get_by_label("Role of new", exact=True)).to_have_value("lead")
    assert "owner" in roles
    page.get_by_label("Role of anna", exact=True).select_option("viewer")
    expect(page.get_by_test_id("members")).to_contain_text("only owner")
    expect(page.get_by_label("Role of anna", exact=True)).to_have_value("owner")
    assert_axe_finds_nothing_serious(page)
    page.get_by_test_id("more").click()
    speaks(page, "ja")
    expect(page.get_by_label("new の役割", exact=True)).to_have_value("lead")
    assert_axe_finds_nothing_serious(page)
    speaks(page, "en")
    page.get_by_role("button", name="Remove: new").click()
    expect(members).to_have_count(2)


def test_an_admin_adds_a_user_who_chooses_a_password(opened, address, team):
    admin = opened()
    sign_in(admin, address, "ada")
    users = admin.get_by_test_id("user")
    before = users.count()
    form = admin.get_by_test_id("new-user")
    form.get_by_label("Name to sign in with").fill("nina")
    form.get_by_label("Name that others see").fill("Nina N.")
    form.get_by_role("button", name="Add the user").click()
    expect(form.get_by_role("status")).to_contain_text("Nina N. is a user now")
    link = admin.get_by_test_id("welcome-link").input_value()
    assert link.startswith(f"{address}/welcome?token=")
    expect(users).to_have_count(before + 1)
    row = users.filter(has_text="Nina N.")
    expect(row).to_contain_text("no password yet")

    page = opened("ja", java_script_enabled=False)
    page.goto(link)
    assert page.locator("html").get_attribute("lang") == "ja"
    expect(page.get_by_label("名前")).to_have_value("nina")
    page.keyboard.type(NEW)  # the field has the focus
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}/")
    again = opened()
    again.goto(link)
    expect(again.get_by_role("alert")).to_contain_text("was used already")
    assert_axe_finds_nothing_serious(again)
    sign_in(again, address, "nina", NEW)

    admin.reload()
    expect(row).not_to_contain_text("no password yet")
    row.get_by_text("Nina N.").click()
    row.get_by_role("button", name="Make an admin").click()
    expect(row).to_contain_text("admin")
    row.get_by_role("button", name="Bar from signing in").click()
    expect(row).to_contain_text("may not sign in")
    again.reload()
    expect(again.get_by_role("heading", level=1)).to_have_text("Sign in")
    row.get_by_role("button", name="Delete: Nina N.").click()
    expect(row).to_contain_text("stays in the projects, under a pseudonym")
    expect(admin.get_by_test_id("delete-yes")).to_be_focused()
    for language in ("ja", "en"):
        speaks(admin, language)
        assert_axe_finds_nothing_serious(admin)
    admin.get_by_test_id("delete-yes").focus()
    admin.keyboard.press("Enter")
    expect(users).to_have_count(before)
    own = users.filter(has_text="you")
    own.get_by_text("ada").click()
    expect(own.get_by_role("button")).to_have_count(1)  # a link for oneself
    assert team.accounts.user_of_sign_in_name("nina") is None


def test_another_browser_is_signed_out_from_here(opened, address):
    here, there = opened("ja"), opened()
    for page in (here, there):
        page.goto(f"{address}/sign-in")
        page.locator("#name").fill("tom")
        page.locator("#password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("account")).to_be_visible()
    here.reload()
    sessions = here.get_by_test_id("session")
    expect(sessions).to_have_count(2)
    expect(sessions.filter(has_text="このブラウザー")).to_have_count(1)
    assert_axe_finds_nothing_serious(here)
    sessions.get_by_role("button").click()
    expect(sessions).to_have_count(1)
    there.reload()
    expect(there.get_by_role("heading", level=1)).to_have_text("Sign in")
    here.get_by_role("button", name="すべてサインアウト").click()
    expect(here.get_by_role("heading", level=1)).to_have_text("サインイン")
