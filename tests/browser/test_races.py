"""Two windows at once, a session that ends in mid-sentence, input nobody expects: one winner, words, no lost text."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from hotline.clock import utcnow
from hotline.demo.directory import PASSWORD
from hotline.ticket.ledger import entries
from tests.live import Live
from tests.web.enterprise import REPLY, handling

MINE = "写了很久的一段说明，不能丢。"
EXE = b"MZ\x90\x00" + bytes(200)
HUGE = 350_000
"""Characters: a megabyte, far more than may be registered or kept as a draft; ten are posted in tests/web."""
WINDOW = {"viewport": {"width": 1366, "height": 768}, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
Opened = Callable[[str, str], Page]


@pytest.fixture
def opened(browser: Browser, live: Live) -> Iterator[Opened]:
    """A window of his own for each login, at a path."""
    live.city.now = utcnow()
    contexts = []

    def open_window(login: str, path: str) -> Page:
        contexts.append(browser.new_context(**WINDOW))
        page = contexts[-1].new_page()
        live.log_in(page, login, path)
        return page

    yield open_window
    for context in contexts:
        context.close()


def press_at_once(pages: list[Page], selector: str) -> list[int]:
    """Press the button in every window without waiting for any; answers the posts' statuses, lowest first."""
    posts: list[Response] = []
    for page in pages:
        page.on("response", lambda answer: posts.append(answer) if answer.request.method == "POST" else None)
    for page in pages:
        page.evaluate("selector => setTimeout(() => document.querySelector(selector).click(), 0)", selector)
    for page in pages:
        page.wait_for_selector("main .notice, main .error-summary")
    return sorted(answer.status for answer in posts)


def with_words(pages: list[Page], words: str) -> Page:
    [found] = [page for page in pages if words in page.locator("main").inner_text()]
    return found


def acts(live: Live, number: str, action: str) -> int:
    with live.city.ticket(number) as (session, ticket):
        return sum(entry.action == action for entry in entries(session, ticket))


def test_two_dispatchers_press_at_once_and_the_second_keeps_his_words(live: Live, opened: Opened) -> None:
    number = live.city.register()
    windows = [opened(login, f"/dispatch?no={number}") for login in ("dispatch1", "dispatch2")]
    for window in windows:
        window.locator("#send [name=text]").fill(MINE)
    assert press_at_once(windows, "#send [data-primary]") == [302, 409]
    assert acts(live, number, "dispatch") == 1
    late = with_words(windows, f"{number}：")
    assert MINE in late.locator("main").inner_text()


def test_two_reviewers_approve_at_once_and_the_second_is_told_who_was_faster(live: Live, opened: Opened) -> None:
    number = handling(live.city)
    live.city.do("jrj.handler", "reply", number, **REPLY)
    live.city.do("jrj.leader", "sign_off", number)
    windows = [opened(login, f"/tickets/{number}") for login in ("review1", "review2")]
    for window in windows:
        window.locator("#action-approve > summary").click()
        window.locator("#action-approve [name=text]").fill(MINE)
    assert press_at_once(windows, "#action-approve [data-primary]") == [303, 409]
    assert acts(live, number, "approve") == 1
    late = with_words(windows, "没有完成")
    expect(late.locator(".error-summary")).to_contain_text("最近一次：审核通过")
    assert MINE in late.locator(".error-summary").inner_text()


def end_session(page: Page) -> None:
    """As after an idle hour: the browser's cookie no longer counts."""
    page.context.clear_cookies()


def log_in_again(page: Page, login: str) -> None:
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="登录").click()  # waits for painted frames, as a key press does not
    page.wait_for_url(lambda url: "/login" not in url)


def test_a_session_that_ended_while_typing_is_renewed_in_another_window(live: Live, opened: Opened) -> None:
    page = opened("agent1", "/desk")
    page.locator("[name=title]").fill("设备贷款贴息")
    expect(page.locator("[data-autosave-for=desk]")).to_contain_text("草稿已自动保存", timeout=10_000)
    end_session(page)
    page.locator("[name=body]").fill(MINE)
    expect(page.locator("#session-bar")).to_be_visible(timeout=10_000)
    with page.context.expect_page() as other:
        page.get_by_role("link", name="在新窗口重新登录").click()
    log_in_again(other.value, "agent1")
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")  # back at this window
    expect(page.locator("#session-bar")).to_be_hidden()
    expect(page.locator("[data-autosave-for=desk]")).to_contain_text("草稿已自动保存", timeout=10_000)
    page.reload()
    expect(page.locator("[name=body]")).to_have_value(MINE)


def test_what_was_sent_after_the_session_had_ended_is_shown_and_the_log_in_leads_back(
    live: Live, opened: Opened
) -> None:
    number = handling(live.city)
    page = opened("jrj.handler", f"/tickets/{number}")
    page.locator("#action-contact > summary").click()
    page.locator("#action-contact [name=result][value=REACHED]").check()
    page.locator("#action-contact [name=text]").fill(MINE)
    end_session(page)
    page.locator("#action-contact [data-primary]").click()
    expect(page.locator("main")).to_contain_text(MINE)
    page.get_by_role("link", name="重新登录").click()
    log_in_again(page, "jrj.handler")
    expect(page).to_have_url(f"{live.url}/tickets/{number}")
    assert acts(live, number, "contact") == 0


def test_a_program_that_calls_itself_pdf_is_refused_in_words(live: Live, opened: Opened) -> None:
    number = handling(live.city)
    page = opened("jrj.handler", f"/tickets/{number}")
    page.locator("summary", has_text="上传附件").click()
    page.locator("[name=file]").set_input_files({"name": "合同.pdf", "mimeType": "application/pdf", "buffer": EXE})
    page.get_by_role("button", name="上传", exact=True).click()
    expect(page.locator(".error-summary")).to_contain_text("文件内容不是 PDF，可能改过扩展名或已损坏")
    assert acts(live, number, "attach") == 0


def test_far_too_much_pasted_into_the_story_gets_a_sentence_and_stays(opened: Opened) -> None:
    page = opened("agent1", "/desk")
    page.locator("[name=title]").fill("整份文件贴进来")
    page.locator("[name=body]").evaluate("(body, text) => { body.value = text; }", "长" * HUGE)
    page.locator("[formaction^='/desk/submit']").evaluate("button => button.click()")
    expect(page.locator(".error-summary")).to_contain_text("诉求内容", timeout=30_000)
    expect(page.locator("[name=title]")).to_have_value("整份文件贴进来")
    assert page.locator("[name=body]").evaluate("body => body.value.length") == HUGE
