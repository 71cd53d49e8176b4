import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from hotline.ticket.models import Citation, Ticket
from tests.live import Live

STORY = "一月通过银行贷款八百万元购置数控机床三台，咨询能否申请贴息。"


@pytest.fixture
def desk(live: Live, page: Page) -> Page:
    """The agent's empty form; the caret waits in the telephone field."""
    live.log_in(page, "agent1", "/desk")
    expect(page.locator("[name=contact_phone]")).to_be_focused()
    return page


def tickets(live: Live) -> list[Ticket]:
    with live.city.database.transaction(write=False) as session:
        return list(session.scalars(select(Ticket).options(joinedload(Ticket.region))))


def compose(page: Page, steps: list[str], result: str) -> None:
    """Type by input method: the letters as they stand under composition, then the chosen characters."""
    ime = page.context.new_cdp_session(page)
    for text in steps:
        ime.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})
        page.wait_for_timeout(300)
    ime.send("Input.insertText", {"text": result})


def fill_by_keyboard(page: Page) -> None:
    """Everything from the first ring to the question, without a mouse."""
    keys = page.keyboard
    keys.type("0499-8123456")
    for _ in range(3):
        keys.press("Enter")
    keys.type("梁女士")
    keys.press("Enter")
    keys.press("2")
    expect(page.locator("[name=title]")).to_be_focused()
    keys.type("设备购置贷款贴息 申报材料")
    keys.press("Enter")
    keys.type("dktx")
    expect(page.locator(".combo-list li:visible").first).to_contain_text("贷款贴息兑付")
    keys.press("Enter")
    keys.press("Enter")
    keys.type("湾东")
    expect(page.locator(".combo-list li:visible").first).to_contain_text("湾东区")
    keys.press("Enter")
    keys.press("Enter")
    keys.press("Tab")
    keys.type(STORY)


def test_a_whole_intake_needs_no_mouse(live: Live, desk: Page) -> None:
    fill_by_keyboard(desk)
    expect(desk.locator("#part-proposal")).to_contain_text("建议承办 临海湾市金融工作局")
    expect(desk.locator("#part-proposal")).to_contain_text("4 个工作日")
    desk.keyboard.press("Control+Shift+Enter")
    desk.wait_for_url("**/tickets/*")
    ticket = tickets(live)[0]
    assert (ticket.status, ticket.body, ticket.region.name) == ("AWAITING_DISPATCH", STORY, "湾东区")
    expect(desk.locator("body")).to_contain_text(f"工单号 {ticket.no}")
    expect(desk.locator("body")).to_contain_text(f"查询码 {ticket.query_code}")


def test_an_answer_found_while_talking_is_inserted_by_enter_and_cited(live: Live, desk: Page) -> None:
    fill_by_keyboard(desk)
    desk.keyboard.press("F2")
    expect(desk.locator("[data-hit]").first).to_be_visible()
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(desk.locator("[name=public_text]")).to_be_focused()
    assert "（依据：《" in desk.locator("[name=public_text]").input_value()
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url("**/tickets/*")
    assert tickets(live)[0].status == "CLOSED"
    with live.city.database.transaction(write=False) as session:
        assert session.scalars(select(Citation)).one().doc_number == "临府办〔2025〕12号"


def test_two_quick_presses_make_one_ticket_even_past_the_pages_own_guard(live: Live, desk: Page) -> None:
    fill_by_keyboard(desk)
    desk.locator("[name=public_text]").fill("可以申请，请通过政务服务网提交。")
    desk.evaluate(
        """() => { const button = document.querySelector("[formaction^='/desk/answer']");
                   delete button.form.dataset.submitting; button.click();
                   delete button.form.dataset.submitting; button.click(); }"""
    )
    desk.wait_for_url("**/tickets/*")
    assert len(tickets(live)) == 1


def test_nothing_is_asked_while_an_input_method_composes(desk: Page) -> None:
    asked: list[str] = []
    desk.on("request", lambda request: asked.append(request.url) if "/desk/part/" in request.url else None)
    desk.keyboard.press("F2")
    compose(desk, ["d", "da", "dai", "dai'k", "dai'kuan"], "贷款")
    expect(desk.locator("[data-hit]").first).to_be_visible()
    assert [url.rsplit("/", 1)[1] for url in asked] == ["search"]
    compose(desk, ["t", "tie", "tiexi"], "贴息")
    expect(desk.locator("#part-search")).to_contain_text("“贷款贴息”")
    assert len(asked) == 2


def test_the_enter_that_confirms_a_candidate_neither_moves_on_nor_inserts(desk: Page) -> None:
    title = desk.locator("[name=title]")
    title.focus()
    confirm = """node => node.dispatchEvent(new KeyboardEvent("keydown",
        {key: "Enter", keyCode: 229, isComposing: true, bubbles: true, cancelable: true}))"""
    title.evaluate(confirm)
    expect(title).to_be_focused()
    desk.keyboard.press("F2")
    desk.keyboard.type("贷款贴息")
    expect(desk.locator("[data-hit]").first).to_be_visible()
    desk.locator("[name=kb_q]").evaluate(confirm)
    assert desk.locator("[name=public_text]").input_value() == ""


def test_a_draft_survives_reload_and_a_second_call_does_not_destroy_it(desk: Page) -> None:
    desk.keyboard.type("0499-8123456")
    desk.locator("[name=body]").fill(STORY)
    expect(desk.locator("[data-autosave-for=desk]")).to_contain_text("草稿已自动保存", timeout=10_000)
    desk.reload()
    expect(desk.locator("[name=body]")).to_have_value(STORY)
    desk.get_by_role("link", name="另登一件").click()
    expect(desk.locator("[name=body]")).to_have_value("")
    desk.locator(".desk-tabs a").first.click()
    expect(desk.locator("[name=body]")).to_have_value(STORY)


def test_the_next_callers_number_replaces_what_was_filled_in_for_the_last(live: Live, desk: Page) -> None:
    live.city.register()
    live.city.register(enterprise_name="湾西铁塔五金有限公司", contact_phone="0499-7000001", title="另一家")
    name = desk.locator("[name=enterprise_name]")
    desk.locator("[name=contact_phone]").fill("0499-8123456")
    expect(name).to_have_value("湾东恒泽精密机械有限公司")
    desk.locator("[name=contact_phone]").fill("0499-7000001")
    expect(name).to_have_value("湾西铁塔五金有限公司")
    name.fill("湾西铁塔五金有限公司二厂")
    desk.locator("[name=contact_phone]").fill("0499-8123456")
    desk.wait_for_timeout(800)
    expect(name).to_have_value("湾西铁塔五金有限公司二厂")


def test_the_desk_fits_its_screen_and_the_phone_scrolls_one_way_only(desk: Page) -> None:
    height, width = desk.evaluate(
        "() => { const all = document.documentElement; return [all.scrollHeight, all.scrollWidth]; }"
    )
    assert (height, width) == (768, 1366)
    expect(desk.locator("[data-primary]")).to_be_in_viewport()
    desk.set_viewport_size({"width": 390, "height": 844})
    assert desk.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    expect(desk.locator("[data-primary]")).to_be_visible()


def test_the_dispatcher_accepts_the_proposal_with_enter(live: Live, page: Page) -> None:
    first, second = live.city.register(title="先到期的"), live.city.at("2026-03-18 10:00").register(title="后到期的")
    live.log_in(page, "dispatch1", "/dispatch")
    expect(page.locator("[data-accept]")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/dispatch?no={second}")
    assert live.city.status(first) == "AWAITING_SIGN"
    expect(page.locator("h2", has_text="后到期的")).to_be_visible()
