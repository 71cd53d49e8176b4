"""The whole loop in Chromium: one call, five desks, an objection, a dissatisfied enterprise, and a closed ticket."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.live import Live

STEP = {"viewport": {"width": 1366, "height": 768}, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}


class Desks:
    """One browser window a person; each acts on the ticket's page."""

    def __init__(self, browser: Browser, live: Live) -> None:
        self.browser, self.live, self.number = browser, live, ""
        self.pages: dict[str, Page] = {}

    def page(self, login: str, path: str) -> Page:
        if login not in self.pages:
            self.pages[login] = self.browser.new_context(**STEP).new_page()
            self.live.log_in(self.pages[login], login)
        self.pages[login].goto(self.live.url + path)
        return self.pages[login]

    def act(self, login: str, action: str, **fields: str) -> Page:
        """Open the action's panel on the ticket page, fill it in, confirm."""
        page = self.page(login, f"/tickets/{self.number}")
        form = page.locator(f"form[action$='/actions/{action}']")
        if not form.is_visible():
            for fold in page.locator("details.fold:has(.actions)").all():
                if fold.get_attribute("open") is None and fold.locator(f"form[action$='/actions/{action}']").count():
                    fold.locator("> summary").click()
        panel = page.locator(f"#action-{action}")
        if panel.count() and panel.get_attribute("open") is None:
            panel.locator("> summary").click()
        for name, value in fields.items():
            fill(form.locator(f"[name={name}]").first, value)
        form.locator("button").first.click()
        page.wait_for_load_state()
        expect(page.locator(".error-summary")).to_have_count(0)
        return page

    def status(self, login: str) -> str:
        head = self.page(login, f"/tickets/{self.number}").locator(".ticket-head .tag").first
        return (head.text_content() or "").strip()

    def close(self) -> None:
        for page in self.pages.values():
            page.context.close()


def fill(control: object, value: str) -> None:
    """Whatever kind of control it is."""
    kind = control.evaluate("e => e.type || e.tagName")  # type: ignore[attr-defined]
    if kind == "radio":
        name = control.get_attribute("name")  # type: ignore[attr-defined]
        form = control.locator("xpath=ancestor::form")  # type: ignore[attr-defined]
        form.locator(f"input[name={name}][value='{value}']").check(force=True)
    elif kind.startswith("select"):
        control.select_option(value)  # type: ignore[attr-defined]
    else:
        control.fill(value)  # type: ignore[attr-defined]


def register(desks: Desks) -> None:
    page = desks.page("agent1", "/desk?draft=new")
    page.locator("[name=contact_phone]").fill("0499-8123456")
    page.locator("[name=contact_name]").fill("梁晓岚")
    page.locator("[name=enterprise_name]").fill("湾东恒泽精密机械有限公司")
    page.locator("[name=appeal_type][value=HELP]").check(force=True)
    page.locator("[name=title]").fill("设备贷款贴息申报三次未获受理")
    choose(page, "category_code", "040201", "贷款贴息兑付")
    choose(page, "region_code", "449902", "湾东区")
    page.locator("[name=body]").fill("一月购入三台数控机床，三次提交贴息申报均被系统退回，窗口说法不一，请协调。")
    page.locator("[name=wish]").fill("明确缺少的材料并受理")
    page.get_by_role("button", name=re.compile("提交转办")).click()
    page.wait_for_url(re.compile("/tickets/QY"))
    desks.number = page.url.rsplit("/", 1)[1].split("?")[0]
    expect(page.locator("main")).to_contain_text("查询码")


def choose(page: Page, name: str, value: str, label: str) -> None:
    """A row of the directory: by typing, where scripts have made a type-ahead of the list."""
    listed = page.locator(f"[name={name}]")
    if listed.is_visible():
        listed.select_option(value)
        return
    field = page.locator(f".field:has([name={name}])")
    field.locator("input[role=combobox], input[type=text]").first.press_sequentially(label)
    field.locator("[role=option]", has_text=label).first.click()


def answer(desks: Desks) -> None:
    desks.act("jrj.handler", "contact", result="REACHED", text="已与梁女士核对材料")
    desks.act(
        "jrj.handler",
        "reply",
        public_text="经核查，贵公司缺少设备验收单，补齐后三个工作日内受理。",
        internal_note="窗口口径不一，已内部通报。",
        legal_basis="贷款贴息办法第六条",
    )
    desks.act("jrj.leader", "sign_off")
    desks.act("review1", "approve")


def test_a_call_is_dispatched_objected_to_overruled_answered_reworked_and_closed(browser: Browser, live: Live) -> None:
    desks = Desks(browser, live)
    register(desks)
    page = desks.page("dispatch1", f"/dispatch?no={desks.number}")
    expect(page.locator("#send")).to_contain_text("派单目录")
    for supporting in page.locator("#send [name=support_unit_codes]").all():
        supporting.uncheck(force=True)  # this one needs no second opinion
    page.locator("#send button[data-primary]").click()
    assert "待签收" in desks.status("dispatch1")
    desks.act("jrj.handler", "object", reason="NOT_OUR_DUTY", legal_basis="三定方案", text="应由工信局办理")
    desks.act("dispatch1", "overrule", text="派单目录明确由贵局主办")
    desks.act("jrj.handler", "sign")
    answer(desks)
    desks.act(
        "callback1",
        "callback",
        result="REACHED",
        was_contacted="true",
        is_resolved="false",
        satisfaction="DISSATISFIED",
    )
    desks.act("callback1", "rework", text="请当面受理并说明")
    assert "办理中" in desks.status("jrj.handler")
    answer(desks)
    desks.act(
        "callback1", "callback", result="REACHED", was_contacted="true", is_resolved="true", satisfaction="SATISFIED"
    )
    page = desks.act("callback1", "close")
    assert "已办结" in desks.status("callback1")
    timeline = page.locator(".timeline")
    for label in ("退单", "驳回退单", "审签通过", "退回重办", "办结"):
        expect(timeline).to_contain_text(label)
    desks.close()
