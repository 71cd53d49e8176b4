"""★ THE TABLE of a consultation: what may happen to one, by whom, and which clocks that starts and stops.

Buttons, API, permissions and history come from here; the form of an action is `actions.ADVICE_ACTIONS[action].schema`.
A question in writing is asked and answered by the ticket's own rows (ask_expert, expert_answer): it enters this table
with its answer.
"""

from collections.abc import Iterable
from typing import Any

from hotline import workflow
from hotline.accounts.models import Role as R
from hotline.experts import guards as g
from hotline.experts.clocks import AdviceClock as C
from hotline.experts.records import AdviceKind
from hotline.experts.records import AdviceStatus as S
from hotline.workflow import Guard, Table

DESK = frozenset({R.AGENT, R.TEAM_LEADER})
EXPERT = frozenset({R.EXPERT})
ABOVE = frozenset({R.UNIT_LEADER, R.SUPERVISOR, R.TEAM_LEADER})
OFFICER = frozenset({R.HANDLER, R.UNIT_LEADER, R.SUPERVISOR, R.TEAM_LEADER})
REVIEW = frozenset({R.UNIT_LEADER, R.REVIEWER})
OURS = frozenset({R.ENTERPRISE})
CLOCK = frozenset({R.SYSTEM})

ALL = tuple(C)
by_call, by_appointment = g.one_of(AdviceKind.CALL), g.one_of(AdviceKind.APPOINTMENT)


def rows(
    action: str,
    label: str,
    sources: S | Iterable[S] | None,
    target: S | None,
    who: frozenset[R],
    *guards: Guard,
    **more: Any,
) -> Table:
    """Rows of the table. Whoever asks for an expert need not be impartial: the expert has to be."""
    every = (g.own_ticket, g.impartial, *guards) if sources else guards
    return workflow.rows(action, label, sources, target, who, *every, **more)


CALLS = (
    rows("invite", "请专家通话", None, S.INVITING, DESK, g.not_tip_off, g.somebody_left, starts=(C.ACCEPT,)),
    rows("invite", "请专家通话", None, S.ON_DUTY_OFFICER, DESK, g.not_tip_off, g.nobody_left, starts=(C.OFFICER,)),
    rows("accept", "接受邀请", S.INVITING, S.IN_CALL, EXPERT, g.not_tip_off, g.is_invited, starts=(C.CALL,),
         stops=(C.ACCEPT,)),
    rows("decline", "谢绝", S.INVITING, None, EXPERT, g.is_invited, g.somebody_left,
         starts=(C.ACCEPT,), stops=(C.ACCEPT,)),
    rows("decline", "谢绝", S.INVITING, S.ON_DUTY_OFFICER, EXPERT, g.is_invited, g.nobody_left,
         starts=(C.OFFICER,), stops=(C.ACCEPT,)),
    rows("pass_on", "转请下一位", S.INVITING, None, CLOCK, g.somebody_left, starts=(C.ACCEPT,), stops=(C.ACCEPT,)),
    rows("pass_on", "转请值班人员", S.INVITING, S.ON_DUTY_OFFICER, CLOCK, g.nobody_left,
         starts=(C.OFFICER,), stops=(C.ACCEPT,)),
    rows("take_over", "值班人员接听", S.ON_DUTY_OFFICER, S.IN_CALL, OFFICER, g.not_tip_off, g.is_officer,
         starts=(C.CALL,), stops=(C.OFFICER,)),
    rows("connect", "三方通话", S.IN_CALL, None, DESK, g.not_tip_off, g.at_the_desk, g.not_asked),
    rows("hang_up", "结束三方通话", S.IN_CALL, None, DESK, g.at_the_desk, g.connected),
    rows("record_answer", "记录答复", S.IN_CALL, S.UNDER_REVIEW, DESK, g.not_tip_off, g.at_the_desk,
         g.consent_asked, g.not_connected,
         starts=(C.REVIEW,), stops=(C.CALL,)),
    rows("record_answer", "记录答复", S.IN_CALL, S.UNDER_REVIEW, EXPERT | OFFICER, g.not_tip_off, g.is_expert,
         g.consent_asked,
         g.not_connected, starts=(C.REVIEW,), stops=(C.CALL,)),
    rows("cancel", "取消咨询", (S.INVITING, S.ON_DUTY_OFFICER), S.CANCELLED, DESK, g.at_the_desk, stops=ALL),
    rows("cancel", "取消咨询", S.IN_CALL, S.CANCELLED, DESK, g.at_the_desk, g.not_connected, stops=ALL),
)  # fmt: skip

APPOINTMENTS = (
    rows("book", "预约", None, S.BOOKED, DESK | OURS, by_appointment, g.not_tip_off,
         starts=(C.CONFIRM, C.SLOT)),
    rows("confirm", "确认预约", S.BOOKED, S.CONFIRMED, EXPERT, g.not_tip_off, g.is_expert, g.not_begun,
         starts=(C.REMIND, C.MEETING), stops=(C.CONFIRM, C.SLOT)),
    rows("turn_down", "不能接待", (S.BOOKED, S.CONFIRMED), S.CANCELLED, EXPERT, g.is_expert, g.not_begun, stops=ALL),
    rows("cancel", "取消预约", (S.BOOKED, S.CONFIRMED), S.CANCELLED, DESK, g.at_the_desk, g.not_begun, stops=ALL),
    rows("cancel", "取消预约", (S.BOOKED, S.CONFIRMED), S.CANCELLED, OURS, g.not_begun, stops=ALL),
    rows("cancel", "撤销预约", S.CONFIRMED, S.CANCELLED, ABOVE, g.stands_above, g.begun, stops=ALL),
    rows("lapse", "逾时未确认", S.BOOKED, S.CANCELLED, CLOCK, g.begun, stops=ALL),
    rows("no_show", "企业未到场", S.CONFIRMED, S.NO_SHOW, EXPERT, g.is_expert, g.begun, stops=ALL),
    rows("no_show", "企业未到场", S.CONFIRMED, S.NO_SHOW, ABOVE, g.stands_above, g.begun, stops=ALL),
    rows("record_answer", "记录答复", S.CONFIRMED, S.UNDER_REVIEW, EXPERT, g.not_tip_off, g.is_expert, g.begun,
         starts=(C.REVIEW,), stops=(C.REMIND, C.MEETING)),
)  # fmt: skip

ANSWERS = (
    rows("written_answer", "书面答复", None, S.UNDER_REVIEW, EXPERT, starts=(C.REVIEW,)),
    rows("approve_advice", "审核通过", S.UNDER_REVIEW, S.DONE, REVIEW, g.own_unit, g.not_author, stops=ALL),
    rows("return_advice", "退回修改", S.UNDER_REVIEW, S.RETURNED, REVIEW, g.own_unit, g.not_author,
         starts=(C.AMEND,), stops=(C.REVIEW,)),
    rows("amend_answer", "修改答复", S.RETURNED, S.UNDER_REVIEW, EXPERT | OFFICER, g.is_expert,
         starts=(C.REVIEW,), stops=(C.AMEND,)),
    rows("amend_answer", "修改答复", S.RETURNED, S.UNDER_REVIEW, EXPERT | frozenset({R.UNIT_LEADER}), g.of_unit,
         starts=(C.REVIEW,), stops=(C.AMEND,)),
    rows("cancel", "撤销咨询", S.RETURNED, S.CANCELLED, frozenset({R.SUPERVISOR}), stops=ALL),
    rows("rate_advice", "登记评价", (S.UNDER_REVIEW, S.RETURNED, S.DONE), None, DESK, g.at_the_desk, g.not_rated),
    rows("rate_advice", "评价", (S.UNDER_REVIEW, S.RETURNED, S.DONE), None, OURS, by_appointment, g.not_rated),
)  # fmt: skip

STEPPING_BACK = (
    rows("hand_over", "转交", (S.BOOKED, S.CONFIRMED), None, CLOCK, g.not_begun),
    rows("hand_over", "转交", (S.ON_DUTY_OFFICER, S.IN_CALL, S.RETURNED, S.UNDER_REVIEW), None, CLOCK),
    rows("call_off", "请企业改约", (S.BOOKED, S.CONFIRMED), S.CANCELLED, CLOCK, g.not_begun, stops=ALL),
)
"""替班, 撤班, 休假, 交接: what `moving` does, in the name of who changes the roster."""

TABLE: Table = sum((*CALLS, *APPOINTMENTS, *ANSWERS, *STEPPING_BACK), ())
LABELS: dict[str, str] = {row.action: row.label for row in reversed(TABLE)}
"""Action → what it is called where no consultation says which row is meant."""
