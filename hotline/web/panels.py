"""The action bar of a ticket: only what the table allows this actor now, each with its form."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hotline.accounts.actor import Actor
from hotline.actions import ACTIONS
from hotline.handling.rulings import AGREED
from hotline.ticket.lifecycle import LABELS
from hotline.ticket.models import Ticket
from hotline.ticket.operations import actions, held_up, session_of
from hotline.ticket.parts import open_parts
from hotline.ui.door import Door
from hotline.web.choices import form_fields
from hotline.web.citations import INNER, labelled, unknown
from hotline.workflow import Transition

PRIMARY = (
    *("dispatch", "sign", "expert_answer", "contribute", "sign_off", "reply", "approve", "close", "callback", "resume"),
    *("fulfil", "grant_extension", "grant_pause", "grant_review", "overrule", "external_reply", "supplement"),
)
"""What this ticket most likely waits for, in this order; the first one allowed stands out."""
DANGER = frozenset(
    {"refuse", "object", "withdraw", "return_reply", "reject_sign_off", "rework", "transfer_emergency", "deny_review"}
)
ASIDE = frozenset(
    {"note", "urge", "ask_expert", "change_follower", "supervise", "lift_supervision", "amend", "withdraw", "merge"}
    | {"transfer_emergency", "transfer_external", "refuse", "reopen", "request_review", "hand_over", "dispute"}
    | {"tell_by_phone", "confer", "raise_task_force", "join_task_force", "leave_task_force", "drop_decision"}
)
"""Not a step of the work in hand: kept under "其他操作"."""
WHEN_ASKED = frozenset({"internal_confirmed"})
"""Questions that are only drawn once they were asked."""
LEADS = {
    "sign": "签收后由本单位主办，先行联系和办理时限继续计时。",
    "object": "退单须写明职责依据；办理总时限不会因退单停止。",
    "request_pause": "仅限等待材料、鉴定或法定期间；批准前计时不停。",
    "request_extension": "须在到期前申请，由督办员审批。",
    "merge": "并入后由主单统一办理，主单答复后本单自动转回访。",
    "withdraw": "撤回后工单终止，不能恢复。",
    "refuse": "不予受理须告知法定途径。",
    "raise_task_force": "成员可以查看本工单；跟进人全程跟进，专班结束前不变更。",
    "decide": "决定有约束力：全部落实或撤销后，主办单位才能提交答复。",
    "uphold_dispute": "针对挂起的，即时恢复计时；针对延期的，撤回延期，至少留到下一工作日下班。",
    "tell_by_phone": "派单后应同步电话告知承办单位，记明接听人、时间和号码。",
}


@dataclass(frozen=True)
class Posted:
    """A form that was refused: its action, what was typed, and what was wrong."""

    action: str
    values: Mapping[str, Any]
    errors: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""


def panels(d: Door, ticket: Ticket, posted: Posted | None = None) -> dict[str, Any]:
    """{main, more, held_up, more_open, key}: two lists for macro action_bar, what must wait and why, the page's key."""
    rows = actions(ticket, d.actor, d.now)
    names = {row.action for row in rows}
    first = next((action for action in PRIMARY if action in names), None)
    shown = [_panel(d, ticket, row, row.action == first, posted) for row in rows]
    more = [panel for panel in shown if panel["action"] in ASIDE]
    return {
        "main": sorted((panel for panel in shown if panel["action"] not in ASIDE), key=lambda one: not one["primary"]),
        "more": more,
        "held_up": _held_up(d, ticket),
        "more_open": any(panel["open"] for panel in more),
        "key": secrets.token_urlsafe(12),
    }


def _held_up(d: Door, ticket: Ticket) -> list[tuple[str, str]]:
    """(label, why not yet) of the steps people look for when they are not there."""
    mine = {"reply": is_lead(ticket, d.actor), "close": True}
    reasons = ((action, held_up(ticket, action, d.actor, d.now)) for action, is_mine in mine.items() if is_mine)
    return [(LABELS[action], reason) for action, reason in reasons if reason]


def is_lead(ticket: Ticket, actor: Actor) -> bool:
    """Whether the ticket is this actor's unit's to answer."""
    return ticket.lead_unit_id == actor.unit_id


def _panel(d: Door, ticket: Ticket, row: Transition, is_first: bool, posted: Posted | None) -> dict[str, Any]:
    mine = posted if posted and posted.action == row.action else None
    return {
        "action": row.action,
        "label": row.label,
        "primary": is_first,
        "danger": row.action in DANGER,
        "lead": LEADS.get(row.action),
        "open": mine is not None,
        "url": f"/tickets/{ticket.no}/actions/{row.action}",
        "fields": _fields(d, ticket, row.action, mine),
        "sources": _opinions(ticket) if row.action == "reply" else [],
    }


def _opinions(ticket: Ticket) -> list[tuple[str, str]]:
    """What supporting units and those below wrote: (unit, opinion), for the one merged reply."""
    parts = session_of(ticket).scalars(open_parts(ticket))
    return [(f"{part.unit.short_name}（{part.kind.label}）", part.opinion) for part in parts if part.opinion]


def _fields(d: Door, ticket: Ticket, action: str, mine: Posted | None) -> list[dict[str, Any]]:
    values, errors = (mine.values, mine.errors) if mine else (None, None)
    day, schema = d.today, ACTIONS[action].schema
    fields = form_fields(d.session, schema, day, ticket=ticket, values=values, errors=errors)
    left_out = {"version"} if ticket.imposed_due_at else {"version", *AGREED}  # action_bar brings the ticket's version
    left_out |= {one["name"] for one in fields if one["name"] in WHEN_ASKED and not (one["value"] or one["error"])}
    return [_drawn(d, one) for one in fields if one["name"] not in left_out]


def _drawn(d: Door, field: dict[str, Any]) -> dict[str, Any]:
    if field["widget"] == "citations":
        typed = field["value"] or []
        known = labelled(d, typed)
        inner = any(INNER in label for _, label in known)
        return field | {"choices": known, "value": unknown(typed, known), "is_internal": inner}
    return field | ({"required": True} if field["name"] in AGREED else {})
