"""The experts' pages without scripts: the desk's part, the list, the pool, the roster; each refusal in words."""

import pytest
from flask import Flask

from hotline.experts import appointments
from hotline.experts.models import Presence, RosterShift
from tests.city import City
from tests.experts import ANSWER, FIRST, SECOND, advice, answered, change, do, expert_of, invite, invited, status
from tests.web.client import Desk

DRAFT = "draft-0001"
APPEAL = {
    "idempotency_key": DRAFT,
    "appeal_type": "HELP",
    "title": "设备贷款贴息三次被退回",
    "category_code": "040201",
    "region_code": "449902",
    "body": "系统说缺材料，窗口说齐了",
}


@pytest.fixture
def city(sqlite_city: City) -> City:
    return sqlite_city


@pytest.fixture(autouse=True)
def _at_the_citys_time(city_time: None) -> None:
    """Rosters and three minutes are those of the city."""


@pytest.fixture
def desk(app: Flask) -> Desk:
    """An agent with a draft open."""
    found = Desk(app, "agent1")
    assert found.get("/desk", draft=DRAFT).status_code == 200
    return found


def waiting_answer(city: City, desk: Desk) -> int:
    """A call that the desk recorded: the answer waits for its review."""
    desk.post("/desk/expert/invite", **APPEAL, expert_question="还差什么材料？")
    advice_id = 1
    do(city, FIRST, "accept", advice_id)
    desk.post("/desk/expert/connect", **APPEAL, expert_consent="true")
    desk.post("/desk/expert/hang_up", **APPEAL)
    said = {"expert_answer": ANSWER["answer"], "expert_basis": ANSWER["legal_basis"]}
    assert "采用到答复" in desk.post("/desk/expert/record_answer", **APPEAL, **said).text
    return advice_id


def test_the_desk_says_who_would_be_invited_and_why(desk: Desk) -> None:
    page = desk.post("/desk/part/expert", **APPEAL).text
    assert page.index("柏清如") < page.index("阮书航")
    assert "值班，离线；熟悉“贴息与上市”" in page


def test_an_invitation_from_the_desk_shows_who_is_asked_and_keeps_all_that_was_typed(desk: Desk, city: City) -> None:
    page = desk.post("/desk/expert/invite", **APPEAL, expert_question="还差什么材料？").text
    assert "柏清如" in page and "等待接听" in page and "3:00" in page
    assert APPEAL["title"] in page and APPEAL["body"] in page
    with advice(city, 1) as found:
        assert (found.question, found.draft_key) == ("还差什么材料？", DRAFT)


def test_without_a_question_the_desk_is_told(desk: Desk) -> None:
    answer = desk.post("/desk/expert/invite", **APPEAL)
    assert answer.status_code == 422
    assert "请填写咨询问题" in answer.text or "填写内容有误" in answer.text


def test_consent_is_asked_for_before_anything_is_recorded(desk: Desk, city: City) -> None:
    desk.post("/desk/expert/invite", **APPEAL, expert_question="还差什么材料？")
    do(city, FIRST, "accept", 1)
    page = desk.post("/desk/part/expert", **APPEAL).text
    assert "是否同意与专家三方通话" in page and "记录答复" not in page
    refused = desk.post("/desk/expert/connect", **APPEAL)
    assert refused.status_code == 422
    page = desk.post("/desk/expert/connect", **APPEAL, expert_consent="false").text
    assert "来电人不同意三方通话" in page and "记录答复" in page


def test_the_answer_goes_into_the_reply_marked_as_the_units(desk: Desk, city: City) -> None:
    waiting_answer(city, desk)
    page = desk.post("/desk/expert-answer", **APPEAL).text
    with advice(city, 1) as found:
        assert found.answered_for is not None
        assert f"{ANSWER['answer']}（{found.answered_for.name}答复）" in page
    assert page.count(ANSWER["legal_basis"]) == 2  # in the expert's part and in the reply's basis


def test_scripts_get_the_part_alone_and_learn_when_it_changes(desk: Desk, app: Flask, city: City) -> None:
    fields = {"csrf_token": desk._token, **APPEAL, "expert_question": "还差什么材料？"}
    part = desk.http.post("/desk/expert/invite", data=fields, headers={"X-Part": "1"}).text
    assert "<html" not in part and 'data-seen="1:1"' in part
    assert desk.get("/desk/expert-state", draft=DRAFT).json == {"seen": "1:1"}
    do(city, FIRST, "decline", 1, text="开会")
    assert desk.get("/desk/expert-state", draft=DRAFT).json == {"seen": "1:2"}


def test_the_ticket_takes_the_consultation_over(desk: Desk, city: City) -> None:
    waiting_answer(city, desk)
    form = {**APPEAL, "contact_name": "梁晓岚", "contact_phone": "0499-8123456", "source_code": "PHONE"}
    done = desk.post("/desk/answer", **form, public_text="补齐验收单后受理", wants_callback="1")
    assert done.status_code == 302, done.text
    with advice(city, 1) as found:
        assert found.ticket is not None and found.ticket.title == APPEAL["title"]


def test_the_experts_page_counts_down_and_takes_the_call(app: Flask, city: City) -> None:
    advice_id = invite(city)
    page = Desk(app, FIRST)
    shown = page.get("/consultations").text
    assert "接受邀请" in shown and 'data-seconds="180"' in shown and "接单率" in shown and "—" in shown
    assert page.get("/consultations/state").json == {"seen": f"{advice_id}:1"}
    done = page.post(f"/consultations/{advice_id}/actions/accept")
    assert done.status_code == 303
    assert status(city, advice_id) == "IN_CALL"


def test_who_declines_goes_back_to_the_list_and_the_form_wants_a_reason(app: Flask, city: City) -> None:
    advice_id = invite(city)
    page = Desk(app, FIRST)
    page.get(f"/consultations/{advice_id}")
    refused = page.post(f"/consultations/{advice_id}/actions/decline")
    assert refused.status_code == 422 and "请填写" in refused.text
    done = page.post(f"/consultations/{advice_id}/actions/decline", text="正在会议中")
    assert done.headers["Location"] == "/consultations"
    assert page.get(f"/consultations/{advice_id}").status_code == 404


def test_a_forwarded_invitation_leaves_the_in_box_without_its_words(app: Flask, city: City) -> None:
    from hotline.jobs import deliver

    advice_id = invite(city)
    with app.app_context():
        deliver()
    page = Desk(app, FIRST)
    assert "三次被退回" in page.get("/inbox").text
    do(city, FIRST, "decline", advice_id, text="开会")
    shown = page.get("/inbox").text
    assert "三次被退回" not in shown and "邀请已转给其他专家" in shown


def test_presence_is_switched_by_the_expert(app: Flask, city: City) -> None:
    page = Desk(app, FIRST)
    page.get("/consultations")
    page.post("/consultations/presence", presence="ONLINE")
    with city.database.transaction(write=False) as session:
        assert expert_of(session, FIRST).presence is Presence.ONLINE
    assert page.post("/consultations/presence", presence="ASLEEP").status_code == 422


def test_a_passed_answer_becomes_a_knowledge_draft_without_the_callers_numbers(app: Flask, city: City) -> None:
    advice_id = answered(city, question="我们电话 13800001234，差什么材料？")
    do(city, "jrj.leader", "approve_advice", advice_id)
    page = Desk(app, FIRST)
    assert "沉淀为知识" in page.get(f"/consultations/{advice_id}").text
    done = page.post(f"/consultations/{advice_id}/knowledge")
    assert done.status_code == 303
    draft = page.get(done.headers["Location"]).text
    assert ANSWER["answer"] in draft and "13800001234" not in draft
    assert "已转为知识草稿" in page.get(f"/consultations/{advice_id}").text


def test_the_leader_keeps_the_units_pool_and_no_other(app: Flask, city: City) -> None:
    page = Desk(app, "jrj.leader")
    listed = page.get("/experts").text
    assert "柏清如" in listed and "顾明澈" not in listed
    with city.database.transaction(write=False) as session:
        own, other = expert_of(session, FIRST).id, expert_of(session, "expert.tax").id
    assert page.get(f"/experts/{other}").status_code == 404
    page.get(f"/experts/{own}/edit")
    form = {"languages": ["zh", "yue"], "valid_from": "2026-01-01", "valid_to": "2026-12-31", "max_parallel": "2"}
    done = page.post(f"/experts/{own}/edit", **form, skills="0402 3\n0401 2 449902", confirmed="1")
    assert done.status_code == 303, done.text
    assert "贴息与上市（精通）" in page.get(f"/experts/{own}").text
    shown = page.post(f"/experts/{own}/edit", **form, skills="0402 3").text
    assert "尚未生效" in shown and "不受影响" in shown
    refused = page.post(f"/experts/{own}/edit", **form, skills="0402")
    assert refused.status_code == 422 and "分类代码 程度" in refused.text


def test_the_work_phone_is_masked_and_looking_is_kept(app: Flask, city: City) -> None:
    page = Desk(app, "agent1")
    with city.database.transaction(write=False) as session:
        expert = expert_of(session, FIRST)
        number, path = expert.work_phone, f"/experts/{expert.id}"
    assert number and number not in page.get(path).text
    assert page.post(f"{path}/phone", reason="").status_code == 422
    assert number in page.post(f"{path}/phone", reason="三方通话需回拨").text
    assert Desk(app, SECOND).get(path).status_code == 200
    assert Desk(app, "swj.leader").get(path).status_code == 404


def test_the_roster_is_laid_out_around_holidays_and_swapped_when_somebody_is_absent(app: Flask, city: City) -> None:
    page = Desk(app, "jrj.leader")
    shown = page.get("/experts/roster").text
    assert "柏清如" in shown and "周末" in shown and "顾明澈" not in shown
    with city.database.transaction(write=False) as session:
        expert, other = expert_of(session, FIRST).id, expert_of(session, SECOND).id
    page.get("/experts/roster/new")
    form = {"expert_id": expert, "substitute_id": other, "starts": "18:00", "ends": "20:00"}
    days = {"day": "2026-04-27", "until": "2026-05-11"}
    shown = page.post("/experts/roster/new", **form, **days).text
    assert "尚未生效" in shown and "2026-05-11 18:00–20:00" in shown and "2026-05-04" not in shown
    done = page.post("/experts/roster/new", **form, **days, confirmed="1")
    assert "2026-04-27" in done.headers["Location"], done.text  # Mondays; the fourth of May is a holiday
    with city.database.transaction(write=False) as session:
        days = [str(one.day) for one in session.query(RosterShift).filter_by(expert_id=expert) if one.starts.hour == 18]
    assert days == ["2026-04-27", "2026-05-11"]
    refused = page.post("/experts/roster/new", **form, day="2026-05-04")
    assert refused.status_code == 422 and "休息日" in refused.text
    again = page.post("/experts/roster/new", **form, day="2026-04-27")
    assert again.status_code == 409


def test_an_absent_expert_is_replaced_by_the_substitute(app: Flask, city: City) -> None:
    with city.database.transaction(write=False) as session:
        expert = expert_of(session, FIRST).id
        [shift] = [
            s for s in session.query(RosterShift).filter_by(expert_id=expert, day=city.now.date()) if s.starts.hour == 8
        ]
    page = Desk(app, FIRST)
    page.get(f"/experts/roster/{shift.id}/swap")
    shown = page.post(f"/experts/roster/{shift.id}/swap", is_absent="1", text="外出培训").text
    assert "尚未生效" in shown and "（替班）" in shown
    done = page.post(f"/experts/roster/{shift.id}/swap", is_absent="1", text="外出培训", confirmed="1")
    assert done.status_code == 303, done.text
    assert invited(city, invite(city))[0][0] == SECOND
    stranger = Desk(app, "expert.tax")
    stranger.get("/consultations")
    assert stranger.post(f"/experts/roster/{shift.id}/swap", is_absent="1").status_code == 403


def test_a_ticket_offers_no_expert_who_must_keep_out_of_it(app: Flask, city: City) -> None:
    number = city.register(appeal_type="COMPLAINT", respondent_unit_code="JRJ")
    page = Desk(app, "agent1").get(f"/tickets/{number}").text
    assert "应当回避" in page and FIRST not in page


def test_whoever_left_the_pool_is_offered_no_longer(app: Flask, city: City) -> None:
    change(city, FIRST, valid_to=city.now.date().replace(day=1))
    page = Desk(app, "agent1").get(f"/tickets/{city.register()}").text
    assert SECOND in page and f'value="{FIRST}"' not in page


def test_the_form_that_asks_an_expert_has_the_rankings_order_and_says_who_cannot_be_asked(
    app: Flask, city: City
) -> None:
    change(city, SECOND, max_parallel=1)
    number = city.register()
    city.do("dispatch1", "ask_expert", city.register(), expert_login=SECOND, question="另一件")
    page = Desk(app, "agent1").get(f"/tickets/{number}").text
    fitting, _, shut = page.partition('<optgroup label="暂不能请教" disabled>')
    assert f'value="{FIRST}"' in fitting and "暂无答复记录" in fitting
    assert f'value="{SECOND}"' not in page and "在办已满（1/1）" in shut


def test_closing_a_drafts_tab_takes_its_invitation_back(desk: Desk, city: City) -> None:
    advice_id = invite(city)
    desk.post(f"/desk/drafts/{DRAFT}/discard")
    assert status(city, advice_id) == "CANCELLED"


def test_an_open_ticket_calls_an_expert_with_the_desks_panel_and_books_a_slot(app: Flask, city: City) -> None:
    number, page = city.register(), Desk(app, "agent1")
    assert f"/tickets/{number}/expert" in page.get(f"/tickets/{number}").text
    shown = page.get(f"/tickets/{number}/expert").text
    assert "邀请专家加入通话" in shown and "提交预约" in shown
    empty = page.post(f"/tickets/{number}/expert/invite", expert_question="")
    assert empty.status_code == 422
    asked = page.post(f"/tickets/{number}/expert/invite", expert_question="还差什么材料？").text
    assert "等待接听" in asked and f'data-state="/tickets/{number}/expert-state"' in asked
    assert page.get(f"/tickets/{number}/expert-state").json["seen"] == "1:1"
    do(city, FIRST, "accept", 1)
    assert "是否同意与专家三方通话" in page.get(f"/tickets/{number}/expert").text
    with city.ticket(number) as (session, ticket):
        slot = appointments.offered(session, ticket, city.now)[0].key
    wrong = page.post(f"/tickets/{number}/appointment", slot=slot, mode="VIDEO", question="")
    assert wrong.status_code == 422 and slot in wrong.text
    done = page.post(f"/tickets/{number}/appointment", slot=slot, mode="VIDEO", question="能否补报？")
    assert done.status_code == 303 and "/consultations/2" in done.headers["Location"]
    assert Desk(app, "gxj.handler").get(f"/tickets/{number}/expert").status_code in (403, 404)
