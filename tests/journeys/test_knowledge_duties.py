"""What people owe the knowledge base: corrections, gaps, submissions, urgent notices, and the figures about them."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from hotline.accounts.models import Account
from hotline.deadlines.models import Clock
from hotline.directory.models import CalendarDay, DayKind
from hotline.directory.time import forget_calendar
from hotline.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from hotline.knowledge import corrections, gaps, notices, searches
from hotline.knowledge.models import KbEntry
from hotline.knowledge.queries import Found
from hotline.knowledge.records import CorrectionKind, CorrectionReport, KbHistory, KnowledgeGap, Submission, Verdict
from hotline.knowledge.replies import draft_from_reply
from hotline.knowledge.statistics import per_unit
from hotline.supervision.recompute import recompute
from hotline.ticket.models import Citation, Reply, Ticket
from tests.calendars import local
from tests.city import City
from tests.factories import PAYLOADS, make
from tests.kb import AUTHOR, EDITOR, LEADER, act, delivered, entry_of, made, running, statuses, tick

WRONG = {"kind": CorrectionKind.WRONG, "text": "标准已调整为每平方米十五元"}


def reported(city: City, code: str, login: str = "agent1") -> int:
    with city.database.transaction() as session:
        entry = session.scalars(select(KbEntry).filter_by(code=code)).one()
        return corrections.report(session, entry.id, WRONG, city.actor(login), city.now).id


def answered(city: City, login: str, correction_id: int, *, is_accepted: bool) -> None:
    with city.database.transaction() as session:
        row = corrections.get_correction(session, city.actor(login), correction_id)
        corrections.answer(session, row, {"is_accepted": is_accepted, "text": "见答复"}, city.actor(login), city.now)


def raised(city: City, login: str, until: str = "2026-03-20 18:00") -> int:
    data = {"title": "系统故障", "text": "申报系统今日停机，请企业明日再报。", "ends_at": local(until)}
    with city.database.transaction() as session:
        return notices.raise_notice(session, data, city.actor(login), city.now).id


def pinned(city: City, login: str) -> list[bool]:
    """For each notice on this desk: whether it has been read."""
    with city.database.transaction(write=False) as session:
        return [read for _, read in notices.current_notices(session, city.actor(login), city.now)]


def on_notice(city: City, login: str, what: str, notice_id: int, *data: dict[str, str]) -> None:
    with city.database.transaction() as session:
        notice = notices.get_notice(session, city.actor(login), notice_id)
        getattr(notices, what)(session, notice, *data, city.actor(login), city.now)


def test_an_adopted_correction_opens_a_draft_and_the_reporter_hears_of_it(city: City) -> None:
    code = made(city)
    number = reported(city, code)
    assert running(city, "kb_correction") == ["KB_CORRECTION"]
    answered(city, LEADER, number, is_accepted=True)
    assert running(city, "kb_correction") == []
    assert statuses(city, code) == ["PUBLISHED", "DRAFT"]
    assert running(city) == ["KB_DRAFT", "KB_TURN"]
    told = delivered(city)
    assert told[city.actor("agent1").account_id] == [f"纠错已采纳：纠错：{code}"]
    assert f"纠错：纠错：{code}" in told[city.actor(AUTHOR).account_id]


def test_a_correction_is_answered_by_the_owning_unit_once(city: City) -> None:
    number = reported(city, made(city))
    with pytest.raises(Forbidden):
        answered(city, "jrj.handler", number, is_accepted=False)
    answered(city, AUTHOR, number, is_accepted=False)
    with pytest.raises(Conflict, match="未采纳"):
        answered(city, AUTHOR, number, is_accepted=True)


def test_a_correction_nobody_answers_climbs_until_the_supervisor_knows(city: City) -> None:
    reported(city, made(city))
    tick(city, "2026-04-10 09:00")
    with city.database.transaction(write=False) as session:
        clock = session.scalars(select(Clock).filter_by(subject_kind="kb_correction")).one()
        assert clock.due_at == local("2026-03-20 17:30")
        rungs = list(session.scalars(select(KbHistory).filter_by(subject_kind="kb_correction", action="rung")))
    assert [row.label for row in rungs] == ["提醒", "催办", "黄牌", "红牌", "督办", "提级"]
    assert all(row.data["told"] for row in rungs)
    assert city.actor("super1").account_id in rungs[-1].data["told"]


def test_rungs_reach_the_deputy_when_the_maintainer_has_left_and_then_the_unit(city: City) -> None:
    code = made(city)
    act(city, LEADER, "set_keepers", code, maintainer_login=AUTHOR, deputy_login="wd.handler2")
    for gone, expected in ((AUTHOR, "wd.handler2"), ("wd.handler2", None)):
        with city.database.transaction() as session:
            session.scalars(select(Account).filter_by(login=gone)).one().is_active = False
        number = reported(city, code)
        with city.database.transaction(write=False) as session:
            row = session.scalars(select(KbHistory).filter_by(subject_kind="kb_correction", subject_id=number)).one()
        told = row.data["told"]
        assert told and (expected is None or told == [city.actor(expected).account_id])


def test_a_changed_calendar_moves_what_is_owed_and_says_why(city: City) -> None:
    reported(city, made(city))
    with city.database.transaction() as session:
        session.add(CalendarDay(day=date(2026, 3, 19), kind=DayKind.HOLIDAY))
        session.flush()
        forget_calendar(session)
        recompute(session, city.actor("admin1"), "临时放假", city.now)
        clock = session.scalars(select(Clock).filter_by(subject_kind="kb_correction")).one()
        assert clock.due_at == local("2026-03-23 17:30")
        assert clock.moves[-1]["reason"] == "临时放假"


def test_feedback_counts_each_account_once_by_its_last_word(city: City) -> None:
    code = made(city)
    with entry_of(city, code) as (_, entry):
        entry_id = entry.id
    for login, verdict in (("agent1", "WRONG"), ("agent1", "USEFUL"), ("agent2", "USEFUL")):
        with city.database.transaction() as session:
            corrections.rate(session, entry_id, {"verdict": Verdict(verdict)}, city.actor(login), city.now)
    with city.database.transaction(write=False) as session:
        counted = {verdict.value: count for verdict, count in corrections.verdicts(session, entry_id, 1).items()}
    assert counted == {"USEFUL": 2, "EXPIRED": 0, "WRONG": 0}


def test_an_urgent_notice_of_a_team_leader_waits_for_a_supervisor_and_is_then_on_every_desk(city: City) -> None:
    notice = raised(city, "lead1")
    assert pinned(city, "agent1") == []
    with pytest.raises(Forbidden):
        on_notice(city, "lead1", "sign", notice)
    on_notice(city, "super1", "sign", notice)
    assert (pinned(city, "agent1"), pinned(city, AUTHOR)) == ([False], [False])
    on_notice(city, "agent1", "mark_read", notice)
    on_notice(city, "agent1", "mark_read", notice)
    assert (pinned(city, "agent1"), pinned(city, "agent2")) == ([True], [False])
    with city.database.transaction(write=False) as session:
        row = notices.get_notice(session, city.actor("super1"), notice)
        unread = {account.login for account in notices.unread_by(session, row)}
    assert "agent2" in unread
    assert "agent1" not in unread


def test_a_supervisors_own_notice_is_live_in_one_step_and_ends_by_itself(city: City) -> None:
    notice = raised(city, "super1")
    assert pinned(city, "agent1") == [False]
    with pytest.raises(Conflict):
        on_notice(city, EDITOR, "review", notice, {"text": "已恢复"})
    city.at("2026-03-20 18:00")
    assert pinned(city, "agent1") == []
    tick(city, "2026-03-23 17:30")
    assert "黄牌：临时口径：系统故障" in delivered(city)[city.actor("super1").account_id]
    on_notice(city, EDITOR, "review", notice, {"text": "已恢复，不需入库"})
    assert running(city, "kb_notice") == []


def test_a_notice_stopped_early_is_off_every_desk_and_reviewed_the_next_day(city: City) -> None:
    notice = raised(city, "super1", "2026-04-10 18:00")
    on_notice(city, "super2", "end", notice, {"text": "系统已恢复"})
    assert pinned(city, "agent1") == []
    with city.database.transaction(write=False) as session:
        due = session.scalars(select(Clock).filter_by(subject_kind="kb_notice", state="RUNNING")).one().due_at
    assert due == local("2026-03-19 17:30")


@pytest.mark.parametrize(("login", "until"), [("super1", "2026-03-18 09:00"), ("super1", "2026-05-01 09:00")])
def test_a_notice_without_a_near_end_is_refused(city: City, login: str, until: str) -> None:
    with pytest.raises(Invalid) as refused:
        raised(city, login, until)
    assert refused.value.field == "ends_at"


def test_an_agent_raises_no_notice_and_the_public_sees_none(city: City) -> None:
    with pytest.raises(Forbidden):
        raised(city, "agent1")


def asked(city: City, *questions: str) -> None:
    with city.database.transaction() as session:
        for question in questions:
            searches.log_search(session, question, Found([]), city.now, is_public=False)


def test_unanswered_questions_are_counted_without_numbers_that_name_somebody(city: City) -> None:
    asked(city, "跨境电商 退税 电话13800138000", "跨境电商  退税 电话138-0013-8000", "猫", "船舶检验")
    with city.database.transaction(write=False) as session:
        rows = searches.unanswered(session, city.now - timedelta(days=1))
    assert {(row.question, row.times) for row in rows} == {("跨境电商 退税 电话***", 2), ("船舶检验", 1)}
    assert not any("1380" in row.question or "8000" in row.question for row in rows)


def test_a_gap_goes_to_a_unit_with_a_clock_and_is_closed_by_a_published_entry(city: City) -> None:
    asked(city, "厂房租金补贴多少", "厂房租金补贴多少")
    payload = {"question": "厂房租金补贴多少", "unit_code": "WD", "text": "一周内问过两次"}
    with city.database.transaction() as session:
        gap = gaps.open_gap(session, payload, city.actor("lead1"), city.now).id
        assert searches.unanswered(session, city.now - timedelta(days=1)) == []
    assert running(city, "kb_gap") == ["KB_GAP"]

    def close(login: str, code: str) -> None:
        with city.database.transaction() as session:
            row = gaps.get_owed(session, KnowledgeGap, city.actor(login), gap)
            gaps.close_with(session, row, {"entry_code": code}, city.actor(login), city.now)

    draft = made(city, "DRAFT")
    with pytest.raises(Invalid, match="尚未发布"):
        close(AUTHOR, draft)
    with pytest.raises(NotFound):
        close("jrj.handler", draft)
    close(AUTHOR, made(city))
    assert running(city, "kb_gap") == []
    with city.database.transaction(write=False) as session:
        assert gaps.owed_by(session, KnowledgeGap, city.actor(AUTHOR)) == []


def closed_consultation(
    city: City, *, cites: str = "", appeal_type: str = "CONSULTATION", basis: str = "三定方案"
) -> str:
    number = make(city, "handling", appeal_type=appeal_type)
    said = {"public_text": "已向企业说明。", "legal_basis": basis, "citations": [cites] if cites else []}
    answered_and_closed(city, number, **said)
    return number


def answered_and_closed(city: City, number: str, **said: Any) -> None:
    city.do(AUTHOR, "reply", number, **said)
    city.do(LEADER, "sign_off", number)
    city.do("review1", "approve", number)
    city.do("callback1", "callback", number, **PAYLOADS["callback"])
    city.do("callback1", "close", number, is_resolved=True)


def test_closing_a_consultation_obliges_its_unit_to_submit_the_regulation(city: City) -> None:
    closed_consultation(city)
    assert running(city, "kb_submission") == ["KB_SUBMISSION"]
    code = made(city)
    with city.database.transaction() as session:
        [row] = gaps.owed_by(session, Submission, city.actor(AUTHOR))
        assert gaps.owed_by(session, Submission, city.actor("jrj.handler")) == []
        gaps.close_with(session, row, {"entry_code": code}, city.actor(AUTHOR), city.now)
    assert running(city, "kb_submission") == []


def test_no_regulation_is_owed_when_the_answer_cites_one_or_the_appeal_asked_for_none(city: City) -> None:
    closed_consultation(city, cites=made(city))
    closed_consultation(city, appeal_type="HELP")
    assert running(city, "kb_submission") == []


@pytest.mark.parametrize(
    ("basis", "owed"),
    [
        ("《租金补贴办法》（万府办[2026]3号）第二条", []),
        ("万府办〔2026〕9号", ["KB_SUBMISSION"]),
        ("临府办〔2026〕3号", ["KB_SUBMISSION"]),
    ],
)
def test_a_reply_that_names_a_regulation_the_house_keeps_owes_none(city: City, basis: str, owed: list[str]) -> None:
    made(city)
    closed_consultation(city, basis=basis)
    assert running(city, "kb_submission") == owed


def test_what_the_desk_cites_on_a_ticket_spares_the_unit_nothing(city: City) -> None:
    code = made(city)
    number = make(city, "handling", appeal_type="CONSULTATION")
    with entry_of(city, code) as (_, entry):
        cited = {"entry_id": entry.id, "entry_version": 1, "title": "补贴", "at": city.now}
    with city.database.transaction() as session:
        ticket = session.scalars(select(Ticket).filter_by(no=number)).one()
        session.add(Citation(ticket_id=ticket.id, by_id=city.actor("agent1").account_id, **cited))
    answered_and_closed(city, number, public_text="已说明。", legal_basis="三定方案")
    assert running(city, "kb_submission") == ["KB_SUBMISSION"]


def test_a_reply_becomes_a_draft_without_the_enterprise_in_it(city: City) -> None:
    number = make(city, "answered")
    with city.database.transaction() as session:
        ticket = session.scalars(select(Ticket).filter_by(no=number)).one()
        ticket.title = f"{ticket.enterprise.name if ticket.enterprise else ''}贴息申报被退回"
        reply = session.scalars(select(Reply).filter_by(ticket_id=ticket.id)).one()
        reply.public_text = "湾东恒泽精密机械有限公司梁晓岚（0499-8123456）：补齐验收单后三个工作日内受理。"
    with city.database.transaction() as session:
        entry = draft_from_reply(session, city.actor(AUTHOR), number, city.now)
        [version] = entry.versions
        whole = f"{version.title}{version.full_text}{version.phone_answer}{version.source_title}"
        assert "补齐验收单后三个工作日内受理" in version.full_text
        assert (version.status.value, entry.is_public, entry.type.value) == ("DRAFT", False, "QA")
    assert not any(secret in whole for secret in ("恒泽", "梁晓岚", "8123456"))


@pytest.mark.parametrize("more", [{"is_confidential": True}, {"is_anonymous": True}])
def test_a_shielded_tickets_reply_stays_where_it_is(city: City, more: dict[str, bool]) -> None:
    number = make(city, "answered", **more)
    with pytest.raises(DomainError, match="保密"), city.database.transaction() as session:
        draft_from_reply(session, city.actor(AUTHOR), number, city.now)


def test_each_units_figures_are_the_sum_of_what_happened(city: City) -> None:
    start = city.now
    code = made(city, expires_at="2026-04-10")
    in_time, late = reported(city, code), reported(city, code, "agent2")
    answered(city, AUTHOR, in_time, is_accepted=False)
    closed_consultation(city, cites=code)
    city.at("2026-03-24 10:00")
    answered(city, AUTHOR, late, is_accepted=False)
    with city.database.transaction() as session:
        entry = session.scalars(select(KbEntry).filter_by(code=code)).one()
        log_id = searches.log_search(session, "租金补贴", Found([]), city.now, is_public=False)
        searches.choose(session, log_id or 0, (entry.id, 1))
    with city.database.transaction(write=False) as session:
        [row] = [one for one in per_unit(session, start, city.now + timedelta(hours=1)) if one.unit.code == "WD"]
        assert session.scalars(select(CorrectionReport)).all()
    assert (row.entries, row.updates, row.expiring, row.hits, row.citations) == (1, 1, 1, 1, 1)
    assert (row.corrections, row.corrections_in_time, row.in_time_rate) == (2, 1, 0.5)


def test_what_is_cited_and_taken_most_is_hot_for_those_who_may_read_it(city: City) -> None:
    inner = made(city, is_public=False, title="内部口径")
    outer = made(city)
    closed_consultation(city, cites=inner)
    closed_consultation(city, cites=inner)
    closed_consultation(city, cites=outer)
    with city.database.transaction(write=False) as session:
        seen = [(entry.code, times) for entry, times in searches.hot_entries(session, city.actor("agent1"), city.now)]
        public = [entry.code for entry, _ in searches.hot_entries(session, None, city.now)]
    assert seen == [(inner, 2), (outer, 1)]
    assert public == [outer]
