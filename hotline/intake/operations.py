"""① 诉求收集: an appeal is registered, answered at once, refused, transferred, or submitted for dispatch."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM, Actor, actor_of
from hotline.accounts.models import Account
from hotline.accounts.queries import responsible_for
from hotline.clock import to_local
from hotline.directory.models import Region, Source, Unit, UnitKind
from hotline.directory.queries import by_code, leaf_category
from hotline.errors import Conflict, Invalid, NotFound, Unavailable
from hotline.intake.parties import contact_of, enterprise_of, respondent_of
from hotline.knowledge.citing import stand_on
from hotline.ticket.models import AssignmentKind, Ticket, Urgency
from hotline.ticket.operations import Data, announce, apply, create, session_of
from hotline.ticket.parts import assign, receiving_unit, record_answer
from hotline.ticket.queries import get, visible

PLAIN = ("appeal_type", "title", "body", "wish", "place", "is_confidential", "is_anonymous", "wants_callback")


def submit(session: Session, data: Data, actor: Actor, now: datetime) -> Ticket:
    """提交转办: the appeal waits for the dispatcher."""
    return create(session, "submit", _registered(session, data, actor, now), actor, now, data)


def answer(session: Session, data: Data, actor: Actor, now: datetime) -> Ticket:
    """直接答复办结: answered while the caller listens; each cited entry is kept with its version."""
    registered = _registered(session, data, actor, now) | {"wants_callback": False, "is_resolved": True}
    ticket = create(session, "answer", registered, actor, now, data)
    stand_on(ticket, record_answer(ticket, data, actor, now), data, actor, now)
    return ticket


def forward_praise(session: Session, data: Data, actor: Actor, now: datetime) -> Ticket:
    """表扬: to the unit for information; no clock, no callback."""
    registered = _registered(session, data, actor, now) | {"wants_callback": False}
    ticket = create(session, "forward_praise", registered, actor, now, data)
    unit, account = receiving_unit(ticket, data["unit_code"], now)
    assign(ticket, unit, AssignmentKind.INFORM, now, by_id=actor.account_id, handler=account)
    return ticket


def refuse_at_desk(session: Session, data: Data, actor: Actor, now: datetime) -> Ticket:
    """不予受理 while the caller listens: reason and legal route are told."""
    told = {"refusal_reason": data["refusal_reason"], "legal_route": data["legal_route"]}
    return create(session, "refuse", _registered(session, data, actor, now) | told, actor, now, data)


def transfer_at_desk(session: Session, data: Data, actor: Actor, now: datetime) -> Ticket:
    """转紧急热线 while the caller listens."""
    gone = {"transferred_to": data["transferred_to"]}
    return create(session, "transfer_emergency", _registered(session, data, actor, now) | gone, actor, now, data)


def refuse(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """不予受理 by the dispatcher."""
    told = {"refusal_reason": data["refusal_reason"], "legal_route": data["legal_route"]}
    apply(ticket, "refuse", actor, now, data, **told)


def transfer_emergency(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """转紧急热线 by the dispatcher."""
    apply(ticket, "transfer_emergency", actor, now, data, transferred_to=data["transferred_to"])


def supplement(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """补充材料: added below what was said before."""
    stamp = to_local(now).strftime("%Y-%m-%d %H:%M")
    apply(ticket, "supplement", actor, now, data, body=f"{ticket.body}\n\n【{stamp} 补充】{data['text']}")


def amend(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """修改登记: only what the form gives; the ledger keeps old and new."""
    session, day = session_of(ticket), to_local(now).date()
    changes = {name: data[name] for name in ("title", "place", "urgency") if data.get(name)}
    if data.get("category_code"):
        changes["category_id"] = leaf_category(session, data["category_code"], day).id
    if data.get("region_code"):
        changes["region_id"] = by_code(session, Region, data["region_code"], day).id
    if data.get("is_confidential") is not None:
        changes["is_confidential"] = data["is_confidential"]
    changes |= _amended_respondent(ticket, data, day)
    apply(ticket, "amend", actor, now, data, **changes)


def _amended_respondent(ticket: Ticket, data: Data, day: date) -> dict[str, Any]:
    """The respondent as it is known now, and another follower where the present one turns out to be concerned."""
    session, keeper = session_of(ticket), actor_of(session_of(ticket), ticket.follower)
    about = respondent_of(session, data, day)
    if not data.get("respondent_withdrawn"):
        about = {column: new or getattr(ticket, column) for column, new in about.items()}
    by_unit = about["respondent_unit_id"] in keeper.avoids
    if by_unit or about["respondent_account_id"] == keeper.account_id:
        about["follower_id"] = _follower(session, keeper, day, about)
    return about


def withdraw(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """撤回诉求 by the enterprise, itself or through the desk."""
    apply(ticket, "withdraw", actor, now, data)


def urge(ticket: Ticket, data: Data, actor: Actor, now: datetime) -> None:
    """催单: counted, and one step more urgent."""
    raised = Urgency.URGENT if ticket.urgency is Urgency.NORMAL else ticket.urgency
    apply(ticket, "urge", actor, now, data, urged_count=ticket.urged_count + 1, urgency=raised)
    announce(session_of(ticket), ticket, now)


def _registered(session: Session, data: Data, actor: Actor, now: datetime) -> dict[str, Any]:
    """The new ticket's columns, each code looked up. Raises Invalid naming the field at fault."""
    day = to_local(now).date()
    source = by_code(session, Source, data.get("source_code") or "PHONE", day)
    respondent = respondent_of(session, data, day)
    return {
        **{name: data[name] for name in PLAIN if name in data},
        "urgency": data.get("urgency") or Urgency.NORMAL,
        "call_time": data.get("call_time", ""),
        "language": data.get("language") or "普通话",
        "category_id": leaf_category(session, data["category_code"], day).id,
        "region_id": by_code(session, Region, data["region_code"], day).id,
        "source_id": source.id,
        "follower_id": _follower(session, actor, day, respondent),
        "enterprise_id": enterprise_of(session, data),
        "previous_id": _previous(session, actor, data.get("previous_no")),
        **_imposed(session, source, data, now),
        **contact_of(data),
        **respondent,
    }


def _imposed(session: Session, source: Source, data: Data, now: datetime) -> dict[str, Any]:
    """What a platform or an authority above asks of us. Raises Conflict for a number that has a ticket already."""
    external_no = data.get("external_no") or None
    if source.is_platform and not external_no:
        raise Invalid(f"来自“{source.name}”的诉求须填来源平台编号", code="external_no_required", field="external_no")
    known = visible(SYSTEM).where(Ticket.source_id == source.id, Ticket.external_no == external_no)
    if external_no and session.scalar(known) is not None:
        message = f"来自“{source.name}”的编号“{external_no}”已经登记过，请先按编号查询，不要重复登记"
        raise Conflict(message, code="external_no_known", field="external_no")
    return {
        "external_no": external_no,
        "imposed_due_at": _imposed_due(data, now),
        "must_report_back": source.must_report_back,
    }


def _imposed_due(data: Data, now: datetime) -> datetime | None:
    """The due time set from above. One that has passed is more often mistyped than meant: whoever types it is asked."""
    due_at: datetime | None = data.get("imposed_due_at")
    if due_at is not None and due_at <= now and not data.get("imposed_due_confirmed"):
        message = (
            f"上级时限（{to_local(due_at):%Y-%m-%d %H:%M}）已过，是否仍按此时限登记？"
            "请先核对，确认无误请勾选“确认按已过时限登记”后再提交"
        )
        raise Invalid(message, code="imposed_due_past", field="imposed_due_confirmed")
    return due_at


def _follower(session: Session, actor: Actor, day: date, respondent: Data) -> int:
    """跟办人: who registered it at the hotline, unless it is about him; otherwise the hotline's liaison.

    A complaint about the hotline is followed by the unit that supervises it, one about its liaison by the deputy.
    """

    def may(account: Account) -> bool:
        return account.id != respondent["respondent_account_id"]

    if respondent["respondent_unit_id"] in actor.avoids:
        about = session.get_one(Unit, respondent["respondent_unit_id"])
        above = session.get_one(Unit, about.supervising_unit_id or about.parent_id)
        return responsible_for(session, above, day, may).id
    if actor.is_hotline and actor.account_id is not None and actor.account_id != respondent["respondent_account_id"]:
        return actor.account_id
    desk = session.scalar(select(Unit).filter_by(kind=UnitKind.HOTLINE).order_by(Unit.id).limit(1))
    if desk is None:
        raise Unavailable("尚未设置热线单位，请联系管理员", code="no_hotline_unit")
    return responsible_for(session, desk, day, may).id


def _previous(session: Session, actor: Actor, number: str | None) -> int | None:
    """Later contact makes a linked ticket."""
    try:
        return get(session, actor, number).id if number else None
    except NotFound:
        raise Invalid(f"没有工单号为“{number}”的工单", code="unknown_previous_no", field="previous_no") from None
