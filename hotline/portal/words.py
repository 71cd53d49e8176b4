"""What the enterprise reads: statuses, deadlines and actions in plain words, and never a member of staff's name."""

from dataclasses import dataclass
from datetime import datetime

from hotline.clock import to_local
from hotline.deadlines.models import Clock, ClockState
from hotline.intake.schemas import LINES
from hotline.ticket.models import Ticket
from hotline.ticket.models import TicketStatus as S

HOTLINE = "还在热线"
UNIT = "{unit}"
NOBODY = ""


@dataclass(frozen=True)
class Wording:
    """How one status is told. `step` counts from 0 (受理) to 4 (评价); `{unit}` is the lead unit's name."""

    label: str
    kind: str
    holder: str
    text: str
    step: int


STATUS: dict[S, Wording] = {
    S.AWAITING_SUPPLEMENT: Wording("等您补充", "warn", "等您补充", "热线需要您补充情况后才能转办，请尽快补充。", 0),
    S.AWAITING_DISPATCH: Wording("已受理", "run", HOTLINE, "热线已受理，正在确定由哪个单位办理。", 1),
    S.AWAITING_SIGN: Wording("已转办", "run", UNIT, "已转给{unit}，等待签收。", 1),
    S.OBJECTED: Wording("核定单位", "run", HOTLINE, "热线正在核定由哪个单位办理，办理时限照常计算。", 1),
    S.HANDLING: Wording("办理中", "run", UNIT, "{unit}正在办理。", 2),
    S.MERGED: Wording("合并办理", "run", HOTLINE, "与同一事项的诉求合并办理，办理结果会一并告知您。", 2),
    S.AWAITING_EXTERNAL: Wording("外地办理", "run", "外地或省 12345", "您反映的事项已转外地或省 12345 办理。", 2),
    S.UNDER_REVIEW: Wording("答复审核", "run", HOTLINE, "{unit}已提交答复，热线正在审核。", 3),
    S.AWAITING_CALLBACK: Wording("已答复", "ok", HOTLINE, "答复已作出，热线将与您联系，听取您的意见。", 3),
    S.CLOSED: Wording("已办结", "ok", NOBODY, "您的诉求已办结。", 4),
    S.REFUSED: Wording("不予受理", "off", NOBODY, "热线不能受理这件诉求，原因和可走的途径如下。", 0),
    S.TRANSFERRED: Wording("已转紧急热线", "off", NOBODY, "这件诉求已转{line}处理。", 0),
    S.WITHDRAWN: Wording("已撤回", "off", NOBODY, "这件诉求已撤回，不再办理。如需再次反映，请致电 12345。", 0),
}


def status_text(ticket: Ticket) -> str:
    """Where the ticket stands, in a sentence or two."""
    told = STATUS[ticket.status].text.format(unit=unit_name(ticket), line=emergency_line(ticket))
    if ticket.status is S.HANDLING and ticket.paused_since:
        told += "目前因需等待而暂停计时，原因见“办理动态”。"
    if ticket.disputed_since:
        told += "您对延期或暂停计时的异议正在研究。"
    if ticket.status is S.CLOSED and ticket.review_pending:
        told += "您的复核申请正在审查。"
    again = f"这是第 {ticket.round} 次重新办理。" if ticket.round and not ticket.status.is_end else ""
    return told + again


def holder(ticket: Ticket) -> str:
    """Who has it now: a unit, the hotline or the enterprise itself; '' when it has ended."""
    return STATUS[ticket.status].holder.format(unit=unit_name(ticket))


def unit_name(ticket: Ticket) -> str:
    """The lead unit's full name."""
    return ticket.lead_unit.name if ticket.lead_unit else "承办单位"


def emergency_line(ticket: Ticket) -> str:
    """The name of the emergency line it was transferred to."""
    return dict(LINES).get(ticket.transferred_to, "紧急热线")


def due_text(ticket: Ticket, clock: Clock | None, now: datetime) -> str:
    """When an answer is due; '' where nothing is owed any more. `clock`: the ticket's total or rework clock."""
    if ticket.status.is_end or ticket.status is S.AWAITING_CALLBACK:
        return ""
    if clock is None or clock.state is ClockState.STOPPED:
        return "随主诉求一并答复" if ticket.status is S.MERGED else "转办后开始计算办理时限"
    if clock.state is ClockState.PAUSED:
        return "暂停计时，恢复办理后时限顺延"
    unsure = "（暂定，待放假安排公布后确认）" if clock.provisional else ""
    if clock.due_at < now:
        return f"应在 {day_and_time(clock.due_at)} 前答复，现已超过时限，热线正在督促"
    return f"{day_and_time(clock.due_at)} 前答复{unsure}"


def day_and_time(at: datetime) -> str:
    """ "2026年3月24日（周二）17:30", in Shanghai's time."""
    local = to_local(at)
    return f"{local.year}年{local.month}月{local.day}日（周{'一二三四五六日'[local.weekday()]}）{local:%H:%M}"


@dataclass(frozen=True)
class Doing:
    """How one action is offered: button, what to know before, what is said after."""

    label: str
    lead: str
    done: str


DOING: dict[str, Doing] = {
    "supplement": Doing(
        "补充材料", "补充的内容会附在原诉求之后，热线随即继续转办。", "补充内容已提交，热线将继续转办。"
    ),
    "rate": Doing("评价", "每件诉求可评价一次。请按实际感受评价，评价不影响您今后反映诉求。", "感谢您的评价。"),
    "request_review": Doing("申请复核", "对办理结果有异议的，可以申请一次复核。", "复核申请已提交，审查结果会告知您。"),
    "dispute": Doing(
        "提出异议",
        "对延期或暂停计时有异议的，请写明理由；督办员会在规定时限内答复。每次延期或暂停可提出一次。",
        "异议已提交，督办员将在规定时限内答复。",
    ),
    "urge": Doing("催单", "催单会记录在案，并告知承办单位。", "催单已记录。"),
    "withdraw": Doing("撤回诉求", "撤回后不再办理，也不能恢复。", "诉求已撤回。"),
}
"""The enterprise's rows of the table, the most wanted first."""
