"""集中诉求 by keyboard alone, and one click on the intake desk that saves and merges."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.test_mass import SAID, alike
from tests.live import Live


@pytest.fixture
def house(live: Live, monkeypatch: pytest.MonkeyPatch) -> Live:
    """Its pages open at the city's time."""
    monkeypatch.setattr("hotline.ui.door.utcnow", lambda: live.city.now)
    return live


def test_a_group_is_merged_by_keyboard_with_one_ticket_left_out_and_another_master(house: Live, page: Page) -> None:
    numbers = alike(house.city, 4)
    house.log_in(page, "dispatch1", "/dispatch/mass")
    expect(page.locator("summary")).to_contain_text("4 件")
    page.locator(f"input[name=nos][value='{numbers[3]}']").focus()
    page.keyboard.press("Space")
    page.locator(f"input[name=master_no][value='{numbers[0]}']").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"input[name=master_no][value='{numbers[1]}']")).to_be_checked()
    page.locator("[name=text]").focus()
    page.keyboard.press("End")
    page.keyboard.type("（园区）")
    page.keyboard.press("Enter")
    expect(page.locator(".mass-results li")).to_have_count(2)
    expect(page.locator(".mass-results")).not_to_contain_text("未并入")
    assert [house.city.status(no) for no in numbers] == ["MERGED", "AWAITING_DISPATCH", "MERGED", "AWAITING_DISPATCH"]


def test_the_agent_saves_and_merges_with_one_press_beside_the_like_ticket(house: Live, page: Page) -> None:
    [master] = alike(house.city, 1)
    house.log_in(page, "agent2", "/desk")
    page.keyboard.press("Escape")
    page.locator("[name=contact_phone]").fill("0499-8177777")
    page.locator("[name=appeal_type][value=HELP]").check(force=True)
    page.locator("[name=title]").fill("搅拌厂太吵")
    page.locator("[name=body]").fill(SAID[1])
    page.locator("[name=region_code]").evaluate("(node) => { node.value = '449902'; }")
    page.locator("[name=category_code]").evaluate(f"(node) => {{ node.value = '{house.city.category}'; }}")
    button = page.locator("#part-suggestion button[name=master_no]")
    expect(button).to_have_attribute("value", master)
    button.press("Enter")
    expect(page.locator(".notice.is-ok")).to_contain_text("已登记（已并单）")
    assert house.city.status(master) == "AWAITING_DISPATCH"
