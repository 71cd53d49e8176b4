"""The suggestion follows what is typed, and one click takes it."""

import pytest
from playwright.sync_api import Page, expect

from hotline.dispatch import learning
from tests.integration.test_suggestions import LOAN, LOAN_TEXTS, ROAD, ROAD_TEXTS, answered
from tests.live import Live


def test_what_is_typed_brings_category_and_like_tickets_and_a_click_takes_the_category(
    live: Live, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "FEWEST", 4)
    live.city.at("2026-11-20 09:00")
    monkeypatch.setattr("hotline.ui.door.utcnow", lambda: live.city.now)
    answered(live.city, LOAN_TEXTS, LOAN)
    answered(live.city, ROAD_TEXTS, ROAD)
    with live.city.database.transaction(write=False) as session:
        live.app.extensions["suggestions"].learn(session, live.city.now)
    number = live.city.register(title="设备贷款贴息怎么申请", body="技改贷款贴息多少，窗口说不清")
    live.log_in(page, "agent1", "/desk")
    page.locator("[name=title]").press_sequentially("设备贷款贴息怎么申请")
    box = page.locator("#part-suggestion")
    expect(box.locator(f"a[href='/tickets/{number}']")).to_be_visible()
    box.locator("[data-take]").first.click()
    expect(page.locator("[name=category_code]")).to_have_value(LOAN)
    expect(box.locator("[data-take]")).to_have_count(0)
    expect(page.locator("[name=title]")).to_have_value("设备贷款贴息怎么申请")
