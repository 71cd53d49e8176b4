"""The caller on the line: the first expert is silent, the second accepts, the answer is recorded with consent, all on
the one intake page."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from hotline.clock import utcnow
from tests.browser.test_journey import STEP, choose
from tests.experts import advice, later, online
from tests.live import Live

SILENT, WILLING = "expert.finance", "expert.finance2"
"""By their level: nobody is on duty at the time these tests run."""
NAMES = {"expert.finance": "阮书航", "expert.finance2": "柏清如"}
PART = "#part-expert"


@pytest.fixture
def desk(live: Live, page: Page) -> Page:
    """The agent's form with the appeal typed, two experts online."""
    online(live.city, SILENT, WILLING)
    live.log_in(page, "agent1", "/desk")
    page.locator("[name=appeal_type][value=CONSULTATION]").check(force=True)
    page.locator("[name=title]").fill("设备贷款贴息差什么材料")
    choose(page, "category_code", "040201", "贷款贴息兑付")
    choose(page, "region_code", "449902", "湾东区")
    return page


def test_the_first_is_silent_the_second_answers_on_the_one_intake_page(
    live: Live, desk: Page, browser: Browser
) -> None:
    other = browser.new_context(**STEP).new_page()
    live.log_in(other, WILLING, "/consultations")
    expect(other.locator("main")).to_contain_text("没有进行中的咨询")
    part = desk.locator(PART)

    desk.keyboard.press("F7")
    expect(part).to_contain_text(NAMES[SILENT])
    expect(part).to_contain_text(NAMES[WILLING])
    desk.locator("#expert_question").fill("三次被退回，还差什么材料？")
    desk.get_by_role("button", name="邀请专家加入通话").click()
    expect(part).to_contain_text(f"{NAMES[SILENT]}（市金融局）等待接听")
    expect(part.locator("[data-seconds]")).to_have_text(re.compile(r"2:\d\d|3:00"))

    live.city.now = utcnow()
    later(live.city, minutes=3)
    expect(part).to_contain_text(f"{NAMES[SILENT]}（市金融局）逾时未接")
    expect(part).to_contain_text(f"{NAMES[WILLING]}（市金融局）等待接听")

    other.get_by_role("button", name="接受邀请").click()
    expect(part).to_contain_text("是否同意与专家三方通话")
    part.get_by_label("同意", exact=True).check()
    desk.get_by_role("button", name="记录并接通").click()
    expect(part).to_contain_text("来电人同意三方通话")
    desk.get_by_role("button", name="结束三方通话").click()
    desk.locator("#expert_answer").fill("缺设备验收单，补齐后三个工作日内受理。")
    desk.locator("#expert_basis").fill("贴息办法第六条")
    desk.get_by_role("button", name="记录答复").click()
    expect(part).to_contain_text("答复待审核")
    assert desk.url.startswith(f"{live.url}/desk?draft=")

    desk.get_by_role("button", name="采用到答复").click()
    expect(desk.locator("[name=public_text]")).to_have_value(re.compile("缺设备验收单.*金融.*答复"))
    expect(desk.locator("[name=title]")).to_have_value("设备贷款贴息差什么材料")
    recorded(live)
    other.context.close()


def recorded(live: Live) -> None:
    """What is stored of the call."""
    with advice(live.city, 1) as found:
        assert [one.response.value for one in found.invitations] == ["TIMED_OUT", "ACCEPTED"]
        assert found.invitations[0].at + timedelta(minutes=3) <= found.invitations[1].at
        assert found.call is not None and found.call.is_consented
        assert found.call.started_at is not None and found.call.ended_at is not None
        assert found.answered_for is not None and found.answered_for.code == "JRJ"


def test_a_dead_line_and_a_refusal_leave_the_typed_text_alone(live: Live, desk: Page) -> None:
    desk.keyboard.press("F7")
    question = desk.locator("#expert_question")
    expect(question).to_be_focused()
    expect(question).to_have_value("设备贷款贴息差什么材料")  # the title, until something better is typed
    question.fill("")
    desk.get_by_role("button", name="邀请专家加入通话").click()
    expect(desk.locator(PART).get_by_role("alert")).to_be_visible()
    expect(desk.locator("[name=title]")).to_have_value("设备贷款贴息差什么材料")
    desk.locator("#expert_question").fill("还差什么？")
    desk.context.set_offline(True)
    desk.get_by_role("button", name="邀请专家加入通话").click()
    expect(desk.locator("#expert_question")).to_have_value("还差什么？")
    desk.context.set_offline(False)
    desk.get_by_role("button", name="邀请专家加入通话").click()
    expect(desk.locator(PART)).to_contain_text("等待接听")


def test_what_is_typed_while_the_part_is_drawn_again_stays(live: Live, desk: Page) -> None:
    desk.route("**/desk/part/expert", lambda route: (desk.wait_for_timeout(400), route.continue_()))
    desk.keyboard.press("F7")
    desk.locator("#expert_question").fill("边写边到")
    expect(desk.locator(PART)).to_contain_text(NAMES[SILENT])
    expect(desk.locator("#expert_question")).to_have_value("边写边到")
