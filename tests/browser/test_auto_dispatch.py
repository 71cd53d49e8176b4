"""The audit of what was dispatched automatically, by keyboard alone."""

import pytest
from playwright.sync_api import Page, expect

from tests.auto import Automatic, teach
from tests.live import Live


@pytest.fixture
def automatic(live: Live) -> Automatic:
    made = Automatic(live.city, teach(live.app.extensions["suggestions"].folder))
    made.rule(sample=100)
    return made


def test_enter_is_right_f9_and_words_are_wrong_and_the_next_one_follows(
    live: Live, page: Page, automatic: Automatic
) -> None:
    first, second, third = automatic.sent(3)
    live.log_in(page, "dispatch1", "/dispatch/auto")
    expect(page.get_by_text("第 1 件，共 3 件")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("PageDown")
    expect(page.get_by_text("第 2 件，共 3 件")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("第 1 件，共 2 件")).to_be_visible()
    page.wait_for_load_state()  # a key that comes before the page's script is nobody's
    page.keyboard.press("F9")
    unit = page.get_by_label("应派单位")
    expect(unit).to_be_focused()
    page.keyboard.type("市工信局")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("设备更新属工信")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("已判不准确：")).to_be_visible()
    expect(page.get_by_text("第 1 件，共 1 件")).to_be_visible()
    page.wait_for_load_state()
    page.get_by_role("link", name="去改派").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#action-redispatch")).to_be_visible()
    verdicts = [automatic.verdict(row) for row in (first, second, third)]
    assert verdicts == [(False, "设备更新属工信"), (True, ""), (None, "")]


def test_everything_is_switched_off_by_one_press(live: Live, page: Page, automatic: Automatic) -> None:
    live.log_in(page, "super1", "/dispatch/auto")
    page.get_by_role("button", name="全部停用").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("自动派单全部停用")).to_be_visible()
    expect(page.get_by_role("button", name="全部停用")).to_have_count(0)
