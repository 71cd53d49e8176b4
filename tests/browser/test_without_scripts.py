"""The whole of the work with plain forms: a browser that runs no scripts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from hotline.clock import utcnow
from hotline.ticket.parts import latest_reply
from tests.live import Live
from tests.web.enterprise import GOOD_CALL, code_of

STORY = "一月通过银行贷款八百万元购置数控机床三台，咨询能否申请贴息。"


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A desk's browser with scripts switched off."""
    context = browser.new_context(
        viewport={"width": 1366, "height": 768}, java_script_enabled=False, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    yield context.new_page()
    context.close()


def enter(live: Live, page: Page, login: str, path: str) -> None:
    """Change seats: log the last person out and the next one in, then open `path`."""
    page.context.clear_cookies()
    live.log_in(page, login, path)


def fill_appeal(page: Page) -> None:
    page.get_by_label("联系电话").fill("0499-8123456")
    page.get_by_label("企业名称").fill("湾东恒泽精密机械有限公司")
    page.get_by_label("联系人").fill("梁女士")
    page.locator("[name=appeal_type][value=HELP]").check()
    page.get_by_label("标题").fill("设备购置贷款贴息 申报材料")
    page.locator("select[name=category_code]").select_option("040201")
    page.locator("select[name=region_code]").select_option("449902")
    page.get_by_label("诉求内容").fill(STORY)


def insert_answer(page: Page) -> None:
    """Search and insert by two round trips; nothing that was typed may get lost on the way."""
    page.get_by_label("查政策与口径").fill("设备贷款贴息")
    page.get_by_role("button", name="搜索", exact=True).click()
    page.get_by_role("button", name="插入答复").first.click()
    expect(page.locator("[name=body]")).to_have_value(STORY)


def registered(page: Page) -> str:
    page.get_by_role("button", name="提交转办").click()
    page.wait_for_url("**/tickets/QY*")
    return page.url.rsplit("/", 1)[1]


def press(page: Page, action: str, **fields: str) -> None:
    """Open an action's panel, fill it in, confirm."""
    panel = page.locator(f"#action-{action}")
    panel.locator("> summary").click()
    for name, text in fields.items():
        panel.locator(f"[name={name}]").fill(text)
    panel.get_by_role("button", name="确认").click()
    expect(page.locator(".error-summary")).to_have_count(0)


def test_an_agent_answers_from_the_knowledge_base_by_round_trips(live: Live, plain: Page) -> None:
    enter(live, plain, "agent1", "/desk")
    fill_appeal(plain)
    insert_answer(plain)
    assert "（依据：《" in plain.locator("[name=public_text]").input_value()
    assert plain.locator("[name=citations]").count() == 1
    plain.get_by_role("button", name="直接答复办结").click()
    plain.wait_for_url("**/tickets/QY*")
    assert live.city.status(plain.url.rsplit("/", 1)[1]) == "CLOSED"


def test_a_ticket_goes_from_the_call_to_the_rating_without_scripts(live: Live, plain: Page) -> None:
    live.city.now = utcnow()
    enter(live, plain, "agent1", "/desk")
    fill_appeal(plain)
    number = registered(plain)
    enter(live, plain, "dispatch1", f"/dispatch?no={number}")
    for other in plain.locator("#send [name=support_unit_codes]").all():
        other.uncheck()
    plain.locator("#send").get_by_role("button", name="派单").click()
    assert live.city.status(number) == "AWAITING_SIGN"
    enter(live, plain, "jrj.handler", f"/tickets/{number}")
    press(plain, "sign")
    press(plain, "reply", public_text="缺少设备验收单，补齐后三日内受理。", legal_basis="贴息办法第六条")
    enter(live, plain, "jrj.leader", f"/tickets/{number}")
    press(plain, "sign_off")
    enter(live, plain, "review1", f"/tickets/{number}")
    press(plain, "approve")
    assert live.city.status(number) == "AWAITING_CALLBACK"
    with live.city.ticket(number) as (_, ticket):
        assert latest_reply(ticket).public_text == "缺少设备验收单，补齐后三日内受理。"
    live.city.now = utcnow()
    live.city.do("callback1", "callback", number, **GOOD_CALL)
    live.city.do("callback1", "close", number)
    rate(live, plain, number)


def rate(live: Live, page: Page, number: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{live.url}/track")
    page.get_by_label("工单号").fill(number)
    page.get_by_label("查询码").fill(code_of(live.city, number))
    page.get_by_role("button", name="查询").click()
    page.get_by_role("link", name="评价").first.click()
    page.get_by_label("非常满意", exact=True).check()
    page.get_by_role("button", name="提交评价").click()
    expect(page.locator("main")).to_contain_text("感谢您的评价")
