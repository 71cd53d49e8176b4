"""What the table knows of a consultation, and the pure functions over it that say why not."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hotline.accounts.actor import Actor
from hotline.accounts.models import Role
from hotline.experts.records import Advice, AdviceKind, AdviceStatus
from hotline.ticket.models import AppealType


@dataclass(frozen=True)
class AdviceFacts:
    """One consultation as the guards see it. `status` None = one that is about to be made.

    `has_next`: whether the pool has somebody else to invite. `is_connected`: the three-way call runs.
    """

    status: AdviceStatus | None
    kind: AdviceKind
    ticket_id: int | None = None
    by_id: int | None = None
    expert_id: int | None = None
    invited_id: int | None = None
    officer_id: int | None = None
    unit_id: int | None = None
    respondent_units: frozenset[int] = frozenset()
    respondents: frozenset[int] = frozenset()
    is_tip_off: bool = False
    has_next: bool = False
    is_asked: bool = False
    is_connected: bool = False
    has_begun: bool = False
    is_rated: bool = False


def facts_of(advice: Advice, now: datetime, *, has_next: bool = False) -> AdviceFacts:
    """The facts of a stored consultation at `now`; of its ticket the respondent as it stands today too."""
    invitation, call, meeting, ticket = advice.invitation, advice.call, advice.appointment, advice.ticket
    units, people = respondents_of(advice)
    answering = advice.answered_for_id or (advice.expert.unit_id if advice.expert else advice.unit_id)
    return AdviceFacts(
        status=advice.status,
        kind=advice.kind,
        ticket_id=advice.ticket_id,
        by_id=advice.by_id,
        expert_id=advice.expert.account_id if advice.expert else None,
        invited_id=invitation.expert.account_id if invitation else None,
        officer_id=advice.officer_id,
        unit_id=answering,
        respondent_units=units,
        respondents=people,
        is_tip_off=ticket is not None and ticket.appeal_type is AppealType.TIP_OFF,
        has_next=has_next,
        is_asked=call is not None,
        is_connected=call is not None and call.started_at is not None and call.ended_at is None,
        has_begun=meeting is not None and meeting.starts_at <= now,
        is_rated=advice.satisfaction is not None,
    )


def respondents_of(advice: Advice) -> tuple[frozenset[int], frozenset[int]]:
    """Units and accounts that the appeal complains of: when the expert was asked for, and by its ticket today."""
    ticket = advice.ticket if advice.ticket and advice.ticket.appeal_type is not AppealType.PRAISE else None
    units = {advice.respondent_unit_id, ticket and ticket.respondent_unit_id}
    people = {advice.respondent_account_id, ticket and ticket.respondent_account_id}
    return frozenset(one for one in units if one), frozenset(one for one in people if one)


def impartial(facts: AdviceFacts, actor: Actor) -> str | None:
    """回避: nobody answers or reviews where the own unit is complained of."""
    concerned = facts.respondent_units & actor.avoids or actor.account_id in facts.respondents
    return "被反映单位或人员应当回避" if concerned else None


def own_ticket(facts: AdviceFacts, actor: Actor) -> str | None:
    """An enterprise acts on its own appointments only."""
    if actor.roles == {Role.ENTERPRISE} and (facts.ticket_id != actor.ticket_id or not facts.ticket_id):
        return "只能操作本企业的预约"
    return None


def not_tip_off(facts: AdviceFacts, _actor: Actor) -> str | None:
    return "举报件不请专家" if facts.is_tip_off else None


def one_of(kind: AdviceKind) -> Callable[[AdviceFacts, Actor], str | None]:
    """The consultation must be of this kind."""

    def is_kind(facts: AdviceFacts, _actor: Actor) -> str | None:
        return None if facts.kind is kind else f"只用于{kind.label}"

    is_kind.__name__ = f"is_{kind.value.lower()}"
    return is_kind


def somebody_left(facts: AdviceFacts, _actor: Actor) -> str | None:
    return None if facts.has_next else "没有其他合适的专家"


def nobody_left(facts: AdviceFacts, _actor: Actor) -> str | None:
    return "还有其他合适的专家" if facts.has_next else None


def is_invited(facts: AdviceFacts, actor: Actor) -> str | None:
    return None if actor.account_id == facts.invited_id else "这次邀请已转给其他人"


def is_officer(facts: AdviceFacts, actor: Actor) -> str | None:
    return None if actor.account_id == facts.officer_id else "由值班人员接听"


def is_expert(facts: AdviceFacts, actor: Actor) -> str | None:
    """The expert who took it, or the duty officer who took it instead."""
    mine = actor.account_id is not None and actor.account_id in (facts.expert_id, facts.officer_id)
    return None if mine else "由接受咨询的专家办理"


def at_the_desk(facts: AdviceFacts, actor: Actor) -> str | None:
    """Whoever asked for the expert, a team leader for any; of what an enterprise booked anybody at the desk."""
    if facts.by_id in (None, actor.account_id) or Role.TEAM_LEADER in actor.roles:
        return None
    return "由发起咨询的席位办理"


def not_asked(facts: AdviceFacts, _actor: Actor) -> str | None:
    return "已征询过来电人" if facts.is_asked else None


def consent_asked(facts: AdviceFacts, _actor: Actor) -> str | None:
    return None if facts.is_asked else "请先征询来电人是否同意三方通话"


def connected(facts: AdviceFacts, _actor: Actor) -> str | None:
    return None if facts.is_connected else "三方通话未接通或已结束"


def not_connected(facts: AdviceFacts, _actor: Actor) -> str | None:
    return "三方通话还没有结束" if facts.is_connected else None


def begun(facts: AdviceFacts, _actor: Actor) -> str | None:
    return None if facts.has_begun else "预约时间未到"


def not_begun(facts: AdviceFacts, _actor: Actor) -> str | None:
    return "预约时间已到，不能再取消" if facts.has_begun else None


def own_unit(facts: AdviceFacts, actor: Actor) -> str | None:
    """The answer is the unit's word: its leader passes it, or a reviewer of the hotline."""
    if Role.REVIEWER in actor.roles or facts.unit_id in actor.unit_ids:
        return None
    return "由作答单位的负责人审核"


def of_unit(facts: AdviceFacts, actor: Actor) -> str | None:
    """Whoever speaks for the unit whose word the answer is: another expert of it, or a leader."""
    return None if facts.unit_id in actor.unit_ids else "由作答单位的专家或负责人修改"


def stands_above(facts: AdviceFacts, actor: Actor) -> str | None:
    """Who sees to what its expert can no longer end: the unit's leader, or the hotline's."""
    hotline = actor.roles & {Role.SUPERVISOR, Role.TEAM_LEADER}
    return None if hotline or facts.unit_id in actor.unit_ids else "由作答单位负责人、班长或督办员办理"


def not_author(facts: AdviceFacts, actor: Actor) -> str | None:
    return "不能审核自己的答复" if actor.account_id in (facts.expert_id, facts.officer_id) else None


def not_rated(facts: AdviceFacts, _actor: Actor) -> str | None:
    return "已经评价过" if facts.is_rated else None
