"""专家库: who is in it, put there and kept by the recommending unit or a supervisor; presence; work in hand."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.accounts.models import Account, Role
from hotline.accounts.operations import audit
from hotline.accounts.queries import by_login
from hotline.clock import to_local
from hotline.database import ROW_IDS
from hotline.directory.models import Category, Region, Unit
from hotline.directory.queries import by_code, effective
from hotline.errors import Conflict, Forbidden, Invalid, NotFound
from hotline.experts.models import LANGUAGES, Expert, ExpertField
from hotline.experts.records import Advice, AdviceStatus, Appointment, Invitation, Response
from hotline.ticket.models import Consultation

KEEPERS = frozenset({Role.UNIT_LEADER, Role.SUPERVISOR})
OVERSEERS = frozenset({Role.SUPERVISOR, Role.TEAM_LEADER, Role.DISPATCHER, Role.AUDITOR, Role.AGENT})
"""Who see the whole pool; units see their own, experts themselves."""
Data = Mapping[str, Any]


def may_keep(expert_unit: Unit, actor: Actor) -> bool:
    """A supervisor keeps every unit's experts, a leader those of the own unit and below."""
    if Role.SUPERVISOR in actor.roles:
        return True
    return Role.UNIT_LEADER in actor.roles and expert_unit.id in actor.unit_ids


def recommend(session: Session, data: Data, actor: Actor, now: datetime) -> Expert:
    """推荐入库: an account with the role EXPERT joins the pool. Raises Forbidden, Invalid, Conflict (is in it)."""
    account = by_login(session, data["login"], Role.EXPERT, "login")
    demand(account.unit, actor)
    if session.scalar(select(Expert.id).filter_by(account_id=account.id)) is not None:
        raise Conflict(f"{account.name}已在专家库中", code="already_expert", field="login")
    expert = Expert(account_id=account.id, unit_id=account.unit_id, **_columns(data))
    expert.fields = _fields(session, data, now)
    session.add(expert)
    session.flush()
    audit(session, actor, "expert_recommended", f"expert:{account.login}", now, data.get("text", ""))
    return expert


def amend(session: Session, expert: Expert, data: Data, actor: Actor, now: datetime) -> None:
    """Change fields, languages, period, capacity or telephone. Raises Forbidden, Invalid."""
    demand(expert.unit, actor)
    for name, value in _columns(data).items():
        setattr(expert, name, value)
    expert.fields.clear()
    session.flush()  # the same field may come back
    expert.fields = _fields(session, data, now)
    session.flush()
    audit(session, actor, "expert_amended", f"expert:{expert.account.login}", now, data.get("text", ""))


def switch_presence(session: Session, data: Data, actor: Actor, now: datetime) -> Expert:
    """在线 / 忙碌 / 离线, by the expert only. Raises NotFound for who is not in the pool."""
    expert = own(session, actor)
    expert.presence, expert.presence_at = data["presence"], now
    session.flush()
    return expert


def unmask_phone(session: Session, expert: Expert, reason: str, actor: Actor, now: datetime) -> str:
    """The full work telephone, with a reason that is kept. Raises Forbidden, Invalid."""
    if not actor.is_hotline and not may_keep(expert.unit, actor):
        raise Forbidden("您无权查看专家的完整号码", code="unmask_refused")
    if len(reason.strip()) < 2:
        raise Invalid("请填写查看原因", code="reason_required", field="reason")
    audit(session, actor, "unmask", f"expert:{expert.account.login}", now, reason.strip())
    return expert.work_phone or ""


def own(session: Session, actor: Actor) -> Expert:
    """The actor's own place in the pool. Raises NotFound."""
    expert = session.scalar(select(Expert).filter_by(account_id=actor.account_id))
    if expert is None:
        raise NotFound("您不在专家库中，请联系本单位负责人推荐入库", code="not_in_pool")
    return expert


def get_expert(session: Session, actor: Actor, expert_id: int) -> Expert:
    """One expert as this actor may see the pool. Raises NotFound."""
    expert = session.get(Expert, expert_id) if expert_id in ROW_IDS else None
    if expert is None or not _is_seen(expert, actor):
        raise NotFound("没有找到这位专家，或您无权查看", code="expert_not_found")
    return expert


def listed(session: Session, actor: Actor) -> list[Expert]:
    """The experts this actor may see, by unit and name."""
    rows = session.scalars(select(Expert).join(Expert.account).join(Expert.unit).order_by(Unit.path, Account.name))
    return [one for one in rows if _is_seen(one, actor)]


def _is_seen(expert: Expert, actor: Actor) -> bool:
    inside = expert.unit_id == actor.unit_id or may_keep(expert.unit, actor)
    return bool(actor.roles & OVERSEERS) or inside


def loads(session: Session, now: datetime) -> Counter[int]:
    """Expert id → work in hand: invitations that wait, calls, questions in writing, a meeting."""
    invited = select(Invitation.expert_id).filter_by(response=Response.PENDING)
    calling = select(Advice.expert_id).filter_by(status=AdviceStatus.IN_CALL).where(Advice.expert_id.is_not(None))
    asked = select(Expert.id).join(Consultation, Consultation.expert_id == Expert.account_id)
    asked = asked.where(
        Consultation.answered_at.is_(None), ~Consultation.is_declined, Consultation.withdrawn_at.is_(None)
    )
    busy = Counter(one for query in (invited, calling, asked) for one in session.scalars(query) if one)
    return busy + Counter(meeting(session, now))


def meeting(session: Session, now: datetime) -> frozenset[int]:
    """The experts with a meeting on or ahead. It takes one place from its booking to its end, so that nothing taken on
    before its hour exceeds the limit then; two of one expert never overlap, so that one place holds them all."""
    held = select(Appointment.expert_id).where(Appointment.is_held, Appointment.ends_at > now)
    return frozenset(session.scalars(held))


def take_on(session: Session, account_id: int, now: datetime, field: str) -> Expert:
    """Hold the expert for one more piece of work. Raises Invalid when out of the pool or with hands full."""
    query = select(Expert).filter_by(account_id=account_id).with_for_update(of=Expert)
    expert = session.scalar(query.execution_options(populate_existing=True))
    if expert is None or not is_valid(expert, now):
        raise Invalid("这位专家不在专家库中，或已过有效期", code="not_in_pool", field=field)
    if loads(session, now)[expert.id] >= expert.max_parallel:
        message = f"{expert.account.name}在办已达上限 {expert.max_parallel} 件，请另选专家"
        raise Invalid(message, code="expert_full", field=field)
    return expert


def is_valid(expert: Expert, now: datetime) -> bool:
    """Whether the recommendation holds today and the account works."""
    day = to_local(now).date()
    in_time = expert.valid_from <= day and (expert.valid_to is None or expert.valid_to >= day)
    return in_time and expert.account.is_active


def demand(unit: Unit, actor: Actor) -> None:
    """Raises Forbidden for who does not keep this unit's experts."""
    if not may_keep(unit, actor):
        raise Forbidden("只能维护本单位推荐的专家", code="role_refused")


def _columns(data: Data) -> dict[str, Any]:
    if data.get("valid_to") and data["valid_to"] < data["valid_from"]:
        raise Invalid("有效期的止日不能早于起日", code="period_invalid", field="valid_to")
    if unknown := set(data["languages"]) - set(LANGUAGES):
        raise Invalid(f"没有这种语言：{'、'.join(sorted(unknown))}", code="unknown_language", field="languages")
    names = ("title", "languages", "valid_from", "valid_to", "max_parallel")
    columns = {name: data[name] for name in names}
    return columns | ({"work_phone": data["work_phone"]} if data.get("work_phone") else {})


def _fields(session: Session, data: Data, now: datetime) -> list[ExpertField]:
    """From lines "category level [region]", as the form has them. Raises Invalid naming the line."""
    lines = [line.split() for line in data["skills"].splitlines() if line.strip()]
    found = {tuple(words[::2]): _field(session, words, now) for words in lines}
    if not found:
        raise Invalid("请至少填写一个领域", code="fields_required", field="skills")
    return list(found.values())


def _field(session: Session, words: list[str], now: datetime) -> ExpertField:
    day = to_local(now).date()
    if len(words) not in (2, 3) or words[1] not in ("1", "2", "3"):
        message = f"“{' '.join(words)}”应为：分类代码 程度(1-3) 区域代码(可不填)"
        raise Invalid(message, code="field_invalid", field="skills")
    category = session.scalar(select(Category).where(Category.code == words[0], effective(Category, day)))
    if category is None:
        raise Invalid(f"没有代码为“{words[0]}”的事项分类", code="unknown_category_code", field="skills")
    region = by_code(session, Region, words[2], day, field="skills") if len(words) == 3 else None
    return ExpertField(category_id=category.id, level=int(words[1]), region_id=region.id if region else None)
