"""★★ THE TABLE: what may happen to a ticket, by whom, and which clocks that starts and stops.

Buttons, API, permissions, ledger and clocks all come from here. Every row also asks that the actor is impartial,
discreet (tip-offs) and, for an enterprise, at its own ticket. The form of a row is `actions.ACTIONS[action].schema`.
"""

from collections.abc import Iterable
from typing import Any

from hotline import workflow
from hotline.accounts.models import Role as R
from hotline.ticket import guards as g
from hotline.ticket.models.codes import ENDS, OPEN
from hotline.ticket.models.codes import TicketStatus as S
from hotline.workflow import Guard, Table
from routing.profiles import ClockName as C

DESK = frozenset({R.AGENT, R.TEAM_LEADER})
UNIT = frozenset({R.HANDLER, R.UNIT_LEADER})
LEADER = frozenset({R.UNIT_LEADER})
DISPATCHER = frozenset({R.DISPATCHER, R.SUPERVISOR})
SUPERVISOR = frozenset({R.SUPERVISOR})
CALLBACK = frozenset({R.CALLBACK, R.SUPERVISOR})
STAFF = frozenset(R) - {R.ENTERPRISE, R.SYSTEM, R.ADMIN, R.AUDITOR, R.KB_EDITOR, R.GRASSROOTS}
OURS = frozenset({R.ENTERPRISE})
CLOCK = frozenset({R.SYSTEM})

ALL = tuple(C)  # an ended ticket has no running clock
WORK = (C.TOTAL, C.REWORK, C.CONTACT, C.SIGN_OFF, C.CONSULTATION)
"""What an answer ends; with CONSULTATION the questions to experts that are still open are withdrawn."""


def rows(
    action: str,
    label: str,
    sources: S | Iterable[S] | None,
    target: S | None,
    who: frozenset[R],
    *guards: Guard,
    **more: Any,
) -> Table:
    """Rows of the table. Whoever registers an appeal need not be impartial: it may be about the desk."""
    every = (g.own_ticket, g.impartial, g.discreet, *guards) if sources else guards
    return workflow.rows(action, label, sources, target, who, *every, **more)


UNSENT = (S.AWAITING_DISPATCH, S.AWAITING_SUPPLEMENT)
AT_UNIT = (S.AWAITING_SIGN, S.HANDLING)
TO_DO = (*AT_UNIT, S.OBJECTED)
SENT_OUT = (*TO_DO, S.UNDER_REVIEW)
ALONE = tuple(status for status in OPEN if status is not S.MERGED)
ASKED = (*UNSENT, *AT_UNIT, S.OBJECTED, S.UNDER_REVIEW)
BEFORE_REPLY = (*UNSENT, *AT_UNIT, S.OBJECTED, S.AWAITING_EXTERNAL, S.MERGED)
AGAIN = (C.DISPATCH,)
SENT = (C.SIGN, C.CONTACT)

INTAKE = (
    rows("answer", "直接答复办结", None, S.CLOSED, DESK, g.not_praise, g.impartial),
    rows("submit", "提交转办", None, S.AWAITING_DISPATCH, DESK | OURS | CLOCK, g.not_praise, starts=(C.DISPATCH, C.TOTAL)),
    rows("forward_praise", "转单位知悉", None, S.CLOSED, DESK | CLOCK, g.is_praise),
    rows("refuse", "不予受理", None, S.REFUSED, DESK, g.impartial),
    rows("transfer_emergency", "转紧急热线", None, S.TRANSFERRED, DESK),
    rows("supplement", "补充材料", S.AWAITING_SUPPLEMENT, S.AWAITING_DISPATCH, DESK | OURS, starts=AGAIN, stops=(C.SUPPLEMENT,)),
    rows("amend", "修改登记", UNSENT, None, DESK | DISPATCHER),
    rows("withdraw", "撤回诉求", BEFORE_REPLY, S.WITHDRAWN, DESK | OURS, g.no_children, stops=ALL),
)  # fmt: skip

DISPATCH = (
    rows("dispatch", "派单", S.AWAITING_DISPATCH, S.AWAITING_SIGN, DISPATCHER | CLOCK, starts=(*SENT, C.TOTAL),
         stops=(C.DISPATCH,)),
    rows("return_for_supplement", "退回补充", S.AWAITING_DISPATCH, S.AWAITING_SUPPLEMENT, DISPATCHER,
         starts=(C.SUPPLEMENT,), stops=(C.DISPATCH,)),
    rows("refuse", "不予受理", UNSENT, S.REFUSED, DISPATCHER, g.no_children, stops=ALL),
    rows("transfer_emergency", "转紧急热线", S.AWAITING_DISPATCH, S.TRANSFERRED, DISPATCHER, g.no_children, stops=ALL),
    rows("transfer_external", "转外地或省12345", S.AWAITING_DISPATCH, S.AWAITING_EXTERNAL, DISPATCHER,
         starts=(C.EXTERNAL,), stops=(C.DISPATCH, C.CONSULTATION)),
    rows("external_reply", "登记外地答复", S.AWAITING_EXTERNAL, S.CLOSED, DISPATCHER, g.callback_unwanted, g.no_task_force,
         stops=ALL),
    rows("external_reply", "登记外地答复", S.AWAITING_EXTERNAL, S.AWAITING_CALLBACK, DISPATCHER, g.callback_wanted,
         starts=(C.CALLBACK,), stops=(C.EXTERNAL, *WORK)),
    rows("external_return", "外地退回", S.AWAITING_EXTERNAL, S.AWAITING_DISPATCH, DISPATCHER, starts=AGAIN, stops=(C.EXTERNAL,)),
    rows("merge", "并单", (S.AWAITING_DISPATCH, S.AWAITING_SIGN), S.MERGED, DISPATCHER, g.no_children,
         g.no_task_force, stops=ALL),
    rows("split", "拆单", S.MERGED, S.AWAITING_DISPATCH, DISPATCHER, starts=AGAIN),
    rows("follow_master", "主单已答复", S.MERGED, S.AWAITING_CALLBACK, CLOCK, g.callback_wanted, starts=(C.CALLBACK,)),
    rows("follow_master", "主单已答复", S.MERGED, S.CLOSED, CLOCK, g.callback_unwanted),
    rows("overrule", "驳回退单", S.OBJECTED, S.AWAITING_SIGN, DISPATCHER, g.first_objection, starts=SENT, stops=(C.OBJECTION,)),
    rows("redispatch", "改派", S.OBJECTED, S.AWAITING_SIGN, DISPATCHER, g.first_objection, starts=SENT, stops=(C.OBJECTION,)),
    rows("overrule", "强制派单", S.OBJECTED, S.AWAITING_SIGN, SUPERVISOR, starts=SENT, stops=(C.OBJECTION,)),
    rows("redispatch", "改派", S.OBJECTED, S.AWAITING_SIGN, SUPERVISOR, starts=SENT, stops=(C.OBJECTION,)),
    rows("redispatch", "改派", S.AWAITING_SIGN, S.AWAITING_SIGN, DISPATCHER, starts=SENT, stops=SENT),
    rows("add_support", "加派协办", AT_UNIT, None, DISPATCHER, g.not_signing),
)  # fmt: skip

HANDLING = (
    rows("sign", "签收", S.AWAITING_SIGN, S.HANDLING, UNIT, g.for_lead, stops=(C.SIGN,)),
    rows("sign_by_default", "逾期视为签收", S.AWAITING_SIGN, S.HANDLING, CLOCK, stops=(C.SIGN,)),
    rows("object", "退单", AT_UNIT, S.OBJECTED, UNIT, g.for_lead, g.may_object, g.running, g.nothing_asked,
         g.not_signing, g.not_disputed,
         starts=(C.OBJECTION,), stops=SENT),
    rows("assign_handler", "指派经办人", AT_UNIT, None, UNIT, g.leads_or_owes),
    rows("delegate", "下派", S.HANDLING, None, UNIT, g.leads_or_owes, g.running, g.not_signing),
    rows("contribute", "提交协办意见", TO_DO, None, UNIT, g.owes_opinion, g.inner_opinions_in),
    rows("contact", "先行联系", AT_UNIT, None, UNIT, g.takes_part, decides=False),
    rows("interim", "阶段反馈", S.HANDLING, None, UNIT, g.takes_part, decides=False),
    rows("request_extension", "申请延期", S.HANDLING, None, UNIT, g.for_lead, g.may_extend, g.not_signing,
         starts=(C.EXTENSION_RULING,)),
    rows("grant_extension", "同意延期", S.HANDLING, None, SUPERVISOR, g.extension_asked, stops=(C.EXTENSION_RULING,)),
    rows("deny_extension", "不同意延期", S.HANDLING, None, SUPERVISOR, g.extension_asked, stops=(C.EXTENSION_RULING,)),
    rows("request_pause", "申请挂起", S.HANDLING, None, UNIT, g.for_lead, g.may_pause, g.not_signing,
         starts=(C.PAUSE_RULING,)),
    rows("grant_pause", "同意挂起", S.HANDLING, None, SUPERVISOR, g.pause_asked, starts=(C.PAUSE_LIMIT,), stops=(C.PAUSE_RULING,)),
    rows("deny_pause", "不同意挂起", S.HANDLING, None, SUPERVISOR, g.pause_asked, stops=(C.PAUSE_RULING,)),
    rows("resume", "恢复办理", S.HANDLING, None, UNIT, g.for_lead, g.paused, stops=(C.PAUSE_LIMIT,)),
    rows("resume", "恢复办理", S.HANDLING, None, SUPERVISOR | CLOCK, g.paused, stops=(C.PAUSE_LIMIT,)),
    rows("reply", "提交答复", S.HANDLING, S.UNDER_REVIEW, UNIT, g.for_lead, g.running, g.nothing_asked, g.opinions_in,
         g.decisions_done, g.no_sign_off, starts=(C.REVIEW,)),
    rows("reply", "拟写答复送审签", S.HANDLING, None, UNIT, g.for_lead, g.running, g.nothing_asked, g.opinions_in,
         g.decisions_done, g.needs_sign_off, g.not_signing, starts=(C.SIGN_OFF,)),
    rows("sign_off", "审签通过", S.HANDLING, None, LEADER, g.for_lead, g.signing, g.decisions_done, g.more_levels),
    rows("sign_off", "审签通过", S.HANDLING, S.UNDER_REVIEW, LEADER, g.for_lead, g.signing, g.decisions_done, g.last_level,
         starts=(C.REVIEW,), stops=(C.SIGN_OFF,)),
    rows("reject_sign_off", "审签退回", S.HANDLING, None, LEADER, g.for_lead, g.signing, stops=(C.SIGN_OFF,)),
)  # fmt: skip

FEEDBACK = (
    rows("approve", "审核通过", S.UNDER_REVIEW, S.CLOSED, frozenset({R.REVIEWER}), g.callback_unwanted, g.no_task_force,
         stops=ALL),
    rows("approve", "审核通过", S.UNDER_REVIEW, S.AWAITING_CALLBACK, frozenset({R.REVIEWER}), g.callback_wanted,
         starts=(C.CALLBACK,), stops=(C.REVIEW, *WORK)),
    rows("return_reply", "审核退回", S.UNDER_REVIEW, S.HANDLING, frozenset({R.REVIEWER}), stops=(C.REVIEW,)),
    rows("callback", "登记回访", S.AWAITING_CALLBACK, None, CALLBACK, decides=False),
    rows("rework", "退回重办", S.AWAITING_CALLBACK, S.HANDLING, CALLBACK, g.dissatisfied, g.has_lead,
         starts=(C.REWORK, C.CONTACT), stops=(C.CALLBACK,)),
    rows("rework", "退回重办", S.AWAITING_CALLBACK, S.AWAITING_DISPATCH, CALLBACK, g.dissatisfied, g.no_lead,
         starts=AGAIN, stops=(C.CALLBACK,)),
    rows("close", "办结", S.AWAITING_CALLBACK, S.CLOSED, CALLBACK, g.callback_done, g.no_task_force, stops=ALL),
    rows("rate", "评价", S.CLOSED, None, OURS, g.not_rated, decides=False),
    rows("request_review", "申请复核", S.CLOSED, None, OURS | DESK, g.not_praise, g.may_ask_review, starts=(C.REVIEW_REQUEST,)),
    rows("grant_review", "同意复核", S.CLOSED, S.HANDLING, SUPERVISOR, g.review_asked, g.has_lead,
         starts=(C.REWORK, C.CONTACT), stops=(C.REVIEW_REQUEST,)),
    rows("grant_review", "同意复核", S.CLOSED, S.AWAITING_DISPATCH, SUPERVISOR, g.review_asked, g.no_lead,
         starts=AGAIN, stops=(C.REVIEW_REQUEST,)),
    rows("deny_review", "维持原答复", S.CLOSED, None, SUPERVISOR, g.review_asked, stops=(C.REVIEW_REQUEST,)),
    rows("reopen", "重新办理", S.CLOSED, S.HANDLING, SUPERVISOR, g.not_praise, g.no_review_asked, g.has_lead,
         starts=(C.REWORK, C.CONTACT)),
    rows("reopen", "重新办理", (S.CLOSED, S.REFUSED), S.AWAITING_DISPATCH, SUPERVISOR, g.not_praise, g.no_review_asked,
         g.no_lead, starts=AGAIN),
)  # fmt: skip

ANY_TIME = (
    rows("note", "添加备注", OPEN, None, STAFF, decides=False),
    rows("urge", "催单", OPEN, None, OURS | DESK, decides=False),
    rows("ask_expert", "请专家解答", (*UNSENT, *AT_UNIT), None, DESK | DISPATCHER | UNIT, g.not_tip_off),
    rows("expert_answer", "专家答复", ASKED, None, frozenset({R.EXPERT}), g.is_asked, g.not_tip_off, decides=False),
    rows("expert_decline", "转其他专家", ASKED, None, frozenset({R.EXPERT}), g.is_asked, g.not_tip_off, decides=False),
    rows("change_follower", "变更跟办人", OPEN, None, DISPATCHER | {R.TEAM_LEADER}, g.no_task_force),
    rows("hand_over", "交接", OPEN, None, DISPATCHER | {R.TEAM_LEADER} | CLOCK),
    rows("supervise", "督办", OPEN, None, SUPERVISOR | CLOCK, g.not_supervised),
    rows("lift_supervision", "解除督办", OPEN, None, SUPERVISOR, g.supervised),
)

CHAIN = (
    rows("tell_by_phone", "登记电话告知", AT_UNIT, None, DESK | DISPATCHER, decides=False),
    rows("confer", "登记会商", SENT_OUT, None, DISPATCHER | UNIT, g.sits_in, decides=False),
    rows("raise_task_force", "成立专班", ALONE, None, SUPERVISOR, g.no_task_force),
    rows("join_task_force", "增加专班成员", ALONE, None, SUPERVISOR, g.has_task_force),
    rows("leave_task_force", "移出专班成员", ALONE, None, SUPERVISOR, g.has_task_force),
    rows("decide", "专班决定", TO_DO, None, SUPERVISOR, g.has_task_force),
    rows("decide", "专班决定", TO_DO, None, STAFF - UNIT, g.follows_task_force),
    rows("fulfil", "落实专班决定", TO_DO, None, UNIT, g.owes_decision),
    rows("drop_decision", "撤销专班决定", ALONE, None, SUPERVISOR, g.decisions_open),
    rows("end_task_force", "专班结束", OPEN, None, SUPERVISOR, g.has_task_force, g.decisions_done),
    rows("end_task_force", "专班结束", tuple(ENDS), None, SUPERVISOR, g.has_task_force),
    rows("dispute", "对延期或挂起提出异议", S.HANDLING, None, OURS | DESK, g.may_dispute, starts=(C.DISPUTE,)),
    rows("uphold_dispute", "异议成立", S.HANDLING, None, SUPERVISOR, g.disputed, g.disputed_pause,
         stops=(C.DISPUTE, C.PAUSE_LIMIT)),
    rows("uphold_dispute", "异议成立", ALONE, None, SUPERVISOR, g.disputed, stops=(C.DISPUTE,)),
    rows("reject_dispute", "异议不成立", ALONE, None, SUPERVISOR, g.disputed, stops=(C.DISPUTE,)),
)  # fmt: skip

TABLE: Table = sum((*INTAKE, *DISPATCH, *HANDLING, *FEEDBACK, *ANY_TIME, *CHAIN), ())
LABELS: dict[str, str] = {row.action: row.label for row in reversed(TABLE)}
"""Action → what it is called where no ticket says which row is meant: as in its first row."""
