"""转专家 while the caller is on the line: the call of a draft on the desk, or of a ticket, as a part of its page."""

from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from hotline.deadlines.models import ClockState
from hotline.deadlines.queries import clocks_of
from hotline.errors import Conflict, DomainError, Invalid, NotFound
from hotline.experts import calls
from hotline.experts.actions import perform_on_advice
from hotline.experts.clocks import subject_of
from hotline.experts.queries import actions_on, call_of_ticket, of_draft
from hotline.experts.ranking import Place
from hotline.experts.records import TALKING, Advice, AdviceStatus
from hotline.ticket.models import Satisfaction
from hotline.ticket.queries import get
from hotline.ticket.schemas import typed
from hotline.ui.door import Door
from hotline.ui.due import badge
from hotline.web.desk_form import Posted

SAME = ("category_code", "region_code", "language", "appeal_type", "respondent_unit_code", "respondent_login")
"""Fields of the appeal that choose the expert."""
FIELDS: dict[str, dict[str, str]] = {
    "invite": {"question": "expert_question"},
    "connect": {"is_consented": "expert_consent"},
    "hang_up": {},
    "record_answer": {"answer": "expert_answer", "legal_basis": "expert_basis", "summary": "expert_summary"},
    "cancel": {"text": "expert_reason"},
    "rate_advice": {"satisfaction": "expert_rating"},
}
"""Action of the consultation → its form's fields, by the names that they have on the desk."""
PREVIEWED = 3


def keyed(form: Posted, key: str) -> Posted:
    """The form with its draft's key, which a stored draft does not repeat."""
    copied = MultiDict(form)
    copied.setlist("idempotency_key", [key])
    return copied


def of_ticket(no: str, form: Posted | None = None) -> Posted:
    """The form as the panel on a ticket's own page has it: about the ticket, not about a draft."""
    copied = MultiDict(form or {})
    copied.setlist("ticket_no", [no])
    return copied


def act(d: Door, action: str, form: Posted) -> None:
    """One action on the draft's consultation. Raises what `perform_on_advice` raises."""
    if action not in FIELDS:
        raise NotFound("没有这个操作", code="unknown_action")
    payload = {name: typed(form.get(field, "")) for name, field in FIELDS[action].items()}
    if action == "invite":
        perform_on_advice(d.session, d.actor, action, _asked(form) | payload, d.now)
        return
    found = _advice(d, form)
    if found is None:
        raise Conflict("还没有邀请专家", code="nothing_asked")
    perform_on_advice(d.session, d.actor, action, payload, d.now, found.id)


def shown(d: Door, form: Posted, refused: DomainError | None = None) -> dict[str, Any]:
    """What the part's template draws. `refused`: why the last action did not work."""
    found = _advice(d, form)
    live = found if found and found.status is not AdviceStatus.CANCELLED else None
    clock = _clock(d, found) if found else None
    return {
        "advice": live,
        "is_live": live is not None and live.status in TALKING,
        "seen": _seen(found),
        "can": {row.action for row in actions_on(found, d.actor, d.now)} if found else set(),
        "due": badge(d.session, clock, d.now) if clock else None,
        "seconds": int((clock.due_at - d.now).total_seconds()) if clock else None,
        "places": _places(d, form) if live is None or live.status not in TALKING else [],
        "question": form.get("expert_question") or form.get("title", ""),
        "form": form,
        "is_open": "expert_open" in form or refused is not None,
        "refused": refused,
        "addresses": _addresses(form),
        "is_desk": "ticket_no" not in form,
        "levels": [(level.value, level.label) for level in Satisfaction],
    }


def state(d: Door, form: Posted) -> str:
    """What the page shows, in a word; it changes with every step of the consultation."""
    return _seen(_advice(d, form))


def spoken(d: Door, form: Posted) -> tuple[str, str]:
    """The answer as the desk passes it on, marked as the unit's, and its basis. Raises Conflict without one."""
    found = _advice(d, form)
    if found is None or not found.answer or found.answered_for is None:
        raise Conflict("还没有专家答复", code="no_answer")
    return f"{found.answer}（{found.answered_for.name}答复）", found.legal_basis


def _asked(form: Posted) -> dict[str, str]:
    if "ticket_no" in form:
        return {"ticket_no": form["ticket_no"]}
    return {name: typed(form.get(name, "")) for name in SAME} | {"draft_key": form.get("idempotency_key", "")}


def _places(d: Door, form: Posted) -> list[Place]:
    """The first few who would be invited; a code nobody knows invites nobody."""
    if not (form.get("category_code") or "ticket_no" in form):
        return []
    try:
        return calls.preview(d.session, _asked(form) | {"question": ""}, d.actor, d.now)[:PREVIEWED]
    except Invalid:
        return []


def _advice(d: Door, form: Posted) -> Advice | None:
    assert d.actor.account_id is not None  # the door lets nobody in without an account
    if "ticket_no" in form:
        return call_of_ticket(d.session, d.actor, get(d.session, d.actor, form["ticket_no"]).id)
    key = form.get("idempotency_key", "")
    return of_draft(d.session, d.actor.account_id, key) if key else None


def _addresses(form: Posted) -> dict[str, str]:
    """Where the panel's buttons and its script lead: {act (with {} for the action), state, draw}."""
    if "ticket_no" in form:
        base = f"/tickets/{form['ticket_no']}/expert"
        return {"act": f"{base}/{{}}", "state": f"{base}-state", "draw": f"{base}-part"}
    draft = urlencode({"draft": form.get("idempotency_key", "")})
    return {"act": f"/desk/expert/{{}}?{draft}", "state": f"/desk/expert-state?{draft}", "draw": "/desk/part/expert"}


def _clock(d: Door, advice: Advice) -> Any:
    running = [one for one in clocks_of(d.session, subject_of(advice)) if one.state is ClockState.RUNNING]
    return min(running, key=lambda one: one.due_at, default=None)


def _seen(advice: Advice | None) -> str:
    return f"{advice.id}:{advice.version}" if advice else ""
