import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from hotline.clock import utcnow
from hotline.database import Database
from hotline.portal import access
from hotline.ticket.ledger import entries
from hotline.ticket.models import Rating
from tests.city import City
from tests.web.client import Desk, app_on
from tests.web.enterprise import GOOD_CALL, REPLY, city_now, closed, code_of, handling, send, tried, visitor, words_of

WRONG = "工单号或查询码不正确"


@pytest.fixture
def city(sqlite_database: Database) -> City:
    return city_now(sqlite_database)


def test_a_wrong_number_and_a_wrong_code_are_told_in_the_same_words(city: City, app: Flask) -> None:
    number, desk = city.register(), Desk(app)
    told = []
    for typed, code in ((number, "AAAAAAAA"), ("QY2026010100001X", "AAAAAAAA"), ("QY202601010000018", "AAAAAAAA")):
        assert tried(desk, typed, code) == 422
        told.append(re.search(r'role="alert">.*?</div>', desk.page, re.S)[0])  # type: ignore[index]
    assert len(set(told)) == 1 and WRONG in told[0]
    assert desk.get("/track/ticket").status_code == 401


def test_number_and_code_may_be_pasted_with_blanks_and_in_small_letters(city: City, app: Flask) -> None:
    number, desk = city.register(), Desk(app)
    code = code_of(city, number)
    assert tried(desk, f" {number.lower()[:6]} {number[6:]}\n", f"{code[:4]}-{code[4:].lower()} ") == 303
    assert number in words_of(desk)
    assert tried(Desk(app), number.removeprefix("QY"), code) == 303


def test_the_code_of_one_ticket_never_opens_another(city: City, app: Flask) -> None:
    mine, other = city.register(), city.register(title="另一家企业的诉求标题")
    desk = Desk(app)
    assert tried(desk, other, code_of(city, mine)) == 422
    assert tried(desk, mine, code_of(city, mine)) == 303
    assert "另一家企业" not in words_of(desk) and other not in desk.page
    assert tried(desk, other, code_of(city, mine)) == 422, "also with a ticket open"
    assert "另一家企业" not in words_of(desk)


def test_an_address_that_guesses_must_wait_even_with_the_right_code(city: City, app: Flask) -> None:
    number, desk = city.register(), Desk(app)
    for _ in range(access.MAX_PER_ADDRESS):
        assert tried(desk, number, "WRONG222") == 422
    assert tried(desk, number, code_of(city, number)) == 429
    assert "15 分钟后再试" in desk.page and number in desk.page
    elsewhere = Desk(app)
    elsewhere.http.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    assert tried(elsewhere, number, code_of(city, number)) == 303


def test_many_addresses_that_guess_at_one_ticket_must_wait(database: Database) -> None:
    city = city_now(database)
    number, now = city.register(), city.now
    with city.database.transaction() as session:
        for n in range(access.MAX_PER_TICKET):
            assert access.prove(session, number, "WRONG222", f"198.51.100.{n}", now) is None
            session.flush()
        with pytest.raises(access.TooMany):
            access.prove(session, number, code_of(city, number), "203.0.113.9", now)
        later = now + access.WINDOW
        assert access.prove(session, number, code_of(city, number), "203.0.113.9", later) is not None


def test_an_ipv6_subscriber_counts_as_one_address() -> None:
    assert access.network("2001:db8:1:2:3::4") == access.network("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert access.network("192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize("path", ["", "/receipt", "/files/1", "/actions/rate"])
def test_without_proof_every_page_of_the_ticket_asks_for_it(app: Flask, path: str) -> None:
    desk = Desk(app)
    assert desk.get(f"/track/ticket{path}").status_code == 401
    assert 'name="code"' in desk.page
    assert ('name="to" value="rate"' in desk.page) == (path == "/actions/rate")


def test_leaving_ends_the_session(city: City, app: Flask) -> None:
    desk = visitor(app, city, city.register())
    assert desk.get("/track/ticket").status_code == 200
    assert desk.post("/track/exit").status_code == 303
    assert desk.get("/track/ticket").status_code == 401


def test_the_browser_keeps_only_the_ticket_and_the_time_and_not_for_long() -> None:
    kept: dict[str, object] = {}
    now, idle = utcnow(), timedelta(minutes=60)
    access.remember(kept, 7, now)
    assert kept == {"tracking": [7, int(now.timestamp())]}
    actor = access.tracker(kept, now + idle - timedelta(seconds=1), idle)
    assert actor is not None and actor.ticket_id == 7
    assert access.tracker(kept, now + 2 * idle, idle) is None and kept == {}


def test_each_step_is_told_in_plain_words(city: City, app: Flask) -> None:
    number = city.register()
    desk = visitor(app, city, number)
    unit = "临海湾市金融工作局"
    assert "正在确定由哪个单位办理" in words_of(desk) and "还在热线" in words_of(desk)
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    with city.ticket(number) as (_, ticket):
        unit = ticket.lead_unit.name if ticket.lead_unit else ""
    assert f"已转给{unit}，等待签收" in words_of(desk) and "前答复" in words_of(desk)
    city.do("jrj.handler", "sign", number)
    assert f"{unit}正在办理" in words_of(desk)
    city.do("jrj.handler", "reply", number, **REPLY)
    city.do("jrj.leader", "sign_off", number)
    assert "热线正在审核" in words_of(desk)
    assert REPLY["public_text"] not in desk.page, "not before it passed the review"
    city.do("review1", "approve", number)
    assert REPLY["public_text"] in words_of(desk) and "听取您的意见" in desk.page
    city.do("callback1", "callback", number, **GOOD_CALL)
    city.do("callback1", "close", number)
    assert "评价 等您处理" in words_of(desk) and "您的诉求已办结" in desk.page and "申请一次复核" in desk.page
    assert send(desk, "rate", satisfaction="SATISFIED") == 303
    assert "等您处理" not in words_of(desk) and desk.page.count('class="step is-done"') == 5


def test_a_direct_answer_needs_no_unit(city: City, app: Flask) -> None:
    number = city.register("agent1", "answer", public_text="材料清单见办事指南。")
    said = words_of(visitor(app, city, number))
    assert "材料清单见办事指南。" in said and said.count("无需进行") == 2


def test_a_refusal_says_why_and_where_to_go(city: City, app: Flask) -> None:
    number = city.register("agent1", "refuse", refusal_reason="LEGAL_ROUTE", legal_route="可向劳动仲裁委申请仲裁")
    said = words_of(visitor(app, city, number))
    assert "应当通过诉讼、仲裁" in said and "可向劳动仲裁委申请仲裁" in said and "到此结束" in said


def test_extension_and_pause_give_their_reason_and_the_right_to_object(city: City, app: Flask) -> None:
    number = handling(city)
    asked = {"legal_basis": "内部依据", "text": "需现场检测设备"}
    city.do("jrj.handler", "request_extension", number, reason="APPRAISAL", working_days=1, **asked)
    desk = visitor(app, city, number)
    assert "延长" not in words_of(desk), "not before it is granted"
    city.do("super1", "grant_extension", number, text="同意")
    assert "延长 1 个工作日，原因：需检测鉴定" in words_of(desk) and "需现场检测设备" in desk.page
    city.do("jrj.handler", "request_pause", number, reason="WAITING_MATERIAL", **asked)
    city.do("super1", "grant_pause", number, text="同意")
    said = words_of(desk)
    assert "等待诉求人补充材料" in said and "恢复办理后时限顺延" in said and "如有异议" in said
    assert "内部依据" not in said


def test_what_is_asked_for_is_supplemented_and_the_ticket_goes_on(city: City, app: Flask) -> None:
    number = city.register()
    city.do("dispatch1", "return_for_supplement", number, text="请说明购置合同编号")
    desk = visitor(app, city, number)
    assert "请说明购置合同编号" in words_of(desk)
    assert send(desk, "supplement", text=" ") == 422 and "请填写补充内容" in desk.page
    assert send(desk, "supplement", text="合同编号为甲字 12 号") == 303
    assert city.status(number) == "AWAITING_DISPATCH"
    with city.ticket(number) as (_, ticket):
        assert ticket.body.endswith("合同编号为甲字 12 号")
    assert "补充内容已提交" in words_of(desk)


def test_an_open_ticket_can_be_urged_and_withdrawn(city: City, app: Flask) -> None:
    number = handling(city)
    desk = visitor(app, city, number)
    assert send(desk, "urge", text="已等三天") == 303
    assert send(desk, "withdraw", text="问题已解决") == 303
    with city.ticket(number) as (session, ticket):
        assert (ticket.status, ticket.urged_count) == ("WITHDRAWN", 1)
        assert [row.actor_name for row in entries(session, ticket)][-2:] == ["企业", "企业"]


def test_a_rating_has_five_levels_and_a_bad_one_says_why(city: City, app: Flask) -> None:
    desk = visitor(app, city, closed(city))
    words_of(desk, "/track/ticket/actions/rate")
    levels = re.findall(r'type="radio".*?<span>(.*?)</span>', desk.page, re.S)
    assert levels == ["非常满意", "满意", "基本满意", "不满意", "非常不满意"]
    assert send(desk, "rate", satisfaction="DISSATISFIED") == 422 and "请告诉我们不满意的原因" in desk.page
    assert send(desk, "rate", satisfaction="GREAT", text="谢谢") == 422 and "谢谢" in desk.page
    assert send(desk, "rate") == 422
    assert send(desk, "rate", satisfaction="DISSATISFIED", text="窗口说法不一") == 303
    assert "窗口说法不一" in words_of(desk) and "/actions/rate" not in desk.page


def test_a_form_sent_twice_is_done_once(database: Database, tmp_path: Path) -> None:
    city = city_now(database)
    number = closed(city)
    desk = visitor(app_on(city, tmp_path), city, number)
    desk.get("/track/ticket/actions/rate")
    form = {"idempotency_key": desk.hidden("idempotency_key"), "satisfaction": "SATISFIED", "text": "很好"}
    assert [desk.post("/track/ticket/actions/rate", **form).status_code for _ in range(2)] == [303, 303]
    changed = desk.post("/track/ticket/actions/rate", **form | {"text": "改了主意"})
    assert changed.status_code == 409 and "改了主意" in changed.text and "幂等" not in changed.text
    again = desk.post("/track/ticket/actions/rate", **form | {"idempotency_key": "another"})
    assert again.status_code == 409 and "一件一评" in again.text
    with city.ticket(number) as (session, ticket):
        assert session.scalar(select(func.count()).select_from(Rating).filter_by(ticket_id=ticket.id)) == 1


def test_a_review_can_be_asked_for_once(city: City, app: Flask) -> None:
    number = closed(city)
    desk = visitor(app, city, number)
    assert send(desk, "request_review", text="答复与事实不符") == 303
    assert "复核申请正在审查" in words_of(desk) and "/actions/request_review" not in desk.page
    late = desk.post("/track/ticket/actions/request_review", text="再次申请")
    assert late.status_code == 409 and "只能申请一次复核" in late.text and "再次申请" in late.text


def test_a_stale_form_is_told_in_words_keeps_the_text_and_can_be_sent_again(city: City, app: Flask) -> None:
    number = handling(city)
    desk = visitor(app, city, number)
    desk.get("/track/ticket/actions/withdraw")
    seen = {"idempotency_key": desk.hidden("idempotency_key"), "version": desk.hidden("version")}
    city.do("jrj.leader", "assign_handler", number, handler_login="jrj.handler")
    stale = desk.post("/track/ticket/actions/withdraw", **seen, text="我们自己解决了")
    assert stale.status_code == 409 and "我们自己解决了" in stale.text and "请核对最新情况" in stale.text
    fresh = {"idempotency_key": desk.hidden("idempotency_key"), "version": desk.hidden("version")}
    assert desk.post("/track/ticket/actions/withdraw", **fresh, text="我们自己解决了").status_code == 303


def test_an_action_of_another_time_or_of_staff_is_refused_in_words(city: City, app: Flask) -> None:
    desk = visitor(app, city, handling(city))
    assert "现在不能评价" in words_of(desk, "/track/ticket/actions/rate")
    early = desk.post("/track/ticket/actions/rate", satisfaction="SATISFIED", text="先评一个")
    assert early.status_code == 409 and "先评一个" in early.text
    for action in ("close", "nothing"):
        assert desk.get(f"/track/ticket/actions/{action}").status_code == 404
        assert desk.post(f"/track/ticket/actions/{action}", text="x").status_code == 404


@pytest.mark.parametrize("text", ["\x00", "字" * 4001, "\U00020000👍" * 3000])
def test_odd_texts_are_refused_in_words_and_stay_on_the_page(city: City, app: Flask, text: str) -> None:
    desk = visitor(app, city, handling(city))
    assert send(desk, "urge", text=text) == 422
    assert text.strip("\x00") in desk.page and "需要修改" in desk.page


def test_a_page_that_outlived_its_session_loses_nothing_that_was_typed(city: City, app: Flask) -> None:
    number = city.register()
    desk = visitor(app, city, number)
    path, typed = "/track/ticket/actions/withdraw", {"csrf_token": "old", "text": "写了很久的理由"}
    expired = desk.http.post(path, data=typed)
    assert expired.status_code == 403 and "写了很久的理由" in expired.text and 'name="code"' in expired.text
    foreign = desk.http.post(path, data=typed, headers={"Origin": "https://elsewhere.example"})
    assert foreign.status_code == 403 and "写了很久的理由" not in foreign.text
    again = Desk(app).http.post("/track", data={"csrf_token": "old", "number": number, "code": code_of(city, number)})
    assert again.status_code == 403 and number in again.text, "a forged request opens nothing"


def test_large_type_is_a_link_and_is_remembered(city: City, app: Flask) -> None:
    desk = Desk(app)
    desk.get("/portal")
    assert 'data-size="large"' not in desk.page and "?size=large" in desk.page
    desk.get("/portal", size="large")
    desk.get("/track", to="rate")
    assert 'data-size="large"' in desk.page and "/track?to=rate&amp;size=normal" in desk.page
    desk.get("/track", size="normal")
    assert 'data-size="large"' not in desk.page
