"""Every kind of page that each role can reach: strict about hosts, scripts, language, width and accessibility."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from hotline.clock import utcnow
from hotline.demo.people import showcase
from hotline.experts.models import Presence
from hotline.jobs import deliver
from hotline.knowledge.notices import raise_notice
from tests import experts as calls
from tests.browser.walk import Walker
from tests.city import City
from tests.live import Live, running
from tests.web.enterprise import REPLY, closed, code_of

pytestmark = pytest.mark.xdist_group("walk")  # one worker, or axe would look at everything twice
WITHOUT_TICKETS = {"KB_EDITOR", "GRASSROOTS", "ADMIN"}
OBJECTION = {"reason": "NOT_OUR_DUTY", "legal_basis": "三定方案", "text": "应由工信局办理"}


@pytest.fixture(scope="module")
def town(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A running house with a ticket in most of the states, and the notices about them delivered."""
    with running(filled_folder, tmp_path_factory.mktemp("walk")) as live:
        live.city.now = utcnow()
        fill(live.city)
        with live.app.app_context():
            deliver()
        yield live


@pytest.fixture(scope="module")
def examined() -> set[str]:
    """Kinds of page that axe has seen: once is enough, whoever opened it."""
    return set()


def fill(city: City) -> None:
    with city.database.transaction() as session:
        notice = {"title": "台风停工", "text": "统一口径", "ends_at": city.now + timedelta(hours=8)}
        raise_notice(session, notice, city.actor("super1"), city.now)
    city.register()
    returned = city.register(title="材料不全的")
    city.do("dispatch1", "return_for_supplement", returned, text="请说明购置合同编号")
    for unit in ("JRJ", "GXJ"):
        handled(city, unit)
    answered_calls(city)
    objected = dispatched(city, "JRJ")
    city.do("jrj.handler", "object", objected, **OBJECTION)
    closed(city)


def answered_calls(city: City) -> None:
    """A call that waits for its expert, one for its review, and one that has passed."""
    for key in ("draft-0001", "draft-0002"):
        calls.online(city, calls.SECOND, calls.FIRST)
        advice_id = calls.invite(city, draft_key=key)
        calls.do(city, calls.SECOND, "accept", advice_id)
        calls.do(city, "agent1", "connect", advice_id, is_consented=True)
        calls.do(city, "agent1", "hang_up", advice_id)
        calls.do(city, "agent1", "record_answer", advice_id, **calls.ANSWER)
    calls.do(city, "jrj.leader", "approve_advice", advice_id)
    calls.change(city, showcase()["EXPERT"].login, presence=Presence.ONLINE)
    calls.invite(city, draft_key="draft-0003", category_code="020101")


def dispatched(city: City, unit: str) -> str:
    number = city.register(title=f"派往{unit}的")
    city.do("dispatch1", "dispatch", number, unit_code=unit)
    return number


def handled(city: City, unit: str) -> None:
    """One to sign, one with an expert asked, one to review, one to call back."""
    handler, leader = f"{unit.lower()}.handler", f"{unit.lower()}.leader"
    _, asked, answered, approved = (dispatched(city, unit) for _ in range(4))
    for number in (asked, answered, approved):
        city.do(handler, "sign", number)
    city.do(handler, "ask_expert", asked, expert_login=showcase()["EXPERT"].login, question="能否叠加享受？")
    for number in (answered, approved):
        city.do(handler, "reply", number, **REPLY)
        city.do(leader, "sign_off", number)
    city.do("review1", "approve", approved)


@pytest.mark.parametrize("role", showcase())
def test_every_page_a_role_can_reach_keeps_the_rules(town: Live, page: Page, examined: set[str], role: str) -> None:
    walker = Walker(town, page, examined)
    town.log_in(page, showcase()[role].login)
    walker.walk(
        "/",
        "/account",
        "/knowledge?q=贷款贴息",
        "/knowledge/1/compare",
        *([] if role in WITHOUT_TICKETS else ["/queue?view=open"]),
    )
    walker.visit("/tickets/QY000", "missing", status=404)
    wanted = {"home.home", "inbox.index"}
    wanted |= set() if role in WITHOUT_TICKETS else {"queue.index", "ticket.show", "ticket.paper"}
    assert "\n".join(walker.faults) == ""
    assert wanted - walker.seen.keys() == set()


def test_every_public_page_keeps_the_rules(town: Live, page: Page, examined: set[str]) -> None:
    walker = Walker(town, page, examined)
    number = closed(town.city)
    walker.walk("/login", "/portal", "/track", "/portal/knowledge", "/portal/knowledge?q=贷款贴息")
    walker.walk("/portal/knowledge/1")
    page.goto(f"{town.url}/track")
    page.get_by_label("工单号").fill(number)
    page.get_by_label("查询码").fill(code_of(town.city, number))
    page.get_by_role("button", name="查询").click()
    page.wait_for_url("**/track/ticket")
    walker.walk("/track/ticket")
    walker.walk("/track/ticket/appointment")
    walker.visit("/track/ticket/actions/x", "missing", status=404)
    assert "\n".join(walker.faults) == ""
    assert {"auth.login_form", "portal.start", "portal.track", "portal.receipt", "portal.form rate"} - examined == set()
