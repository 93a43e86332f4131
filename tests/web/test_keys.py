"""The keys page: made keys are shown once, work, and are revoked after a question."""

import json
import re

import pytest
from tests.cli.processes import served
from tests.web.conftest import Site

sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
expect = sync_api.expect


@pytest.fixture
def site(tmp_path, built_ui):
    """A server without any key: the first one closes it."""
    with served(tmp_path) as server:
        yield Site(server.url)


@pytest.fixture
def keys(page, complaints):
    page.goto("/admin/keys")
    yield page
    # The live stream that was open without a key, or with a revoked one, ends.
    ended = re.compile("ERR_INCOMPLETE_CHUNKED_ENCODING|status of 401")
    complaints[:] = [text for text in complaints if not ended.search(text)]


def make(page, name):
    """The key itself."""
    page.get_by_role("textbox", name="Name of the new key").fill(name)
    page.get_by_role("button", name="Make a key").click()
    panel = page.get_by_role("region", name="The new key")
    expect(panel).to_contain_text(name)
    return panel.get_by_test_id("secret").inner_text()


def row(page, name):
    return page.get_by_role("row").filter(has_text=name)


def answer_to(context, site, key):
    """The status with which the server answers who shows this key."""
    return context.request.get(f"{site.url}/api/console/info", headers={"X-API-Key": key}).status


def test_the_first_key_is_shown_once_copied_and_keeps_its_maker_logged_in(keys, context, site):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(keys.get_by_text("No key is made yet")).to_be_visible()
    secret = make(keys, "laptop")
    keys.get_by_role("button", name="Copy the key").click()
    expect(keys.get_by_text("Copied")).to_be_attached()
    assert keys.evaluate("navigator.clipboard.readText()") == secret
    assert answer_to(context, site, secret) == 200
    results = axe.Axe().run(keys)
    assert results.violations_count == 0, results.generate_report()
    keys.reload()
    expect(row(keys, "laptop")).to_be_visible()
    expect(keys.get_by_text(secret)).to_have_count(0)
    with pytest.raises(OSError, match="401"):
        site.get("/info")


def test_a_key_is_revoked_after_a_question_that_names_it(keys, context, site):
    make(keys, "laptop")
    secret = make(keys, "render farm")
    keys.get_by_role("button", name="Revoke render farm").click()
    question = keys.get_by_role("alertdialog")
    expect(question).to_contain_text("render farm")
    question.get_by_role("button", name="Cancel").click()
    assert answer_to(context, site, secret) == 200
    keys.get_by_role("button", name="Revoke render farm").click()
    question.get_by_role("button", name="Revoke").click()
    expect(row(keys, "render farm")).to_contain_text("revoked")
    assert answer_to(context, site, secret) == 401


def test_the_last_key_is_revoked_once_its_meaning_is_told(keys, site):
    make(keys, "laptop")
    keys.get_by_role("button", name="Revoke laptop").click()
    question = keys.get_by_role("alertdialog")
    expect(question).to_contain_text("the last key")
    question.get_by_role("button", name="Revoke").click()
    expect(row(keys, "laptop")).to_contain_text("revoked")
    assert json.loads(site.request("/api/admin/keys"))["keys"][0]["revoked_at"]


def test_a_name_that_is_taken_is_told_and_makes_no_key(keys, complaints):
    make(keys, "laptop")
    keys.get_by_role("button", name="I have it").click()
    keys.get_by_role("textbox", name="Name of the new key").fill("laptop")
    keys.get_by_role("button", name="Make a key").click()
    expect(keys.get_by_text(re.compile("called 'laptop' already"))).to_be_visible()
    expect(keys.get_by_role("region", name="The new key")).to_have_count(0)
    complaints.clear()


def test_the_operator_makes_keys_of_tenants_limits_and_pauses_them(keys, site):
    make(keys, "mine")
    keys.get_by_role("button", name="I have it").click()
    keys.get_by_role("combobox", name="Tenant of the new key").fill("school")
    make(keys, "pupils")
    expect(row(keys, "pupils").first).to_contain_text("of school")
    tenant = keys.locator("[data-tenant=school]")
    most = tenant.get_by_role("spinbutton", name="school: runs at most")
    most.fill("2")
    most.press("Enter")
    expect(keys.get_by_text("school is limited anew.")).to_be_visible()
    tenant.get_by_role("button", name="Pause school").click()
    expect(tenant).to_contain_text("paused")
    keys.reload()
    expect(most).to_have_value("2")
    expect(tenant).to_contain_text("paused")
    results = axe.Axe().run(keys)
    assert results.violations_count == 0, results.generate_report()
    tenant.get_by_role("link", name="Usage").click()
    expect(keys.get_by_role("combobox", name="Tenant")).to_have_value("school")
