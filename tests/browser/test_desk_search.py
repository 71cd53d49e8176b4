"""边说边查: chosen by keys, inserted with its citation, recorded once it stands; notices ticked off on the spot."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from hotline.clock import utcnow
from hotline.knowledge.notices import raise_notice
from hotline.knowledge.records import KnowledgeGap, SearchLog, UrgentNoticeRead
from tests.live import Live


@pytest.fixture
def desk(live: Live, page: Page) -> Page:
    live.log_in(page, "agent1", "/desk")
    expect(page.locator("[name=contact_phone]")).to_be_focused()
    return page


def counted(live: Live, model: type) -> int:
    with live.city.database.transaction(write=False) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def asked(live: Live) -> list[tuple[str, int | None, int | None]]:
    with live.city.database.transaction(write=False) as session:
        kept = session.scalars(select(SearchLog))
        return [(row.question, row.chosen_entry_id, row.chosen_version) for row in kept]


def until(page: Page, is_so: Callable[[], bool]) -> None:
    """What a page sends behind its back arrives within ten seconds."""
    for _ in range(50):
        if is_so():
            return
        page.wait_for_timeout(200)
    assert is_so()


def ask(page: Page, text: str) -> None:
    page.keyboard.press("F2")
    page.keyboard.type(text)
    expect(page.locator("[data-hit]").first).to_be_visible()


def test_f6_inserts_the_chosen_hit_and_records_it(live: Live, desk: Page) -> None:
    ask(desk, "贷款贴息")
    desk.keyboard.press("ArrowDown")
    chosen = desk.locator(".is-current [data-answer]")
    expect(desk.locator("[data-hit]").nth(1)).to_have_class("hit-card is-current")
    citation = chosen.get_attribute("value") or ""
    desk.keyboard.press("F6")
    expect(desk.locator("#citations input")).to_have_value(citation)
    assert desk.locator("[name=public_text]").input_value() == chosen.get_attribute("data-answer")
    entry_id, _, version = citation.partition(":")
    until(desk, lambda: asked(live) == [("贷款贴息", int(entry_id), int(version))])


def test_a_digit_inserts_that_hit_only_while_the_hits_have_the_focus(desk: Page) -> None:
    ask(desk, "贷款贴息 2")
    expect(desk.locator("[name=kb_q]")).to_have_value("贷款贴息 2")
    third = desk.locator("[data-hit]").nth(2).locator("[data-answer]")
    wanted = third.get_attribute("value") or ""
    desk.locator("[data-hit] a").first.focus()
    desk.keyboard.press("3")
    expect(desk.locator("#citations input")).to_have_value(wanted)


def test_a_question_is_recorded_once_it_stands_not_at_every_letter(live: Live, desk: Page) -> None:
    desk.keyboard.press("F2")
    for text in ("设备", "贷款", "贴息"):
        with desk.expect_response("**/desk/part/search"):
            desk.keyboard.type(text)
    until(desk, lambda: asked(live) == [("设备贷款贴息", None, None)])


def test_a_complaint_typed_at_the_desk_is_searched_for_but_never_recorded(live: Live, desk: Page) -> None:
    for name in ("title", "body"):
        desk.locator(f"[name={name}]").fill("翡翠七号冷库停电无人处理")
    expect(desk.locator("#part-search")).to_contain_text("翡翠七号冷库")
    desk.wait_for_timeout(3500)
    desk.locator("[name=appeal_type][value=COMPLAINT]").check()
    desk.keyboard.press("F2")
    desk.keyboard.type("翡翠")
    with desk.expect_response("**/knowledge/asked") as answer:
        desk.wait_for_timeout(3500)
    assert answer.value.json() == {"search_id": None}
    assert asked(live) == []


def test_what_may_have_been_meant_is_asked_by_one_press(desk: Page) -> None:
    desk.keyboard.press("F2")
    desk.keyboard.type("设备带款")
    meant = desk.locator("[data-ask]")
    expect(meant).to_have_text("设备贷款")
    meant.click()
    expect(desk.locator("[name=kb_q]")).to_have_value("设备贷款")
    expect(desk.locator("#part-search")).to_contain_text("“设备贷款”")
    expect(desk.locator("[name=kb_q]")).to_be_focused()


def test_a_question_without_answer_is_given_to_a_unit_without_leaving_the_call(live: Live, desk: Page) -> None:
    desk.locator("[name=body]").fill("打到一半")
    desk.keyboard.press("F2")
    desk.keyboard.type("zzqq")
    desk.get_by_text("登记知识缺口并派给单位").click()
    desk.locator("[data-gap]").click()
    expect(desk.locator("[data-gap-told]")).to_have_text("请选择由哪个单位补充")
    desk.locator("[name=gap_unit]").select_option("GXJ")
    desk.locator("[data-gap]").click()
    expect(desk.locator("[data-gap-told]")).to_contain_text("已登记知识缺口“zzqq”")
    expect(desk.locator("[name=body]")).to_have_value("打到一半")
    assert counted(live, KnowledgeGap) == 1


def test_a_notice_is_ticked_off_without_losing_what_is_typed(live: Live, page: Page) -> None:
    live.city.now = utcnow()
    with live.city.database.transaction() as session:
        data = {"title": "台风停工", "text": "统一口径", "ends_at": live.city.now + timedelta(hours=2)}
        raise_notice(session, data, live.city.actor("super1"), live.city.now)
    live.log_in(page, "agent1", "/desk")
    page.locator("[name=body]").fill("打到一半")
    page.get_by_role("button", name="已阅").click()
    expect(page.locator(".pinned-one")).to_have_class("pinned-one is-read")
    expect(page.locator("[name=body]")).to_have_value("打到一半")
    assert page.evaluate("() => document.documentElement.scrollHeight") == 768
    assert counted(live, UrgentNoticeRead) == 1


def test_titles_are_suggested_in_the_search_box_and_enter_still_searches(live: Live, page: Page) -> None:
    page.goto(f"{live.url}/portal")
    page.get_by_label("查政策").fill("dktx")
    expect(page.locator(".combo-list li").first).to_contain_text("贷款贴息")
    page.keyboard.press("Enter")
    page.wait_for_url("**/portal/knowledge?q=dktx")
    page.locator("[name=q]").focus()
    page.locator("[name=q]").fill("sbgz")
    expect(page.locator(".combo-list li").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/portal/knowledge/*")
