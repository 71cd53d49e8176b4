"""During the call: an expert is invited, accepts within three minutes or the next one is, then the unit's duty officer.

The caller is on the line. Whoever answers is connected with the caller's consent; without it the agent passes the
answer on.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM, Actor
from hotline.accounts.models import Account, Role
from hotline.accounts.queries import with_role
from hotline.clock import to_local
from hotline.deadlines import operations as deadlines
from hotline.directory.models import Category, Region, Unit
from hotline.directory.queries import by_code
from hotline.errors import Conflict, Invalid
from hotline.experts import clocks, people, ranking
from hotline.experts.applying import apply, begin, conclude, create
from hotline.experts.guards import AdviceFacts, facts_of
from hotline.experts.models import LANGUAGE_CODES
from hotline.experts.ranking import Place
from hotline.experts.records import (
    TALKING,
    Advice,
    AdviceKind,
    Invitation,
    Response,
    ThreeWayCall,
)
from hotline.ticket.models import AppealType, Ticket
from hotline.ticket.queries import get

Data = Mapping[str, Any]


def invite(session: Session, data: Data, actor: Actor, now: datetime) -> Advice:
    """请专家通话: for a ticket (`ticket_no`) or a draft on the agent's desk (`draft_key`).

    The best expert is invited; with nobody in the pool the unit's duty officer is. Raises Invalid, Conflict (a call for
    this draft is on already), IllegalAction (a tip-off).
    """
    ticket = _ticket(session, data, actor, lock=True)
    advice = _draft(session, data, ticket, actor, now)
    _check_one_call(session, advice)
    place = ranking.next_place(session, advice, now)
    facts = AdviceFacts(None, AdviceKind.CALL, is_tip_off=_is_tip_off(data, ticket), has_next=place is not None)
    row = create(session, advice, "invite", facts, actor)
    told = _turn_to(session, advice, place, now)
    begin(session, advice, row, actor, now, told, advice.question)
    return advice


def preview(session: Session, data: Data, actor: Actor, now: datetime) -> list[Place]:
    """Who would be invited, first to last; nothing is stored. Raises Invalid for codes nobody knows."""
    return ranking.places(session, _draft(session, data, _ticket(session, data, actor), actor, now), now)


def accept(session: Session, advice: Advice, data: Data, actor: Actor, now: datetime) -> None:
    """接受邀请: the first to say so before the time runs out has it."""
    invitation = advice.invitation
    row = apply(session, advice, "accept", actor, now, data, expert_id=invitation and invitation.expert_id)
    _respond(invitation, Response.ACCEPTED, now)
    conclude(session, advice, row, actor, now, told=(advice.by,))


def decline(session: Session, advice: Advice, data: Data, actor: Actor, now: datetime) -> None:
    """谢绝, with the reason; the next one is invited at once."""
    _move_on(session, advice, "decline", Response.DECLINED, data, actor, now)


def pass_on(
    session: Session, advice: Advice, now: datetime, response: Response = Response.TIMED_OUT, why: str = "逾时未接"
) -> None:
    """转请下一位: the clock's own row; also for who is no longer on duty (WITHDRAWN)."""
    _move_on(session, advice, "pass_on", response, {"text": why}, SYSTEM, now)


def take_over(session: Session, advice: Advice, data: Data, actor: Actor, now: datetime) -> None:
    """值班人员接听."""
    row = apply(session, advice, "take_over", actor, now, data)
    conclude(session, advice, row, actor, now, told=(advice.by,))


def connect(session: Session, advice: Advice, data: Data, actor: Actor, now: datetime) -> None:
    """三方通话: the caller was asked. With consent the call runs from now, else the agent passes the answer on."""
    row = apply(session, advice, "connect", actor, now, data)
    agreed = data["is_consented"]
    call = ThreeWayCall(advice_id=advice.id, is_consented=agreed, asked_by_id=actor.account_id, asked_at=now)
    call.started_at = now if agreed else None
    session.add(call)
    text = "来电人同意，三方通话开始" if agreed else "来电人不同意，由话务员转述"
    conclude(session, advice, row, actor, now, text=text)


def hang_up(session: Session, advice: Advice, data: Data, actor: Actor, now: datetime) -> None:
    """结束三方通话."""
    row = apply(session, advice, "hang_up", actor, now, data)
    assert advice.call is not None  # the guard: the call runs
    advice.call.ended_at = now
    conclude(session, advice, row, actor, now)


def cancel(session: Session, advice: Advice, data: Data, actor: Actor, now: datetime) -> None:
    """取消: of a call the invitation that waits is taken back, of an appointment the slot is free again."""
    waiting = advice.invitation
    row = apply(session, advice, "cancel", actor, now, data)
    if waiting is not None:
        _respond(waiting, Response.WITHDRAWN, now)
    if advice.appointment is not None:
        advice.appointment.is_held = False
    told = [waiting.expert.account if waiting else None, advice.officer, people.account_of(advice)]
    conclude(session, advice, row, actor, now, text=data["text"], told=told)


def attach(session: Session, actor: Actor, draft_key: str, ticket: Ticket, now: datetime) -> None:
    """The draft has become a ticket: its consultations hang on that from now on. With a tip-off no expert is called."""
    for advice in _of_draft(session, actor, draft_key):
        advice.ticket_id = ticket.id
        session.flush()
        session.refresh(advice)
        if ticket.appeal_type is AppealType.TIP_OFF:
            _break_off(session, advice, "登记为举报件，举报件不请专家", actor, now)


def give_up(session: Session, actor: Actor, draft_key: str, now: datetime) -> None:
    """The draft's tab was closed: the caller is gone, and whoever is still invited is told so."""
    for advice in _of_draft(session, actor, draft_key):
        _break_off(session, advice, "来电已结束，草稿已关闭", actor, now)


def _of_draft(session: Session, actor: Actor, draft_key: str) -> list[Advice]:
    mine = select(Advice).filter_by(by_id=actor.account_id, draft_key=draft_key, ticket_id=None).order_by(Advice.id)
    return list(session.scalars(mine.with_for_update(of=Advice)))


def _break_off(session: Session, advice: Advice, text: str, actor: Actor, now: datetime) -> None:
    """End a call that is on, hanging up where expert and caller are connected."""
    if advice.status not in TALKING:
        return
    deadlines.hold(session, clocks.subject_of(advice))
    if facts_of(advice, now).is_connected:
        hang_up(session, advice, {}, actor, now)
    cancel(session, advice, {"text": text}, actor, now)


def _ticket(session: Session, data: Data, actor: Actor, *, lock: bool = False) -> Ticket | None:
    return get(session, actor, data["ticket_no"], lock=lock) if data.get("ticket_no") else None


def _draft(session: Session, data: Data, ticket: Ticket | None, actor: Actor, now: datetime) -> Advice:
    day = to_local(now).date()
    category = by_code(session, Category, data["category_code"], day) if data.get("category_code") else None
    region = by_code(session, Region, data["region_code"], day) if data.get("region_code") else None
    about, person = _respondent(session, data, now)
    if ticket is not None:
        category, region = category or ticket.category, region or ticket.region
        about = about or (ticket.respondent_unit if ticket.appeal_type is not AppealType.PRAISE else None)
    assert actor.unit_id is not None  # the desk's people belong to the hotline
    unit = people.unit_for(session, category, region, about, actor.unit_id, now)
    return Advice(
        kind=AdviceKind.CALL,
        ticket_id=ticket.id if ticket else None,
        ticket=ticket,
        draft_key=data.get("draft_key") or None,
        question=data["question"],
        category=category,
        region=region,
        language=LANGUAGE_CODES.get(data.get("language") or (ticket.language if ticket else ""), ""),
        unit=unit,
        unit_id=unit.id,
        respondent_unit_id=about.id if about else None,
        respondent_account_id=person.id if person else None,
        by_id=actor.account_id,
        at=now,
    )


def _respondent(session: Session, data: Data, now: datetime) -> tuple[Unit | None, Account | None]:
    if data.get("appeal_type") == AppealType.PRAISE:
        return None, None
    code, login = data.get("respondent_unit_code"), data.get("respondent_login")
    unit = by_code(session, Unit, code, to_local(now).date(), field="respondent_unit_code") if code else None
    person = session.scalar(select(Account).filter_by(login=login)) if login else None
    if login and person is None:
        raise Invalid(f"没有账号“{login}”", code="unknown_account", field="respondent_login")
    return unit, person


def _is_tip_off(data: Data, ticket: Ticket | None) -> bool:
    return AppealType.TIP_OFF in (data.get("appeal_type"), ticket.appeal_type if ticket else None)


def _check_one_call(session: Session, advice: Advice) -> None:
    """One call at a time for a draft or a ticket; two presses of the button are told, not served twice."""
    mine = select(Advice.id).where(Advice.status.in_(TALKING))
    if advice.ticket_id is not None:
        mine = mine.where(Advice.ticket_id == advice.ticket_id)
    elif advice.draft_key:
        mine = mine.where(Advice.by_id == advice.by_id, Advice.draft_key == advice.draft_key)
    else:
        raise Invalid("请从登记草稿或工单发起专家咨询", code="subject_required", field="ticket_no")
    if session.scalar(mine.limit(1)) is not None:
        raise Conflict("这通来电已在邀请专家", code="already_inviting")


def _move_on(
    session: Session, advice: Advice, action: str, response: Response, data: Data, actor: Actor, now: datetime
) -> None:
    waiting, place = advice.invitation, ranking.next_place(session, advice, now)
    row = apply(session, advice, action, actor, now, data, has_next=place is not None)
    _respond(waiting, response, now, data.get("text", ""))
    session.flush()  # one invitation waits at a time
    told = _turn_to(session, advice, place, now)
    conclude(session, advice, row, actor, now, text=data.get("text", ""), told=told)


def _turn_to(session: Session, advice: Advice, place: Place | None, now: datetime) -> list[Account | None]:
    """Invite this expert, or name the duty officer; who is to be told."""
    if place is None:
        advice.officer = people.officer_for(session, advice, now)
        return [advice.officer] if advice.officer else [*with_role(session, Role.SUPERVISOR)]
    nth = len(advice.invitations) + 1
    session.add(Invitation(advice_id=advice.id, expert_id=place.expert.id, nth=nth, why=place.why, at=now))
    return [place.expert.account]


def _respond(invitation: Invitation | None, response: Response, now: datetime, text: str = "") -> None:
    assert invitation is not None  # the guards: somebody is invited
    invitation.response, invitation.responded_at, invitation.text = response, now, text
