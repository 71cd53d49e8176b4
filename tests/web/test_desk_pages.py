from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, text

from hotline.directory.models import SlaProfile
from hotline.ticket.models import Citation, Ticket
from tests.city import APPEAL, City
from tests.live import fill_knowledge
from tests.web.client import Desk

CALL: dict[str, Any] = {**APPEAL, "category_code": "040201", "wants_callback": "1"}
LONG_STORY = "来电人称公司于一月购置数控机床三台，𠮷先生负责申报😀。\n窗口要求补验收单。"


@pytest.fixture
def city(sqlite_city: City) -> City:
    """On SQLite only: what the pages ask of a database has its tests on both."""
    return sqlite_city


@pytest.fixture
def agent(app: Flask) -> Desk:
    """An agent with an empty form."""
    return opened(app, "agent1")


def opened(app: Flask, login: str, draft: str = "new") -> Desk:
    desk = Desk(app, login)
    desk.get(f"/desk?draft={draft}")
    desk.get(desk.get(f"/desk?draft={draft}").headers.get("Location", f"/desk?draft={draft}"))
    return desk


def sent(desk: Desk, path: str, **form: Any) -> Any:
    """Post the desk's form with its own key."""
    return desk.post(path, idempotency_key=desk.hidden("idempotency_key"), **form)


def tickets(city: City) -> list[Ticket]:
    with city.database.transaction(write=False) as session:
        return list(session.scalars(select(Ticket).order_by(Ticket.id)))


def test_only_the_desk_opens_the_intake_page(app: Flask) -> None:
    assert Desk(app).get("/desk").headers["Location"].startswith("/login")
    assert Desk(app, "jrj.handler").get("/desk").status_code == 403
    assert "诉求登记" in opened(app, "lead1").page


def test_a_submitted_form_becomes_a_ticket_and_number_and_code_are_told(agent: Desk, city: City) -> None:
    answer = sent(agent, "/desk/submit", **CALL)
    ticket = tickets(city)[0]
    assert answer.headers["Location"] == f"/tickets/{ticket.no}"
    assert (ticket.status, ticket.appeal_type, ticket.wants_callback) == ("AWAITING_DISPATCH", "HELP", True)
    page = agent.get(answer.headers["Location"]).text
    assert f'data-copy="{ticket.no}"' in page
    assert f'data-copy="{ticket.query_code}"' in page


def test_pressing_twice_makes_one_ticket(agent: Desk, city: City) -> None:
    key = agent.hidden("idempotency_key")
    first, second = (agent.post("/desk/submit", idempotency_key=key, **CALL) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert len(tickets(city)) == 1


def test_going_back_and_changing_the_form_asks_before_a_second_ticket(agent: Desk, city: City) -> None:
    key = agent.hidden("idempotency_key")
    agent.post("/desk/submit", idempotency_key=key, **CALL)
    answer = agent.post("/desk/submit", idempotency_key=key, **{**CALL, "title": "另一件事"})
    assert answer.status_code == 409
    assert "已经提交过" in answer.text
    assert 'value="另一件事"' in answer.text
    assert agent.hidden("idempotency_key") != key
    assert sent(agent, "/desk/submit", **{**CALL, "title": "另一件事"}).status_code == 302
    assert [ticket.title for ticket in tickets(city)] == [CALL["title"], "另一件事"]


WRONG: list[tuple[dict[str, str], str]] = [
    ({"title": ""}, "标题：请填写标题"),
    ({"uscc": "91440400MA5UXQ7K8K"}, "统一社会信用代码"),
    ({"contact_phone": "12"}, "联系电话应为 3 至 15 位数字"),
    ({"category_code": "0402"}, "不是末级事项"),
    ({"category_code": "nonsense"}, "没有代码为"),
    ({"title": "含有\x00控制字符"}, "不能保存的控制字符"),
    ({"previous_no": "QY000"}, "没有工单号为"),
    ({"source_code": "YUESHANGTONG"}, "须填来源平台编号"),
    ({"appeal_type": "PRAISE"}, "表扬"),
]


def test_what_is_wrong_is_said_and_everything_typed_comes_back(agent: Desk, city: City) -> None:
    for wrong, sentence in WRONG:
        answer = sent(agent, "/desk/submit", **{**CALL, "body": LONG_STORY, **wrong})
        assert answer.status_code in (409, 422), wrong
        assert sentence in answer.text
        assert LONG_STORY in answer.text
        assert 'role="alert" tabindex="-1" data-focus' in answer.text
    assert tickets(city) == []


def test_a_text_of_ten_megabytes_is_refused_in_words(agent: Desk, city: City) -> None:
    answer = sent(agent, "/desk/submit", **{**CALL, "body": "长" * 3_500_000})
    assert answer.status_code == 422
    assert "诉求内容须为" in answer.text


def test_when_the_system_cannot_register_the_text_stays_on_the_page_and_in_the_draft(agent: Desk, city: City) -> None:
    key = agent.hidden("idempotency_key")
    with city.database.transaction() as session:
        session.execute(delete(SlaProfile))
    answer = agent.post("/desk/submit", idempotency_key=key, **{**CALL, "body": LONG_STORY})
    assert answer.status_code == 503
    assert "尚未设置时限方案" in answer.text
    assert LONG_STORY in answer.text
    assert LONG_STORY in agent.get(f"/desk?draft={key}").text


def test_the_other_ways_have_their_own_fields(agent: Desk, city: City) -> None:
    answer = sent(agent, "/desk/refuse", **CALL)
    assert answer.status_code == 422
    assert 'href="#f-refusal_reason"' in answer.text
    told = {"refusal_reason": "LEGAL_ROUTE", "legal_route": "可向仲裁委员会申请仲裁"}
    assert sent(agent, "/desk/refuse", **CALL, **told).status_code == 302
    assert sent(opened_again(agent), "/desk/transfer_emergency", **CALL, transferred_to="119").status_code == 302
    praise = {**CALL, "appeal_type": "PRAISE", "unit_code": "JRJ"}
    assert sent(opened_again(agent), "/desk/forward_praise", **praise).status_code == 302
    assert [ticket.status.value for ticket in tickets(city)] == ["REFUSED", "TRANSFERRED", "CLOSED"]


def opened_again(desk: Desk) -> Desk:
    desk.get(desk.get("/desk?draft=new").headers["Location"])
    return desk


def test_without_scripts_an_answer_is_searched_inserted_and_kept_with_its_version(agent: Desk, city: City) -> None:
    fill_knowledge(city)
    found = sent(agent, "/desk/refresh", **CALL, kb_q="设备购置贷款贴息 申报材料")
    assert "<mark>" in found.text
    assert CALL["body"] in found.text
    citation = found.text.split('name="insert" value="')[1].split('"')[0]
    inserted = sent(agent, "/desk/insert", **CALL, insert=citation)
    assert f'name="citations" value="{citation}" checked' in inserted.text
    answer = inserted.text.split('name="public_text"')[1].split(">", 1)[1].split("</textarea>")[0].strip()
    assert "（依据：《" in answer
    assert sent(agent, "/desk/answer", **CALL, public_text=answer, citations=citation).status_code == 302
    with city.database.transaction(write=False) as session:
        kept = session.scalars(select(Citation)).one()
        assert f"{kept.entry_id}:{kept.entry_version}" == citation
        assert kept.doc_number in answer


def test_a_question_without_an_answer_says_what_to_do_next(agent: Desk) -> None:
    assert "不要口头作答" in sent(agent, "/desk/part/search", kb_q="完全无关的问题").text


def test_a_known_number_brings_the_enterprise_its_tickets_and_a_warning(agent: Desk, city: City) -> None:
    city.at("2026-11-20 09:00")
    number = city.register(title="厂区断电")
    page = sent(agent, "/desk/refresh", contact_phone="+86 0499 8123456").text
    assert 'value="湾东恒泽精密机械有限公司"' in page
    assert number in page
    assert "厂区断电" in page
    assert "梁晓岚" not in page


def test_an_unknown_number_says_so_calmly(agent: Desk) -> None:
    assert "新来电人可直接登记" in sent(agent, "/desk/part/caller", contact_phone="0499-7654321").text


def test_unit_reason_and_deadline_are_shown_before_anything_is_saved(agent: Desk) -> None:
    chosen = {"category_code": "040201", "region_code": "449902", "appeal_type": "HELP"}
    shown = agent.post("/desk/part/proposal", **chosen).text
    assert "临海湾市金融工作局" in shown
    assert "派单目录 4.2.1 · 全市" in shown
    assert "4 个工作日" in shown
    assert "<b>2 个工作日</b>" in agent.post("/desk/part/proposal", **{**chosen, "appeal_type": "CONSULTATION"}).text
    assert "表扬不计时限" in agent.post("/desk/part/proposal", **{**chosen, "appeal_type": "PRAISE"}).text


def test_a_draft_survives_the_log_out_and_is_sealed(app: Flask, agent: Desk, city: City) -> None:
    key = agent.hidden("idempotency_key")
    saved = agent.post(f"/desk/drafts/{key}", title="断电一整天", contact_phone="0499-8123456", body=LONG_STORY)
    assert len(saved.json["saved_at"]) == 8
    with city.database.transaction(write=False) as session:
        stored = session.execute(text("SELECT CAST(sealed AS TEXT) FROM draft")).scalar_one()
    assert "8123456" not in stored
    agent.post("/logout")
    again = Desk(app, "agent1")
    assert again.get("/desk").headers["Location"] == f"/desk?draft={key}"
    page = again.get(f"/desk?draft={key}").text
    assert LONG_STORY in page
    assert 'value="断电一整天"' in page
    assert LONG_STORY not in opened(app, "agent2", key).page


def test_a_second_call_gets_a_tab_of_its_own_and_a_ticket_ends_only_its_own_draft(agent: Desk) -> None:
    first = agent.hidden("idempotency_key")
    agent.post(f"/desk/drafts/{first}", title="第一个来电")
    opened_again(agent)
    second = agent.hidden("idempotency_key")
    assert second != first
    agent.post(f"/desk/drafts/{second}", title="第二个来电")
    page = agent.get(f"/desk?draft={second}").text
    assert page.index("第一个来电") < page.index("第二个来电")
    assert sent(agent, "/desk/submit", **CALL).status_code == 302
    assert agent.get("/desk").headers["Location"] == f"/desk?draft={first}"
    agent.get(f"/desk?draft={first}")
    agent.post(f"/desk/drafts/{first}/discard")
    assert agent.get("/desk").headers["Location"] not in (f"/desk?draft={first}", f"/desk?draft={second}")


def test_a_draft_that_cannot_be_kept_is_refused_as_json(agent: Desk) -> None:
    key = agent.hidden("idempotency_key")
    assert agent.post("/desk/drafts/short", title="x").status_code == 422
    assert agent.post(f"/desk/drafts/{key}", body="长" * 200_001).json["code"] == "draft_too_long"
