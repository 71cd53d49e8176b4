"""The demo city's consultations: a call that was answered and passed, one that waits for its review, an appointment."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM, Actor, actor_of
from hotline.accounts.models import Account
from hotline.database import Database
from hotline.demo.player import forget_notices
from hotline.experts import appointments
from hotline.experts.actions import perform_on_advice
from hotline.experts.models import Expert, Presence
from hotline.experts.records import Advice
from hotline.ticket.models import AppealType, Ticket, TicketStatus
from hotline.ticket.queries import visible

AGENT = "agent1"
LATELY = 40
"""Tickets that are looked through for one that an expert could meet about."""
CALLS: tuple[dict[str, Any], ...] = (
    {
        "before": timedelta(minutes=50),
        "asked": {
            "question": "小规模纳税人转一般纳税人后，上一季度多缴的附加税能否抵减？",
            "category_code": "020101",
            "region_code": "449902",
        },
        "answer": "可以。在电子税务局提交误收多缴退抵税申请，选择抵缴欠税或以后期间税款，无需到窗口。",
        "legal_basis": "税收征收管理法第五十一条",
        "summary": "企业补充了申报期，专家当场核对",
        "satisfaction": "VERY_SATISFIED",
        "is_passed": True,
    },
    {
        "before": timedelta(minutes=30),
        "asked": {
            "question": "技改项目已备案，设备发票晚于备案两个月，还能不能申报？",
            "category_code": "050201",
            "region_code": "449903",
        },
        "answer": "可以。以备案有效期内实际投入为准，发票日期在项目建设期内即可，申报时附付款凭证。",
        "legal_basis": "市技术改造专项资金管理办法第九条",
        "summary": "企业询问分期付款，专家说明按实际付款额计",
        "satisfaction": "SATISFIED",
        "is_passed": False,
    },
)


def fill_consultations(database: Database, now: datetime) -> None:
    """Everything by legal steps, within the hour before `now`; most experts are 在线."""
    with database.transaction() as session:
        _switch_on(session, now)
        for number, call in enumerate(CALLS):
            _call(session, number, call, now - call["before"])
        _appointment(session, now - timedelta(minutes=20))
        forget_notices(session, now)


def _switch_on(session: Session, now: datetime) -> None:
    for number, expert in enumerate(session.scalars(select(Expert).order_by(Expert.id))):
        expert.presence = (Presence.ONLINE, Presence.ONLINE, Presence.BUSY)[number % 3]
        expert.presence_at = now
    session.flush()


def _call(session: Session, number: int, call: dict[str, Any], at: datetime) -> None:
    agent = _actor(session, AGENT)
    asked = {**call["asked"], "draft_key": f"demo-call-{number}"}
    advice = perform_on_advice(session, agent, "invite", asked, at)
    expert = advice.invitations[0].expert.account
    said = {name: call[name] for name in ("answer", "legal_basis", "summary")}
    steps: list[tuple[Actor, str, dict[str, Any], int]] = [
        (actor_of(session, expert), "accept", {}, 1),
        (agent, "connect", {"is_consented": True}, 2),
        (agent, "hang_up", {}, 8),
        (agent, "record_answer", said, 10),
        (agent, "rate_advice", {"satisfaction": call["satisfaction"]}, 11),
    ]
    if call["is_passed"]:
        steps.append((_actor(session, "review1"), "approve_advice", {}, 25))
    for actor, action, form, minute in steps:
        perform_on_advice(session, actor, action, form, at + timedelta(minutes=minute), advice.id)


def _appointment(session: Session, at: datetime) -> None:
    """For the newest ticket in work about which an expert can be met; a very small city may have none."""
    query = visible(SYSTEM).where(Ticket.status == TicketStatus.HANDLING, Ticket.appeal_type == AppealType.HELP)
    for ticket in session.scalars(query.order_by(Ticket.id.desc()).limit(LATELY)):
        if slots := appointments.offered(session, ticket, at):
            advice = _booked(session, ticket, slots[-1].key, at)
            assert advice.expert is not None  # a slot is somebody's
            perform_on_advice(
                session, actor_of(session, advice.expert.account), "confirm", {}, at + timedelta(minutes=5), advice.id
            )
            return


def _booked(session: Session, ticket: Ticket, slot: str, at: datetime) -> Advice:
    asked = {"ticket_no": ticket.no, "slot": slot, "mode": "VIDEO", "question": "想请专家当面看一下材料还差哪几样。"}
    return perform_on_advice(session, _actor(session, AGENT), "book", asked, at)


def _actor(session: Session, login: str) -> Actor:
    return actor_of(session, session.scalars(select(Account).filter_by(login=login)).one())
