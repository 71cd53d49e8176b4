"""When a row of the table is refused: pure functions over (facts, actor), None or a Chinese sentence."""

from hotline.accounts.actor import Actor
from hotline.accounts.models import Role
from hotline.ticket.facts import Facts
from hotline.ticket.models import AppealType


def is_conflicted(facts: Facts, actor: Actor) -> bool:
    """Whether the appeal is about this actor, the actor's unit or a unit above it which another unit supervises.

    Praise is for them to read.
    """
    if facts.appeal_type is AppealType.PRAISE:
        return False
    by_unit = facts.respondent_unit_id is not None and facts.respondent_unit_id in actor.avoids
    by_person = facts.respondent_account_id is not None and facts.respondent_account_id == actor.account_id
    return by_unit or by_person


def impartial(facts: Facts, actor: Actor) -> str | None:
    """回避: nobody rules, handles or reads a complaint about himself or his unit."""
    return "被反映单位或人员应当回避，本工单由其监督单位办理" if is_conflicted(facts, actor) else None


def discreet(facts: Facts, actor: Actor) -> str | None:
    """A tip-off is for the unit's leader and the one named handler only."""
    if facts.appeal_type is not AppealType.TIP_OFF or not actor.is_unit or actor.is_hotline:
        return None
    named = actor.account_id == facts.handler_id or actor.account_id in facts.member_ids
    return None if named or Role.UNIT_LEADER in actor.roles else "举报件仅限指定经办人和单位负责人办理"


def own_ticket(facts: Facts, actor: Actor) -> str | None:
    """An enterprise acts on the ticket whose number and code it proved."""
    if actor.roles == {Role.ENTERPRISE} and actor.ticket_id != facts.ticket_id:
        return "只能操作本企业的工单"
    return None


def for_lead(facts: Facts, actor: Actor) -> str | None:
    """The lead unit's handlers, the named one (perhaps of a unit above or below), a leader of it or of one above."""
    own = facts.lead_unit_id == actor.unit_id or actor.account_id == facts.handler_id
    above = Role.UNIT_LEADER in actor.roles and facts.lead_unit_id in actor.unit_ids
    return None if own or above else "本工单由其他单位主办"


def takes_part(facts: Facts, actor: Actor) -> str | None:
    """The lead, or a supporting or delegated unit."""
    if actor.unit_id in facts.support_unit_ids or actor.account_id in facts.support_handler_ids:
        return None
    return for_lead(facts, actor) and "本单位未参与办理此工单"


def owes_opinion(facts: Facts, actor: Actor) -> str | None:
    """The unit itself, or whoever was named for it because it has nobody."""
    owes = actor.unit_id in facts.awaited_unit_ids or actor.account_id in facts.awaited_handler_ids
    return None if owes else "本单位没有待提交的协办意见"


def leads_or_owes(facts: Facts, actor: Actor) -> str | None:
    """The lead, or a unit that owes an opinion: each gives its own part to whom it will, inside or further down."""
    return for_lead(facts, actor) and owes_opinion(facts, actor) and "本单位未主办、也未受派办理此工单"


def inner_opinions_in(facts: Facts, actor: Actor) -> str | None:
    """Whoever sent a matter down answers for it: first those below, then the unit itself."""
    return "本单位下派的单位尚未提交意见" if actor.unit_id in facts.waiting_unit_ids else None


def sits_in(facts: Facts, actor: Actor) -> str | None:
    """The hotline, a unit that takes part, or a member of the task force."""
    member = actor.unit_id in facts.member_unit_ids or actor.account_id in facts.member_ids
    return None if actor.is_hotline or member else takes_part(facts, actor)


def has_task_force(facts: Facts, actor: Actor) -> str | None:
    return None if facts.has_task_force else "本工单没有专班"


def no_task_force(facts: Facts, actor: Actor) -> str | None:
    return "专班尚未结束" if facts.has_task_force else None


def follows_task_force(facts: Facts, actor: Actor) -> str | None:
    """The one named to follow it to the end."""
    mine = facts.has_task_force and facts.follower_id == actor.account_id
    return None if mine else "专班决定由督办员或专班跟进人登记"


def owes_decision(facts: Facts, actor: Actor) -> str | None:
    owes = actor.unit_id in facts.decided_unit_ids or actor.account_id in facts.decided_handler_ids
    return None if owes else "没有待本单位落实的专班决定"


def decisions_open(facts: Facts, actor: Actor) -> str | None:
    return None if facts.decided_unit_ids else "没有待落实的专班决定"


def decisions_done(facts: Facts, actor: Actor) -> str | None:
    """What the task force decided binds: first it is carried out, then the ticket is answered."""
    return "专班决定尚未落实" if facts.decided_unit_ids else None


def may_dispute(facts: Facts, actor: Actor) -> str | None:
    if facts.is_disputed:
        return "已有异议待答复"
    return None if facts.disputable else "没有可提出异议的延期或挂起"


def disputed(facts: Facts, actor: Actor) -> str | None:
    return None if facts.is_disputed else "没有待答复的异议"


def disputed_pause(facts: Facts, actor: Actor) -> str | None:
    return None if facts.disputes_pause and facts.is_paused else "异议不针对正在进行的挂起"


def not_disputed(facts: Facts, actor: Actor) -> str | None:
    return "企业对延期或挂起的异议尚待答复" if facts.is_disputed else None


def not_tip_off(facts: Facts, actor: Actor) -> str | None:
    """No expert reads who is tipped off about whom."""
    return "举报件不请专家" if facts.appeal_type is AppealType.TIP_OFF else None


def is_asked(facts: Facts, actor: Actor) -> str | None:
    return None if actor.account_id in facts.awaited_expert_ids else "没有向您提出的咨询"


def is_praise(facts: Facts, actor: Actor) -> str | None:
    return None if facts.appeal_type is AppealType.PRAISE else "只有表扬转单位知悉"


def not_praise(facts: Facts, actor: Actor) -> str | None:
    return "表扬请转单位知悉，不需转办" if facts.appeal_type is AppealType.PRAISE else None


def may_object(facts: Facts, actor: Actor) -> str | None:
    """Counted and capped, and only within the profile's window after dispatch."""
    if facts.objection_count >= facts.max_objections:
        return f"退单已达 {facts.max_objections} 次上限，须先行办理"
    return None if facts.objection_open else "已过退单时限"


def first_objection(facts: Facts, actor: Actor) -> str | None:
    return None if facts.objection_count <= 1 else "第二次退单由督办员裁定"


def may_extend(facts: Facts, actor: Actor) -> str | None:
    count = (facts.extension_pending, facts.extension_count, facts.extension_max_count)
    return _may_ask("延期", *count, facts.is_overdue) or running(facts, actor)


def _may_ask(what: str, pending: bool, count: int, most: int, is_overdue: bool) -> str | None:
    """More time is asked for once at a time, so many times, and before it has run out."""
    if pending:
        return f"已有{what}申请待审批"
    if count >= most:
        return f"{what}已达 {most} 次上限"
    return f"已超期，不能再申请{what}" if is_overdue else None


def extension_asked(facts: Facts, actor: Actor) -> str | None:
    return None if facts.extension_pending else "没有待审批的延期申请"


def may_pause(facts: Facts, actor: Actor) -> str | None:
    count = (facts.pause_pending, facts.pause_count, facts.pause_max_count)
    return _may_ask("挂起", *count, facts.is_overdue) or running(facts, actor)


def pause_asked(facts: Facts, actor: Actor) -> str | None:
    return None if facts.pause_pending else "没有待审批的挂起申请"


def paused(facts: Facts, actor: Actor) -> str | None:
    return None if facts.is_paused else "工单未挂起"


def running(facts: Facts, actor: Actor) -> str | None:
    return "工单已挂起，请先恢复办理" if facts.is_paused else None


def not_signing(facts: Facts, actor: Actor) -> str | None:
    return "答复正在单位审签" if facts.sign_offs_left else None


def nothing_asked(facts: Facts, actor: Actor) -> str | None:
    """A reply must not leave an extension or a pause unruled behind it."""
    return "延期或挂起申请尚待审批" if facts.extension_pending or facts.pause_pending else None


def opinions_in(facts: Facts, actor: Actor) -> str | None:
    return "尚有协办或下派单位未提交意见" if facts.awaited_unit_ids else None


def needs_sign_off(facts: Facts, actor: Actor) -> str | None:
    return None if facts.sign_off_levels else "本单位不需审签"


def no_sign_off(facts: Facts, actor: Actor) -> str | None:
    return "本单位答复须经审签" if facts.sign_off_levels else None


def signing(facts: Facts, actor: Actor) -> str | None:
    """Another person signs each level: not the author, nobody twice; 分管领导 before 主要领导 where there are both."""
    if not facts.sign_offs_left:
        return "没有待审签的答复"
    if actor.account_id in facts.signer_ids:
        return "本人拟稿或已签过，须由他人审签"
    if facts.due_signer_ids and actor.account_id not in facts.due_signer_ids:
        return "本级须由主要领导审签" if facts.sign_offs_left == 1 else "本级须由分管领导审签"
    return None


def last_level(facts: Facts, actor: Actor) -> str | None:
    return None if facts.sign_offs_left == 1 else "还需下一级审签"


def more_levels(facts: Facts, actor: Actor) -> str | None:
    return None if facts.sign_offs_left > 1 else "已是最后一级审签"


def callback_wanted(facts: Facts, actor: Actor) -> str | None:
    return None if facts.wants_callback else "诉求人不要回访"


def callback_unwanted(facts: Facts, actor: Actor) -> str | None:
    return "须先回访" if facts.wants_callback else None


def callback_done(facts: Facts, actor: Actor) -> str | None:
    """A valid callback, or as many tries as the profile asks for."""
    enough = facts.callback_valid or facts.callback_tries >= facts.callback_tries_needed
    return None if enough else f"须有一次有效回访，或回访满 {facts.callback_tries_needed} 次未接通"


def dissatisfied(facts: Facts, actor: Actor) -> str | None:
    bad = facts.callback_valid and facts.satisfaction is not None and facts.satisfaction.is_bad
    return None if bad else "回访为不满意的才能退回重办"


def has_lead(facts: Facts, actor: Actor) -> str | None:
    return None if facts.lead_unit_id else "尚无主办单位"


def no_lead(facts: Facts, actor: Actor) -> str | None:
    return "已有主办单位" if facts.lead_unit_id else None


def no_children(facts: Facts, actor: Actor) -> str | None:
    return "有并入本单的工单，请先拆单" if facts.has_children else None


def may_ask_review(facts: Facts, actor: Actor) -> str | None:
    if facts.review_count:
        return "每件工单只能申请一次复核"
    return None if facts.review_open else "已过申请复核的期限"


def review_asked(facts: Facts, actor: Actor) -> str | None:
    return None if facts.review_pending else "没有待裁定的复核申请"


def no_review_asked(facts: Facts, actor: Actor) -> str | None:
    return "有复核申请待裁定" if facts.review_pending else None


def not_rated(facts: Facts, actor: Actor) -> str | None:
    return "本工单已经评价，一件一评" if facts.is_rated else None


def supervised(facts: Facts, actor: Actor) -> str | None:
    return None if facts.is_supervised else "工单未被督办"


def not_supervised(facts: Facts, actor: Actor) -> str | None:
    return "工单已在督办" if facts.is_supervised else None
