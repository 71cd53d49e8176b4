from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from hotline.clock import utcnow
from tests.browser.walk import violations
from tests.live import Live
from tests.web.enterprise import closed, code_of, handling


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A narrow telephone that runs no scripts."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False, locale="zh-CN")
    yield context.new_page()
    context.close()


def opened(live: Live, page: Page, number: str) -> None:
    """Prove number and code, as an enterprise does."""
    page.goto(f"{live.url}/track")
    page.get_by_label("工单号").fill(number)
    page.get_by_label("查询码").fill(code_of(live.city, number))
    page.get_by_role("button", name="查询").click()
    page.wait_for_url("**/track/ticket")


def overflow(page: Page) -> list[str]:
    """What stands wider than the screen."""
    boxes = [(one, one.bounding_box()) for one in page.locator("main *, header *, footer *").all()]
    width = (page.viewport_size or {})["width"]
    return [one.evaluate("e => e.outerHTML") for one, box in boxes if box and box["x"] + box["width"] > width + 1]


def test_an_enterprise_tracks_and_rates_on_a_telephone_without_scripts(live: Live, phone: Page) -> None:
    live.city.now = utcnow()
    opened(live, phone, closed(live.city))
    assert phone.locator(".step.is-yours").inner_text().startswith("评价")
    phone.get_by_role("link", name="评价").click()
    phone.get_by_label("不满意", exact=True).check()
    phone.get_by_role("button", name="提交评价").click()
    assert "请告诉我们不满意的原因" in phone.locator(".error-summary").inner_text()
    assert phone.get_by_label("不满意", exact=True).is_checked()
    phone.get_by_label("评价内容").fill("窗口说法不一")
    phone.get_by_role("button", name="提交评价").click()
    assert "感谢您的评价" in phone.locator("main").inner_text()
    phone.get_by_role("button", name="退出").click()
    assert phone.get_by_label("查询码").is_visible()


def test_nothing_is_wider_than_a_small_telephone_not_even_in_large_type(live: Live, page: Page) -> None:
    live.city.now = utcnow()
    page.set_viewport_size({"width": 360, "height": 740})
    opened(live, page, handling(live.city))
    for size in ("normal", "large"):
        for path in ("/portal", "/track", "/track/ticket", "/track/ticket/actions/withdraw"):
            page.goto(f"{live.url}{path}?size={size}")
            assert overflow(page) == [], f"{path} {size}"
    page.set_viewport_size({"width": 180, "height": 370})  # 200 % zoom of the same telephone
    page.goto(f"{live.url}/track/ticket?size=normal")
    assert overflow(page) == []


def test_the_public_pages_break_no_accessibility_rule(live: Live, page: Page) -> None:
    live.city.now = utcnow()
    opened(live, page, closed(live.city))
    for path in (
        "/portal",
        "/track",
        "/track/ticket",
        "/track/ticket/actions/rate",
        "/track/ticket/receipt",
        "/track/ticket/actions/x",
    ):
        answer = page.goto(live.url + path)
        assert answer is not None and answer.status == (404 if path.endswith("/x") else 200)
        assert violations(page) == [], path
