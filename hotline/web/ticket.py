"""工单页: facts, timeline, clocks and the legal actions of one ticket; its print view; who is behind it."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hotline.accounts.actor import Actor
from hotline.actions import ACTIONS, perform
from hotline.errors import DomainError, Invalid, NotFound, Unauthenticated
from hotline.experts.appointments import may_book
from hotline.experts.lifecycle import DESK
from hotline.idempotency import once
from hotline.messages.models import Notice
from hotline.supervision.acknowledgements import to_confirm
from hotline.ticket.attachments import ACCEPT, ALLOWED
from hotline.ticket.ledger import entries
from hotline.ticket.lifecycle import LABELS
from hotline.ticket.models import Attachment, Citation, Ticket
from hotline.ticket.parts import latest_reply
from hotline.ticket.queries import get, hanging, visible
from hotline.ticket.schemas import typed
from hotline.ticket.unmasking import unmask
from hotline.ui.door import Door, door, house
from hotline.ui.format import local_time
from hotline.ui.forms import error_list, submitted
from hotline.web import presenters
from hotline.web.chain import chain
from hotline.web.kb_from_reply import may_turn
from hotline.web.navigation import render_page
from hotline.web.panels import Posted, panels
from hotline.web.related import related
from hotline.web.timeline import citation_shown, size_text, timeline

pages = Blueprint("ticket", __name__, template_folder="templates")

REASONS = ("先行联系", "核实诉求内容", "回访", "补充材料", "其他工作需要")
"""What people ask to see a number for; they may also write their own."""


@pages.get("/tickets/<no>")
def show(no: str) -> ResponseReturnValue:
    """One ticket."""
    with door() as d:
        return ticket_page(d, get(d.session, d.actor, no))


def ticket_page(d: Door, ticket: Ticket, posted: Posted | None = None, **more: Any) -> str:
    """The page of a ticket; `posted`: a refused form, shown again with its text."""
    clocks = presenters.clocks(d.session, ticket)
    bar = panels(d, ticket, posted)
    return render_page(
        d,
        "web/ticket.html",
        active="queue",
        ticket=ticket,
        head=presenters.head(d.session, ticket, clocks, d.now),
        facts=presenters.facts(ticket),
        party=presenters.party(d.session, ticket, d.actor),
        timeline=timeline(d.session, ticket),
        clocks=presenters.clock_rows(d.session, clocks, d.now),
        owed=to_confirm(d.session, d.actor, Notice.ticket_id == ticket.id),
        files=_files(d, ticket),
        chain=chain(d.session, ticket, d.now),
        related=related(d.session, ticket, d.actor),
        bar=bar,
        may_ask_expert=bool(d.actor.roles & DESK) and may_book(ticket),
        may_keep=may_turn(ticket, d.actor),
        may_attach=not ticket.status.is_end and bool(bar["main"] or bar["more"]),
        accept=ACCEPT,
        allowed=ALLOWED,
        max_upload=size_text(house().settings.max_upload_bytes),
        reasons=REASONS,
        refused=_refused_words(d, ticket, posted, bar) if posted else None,
        **more,
    )


def _files(d: Door, ticket: Ticket) -> list[dict[str, Any]]:
    return [
        {"id": file.id, "name": file.file_name, "size": size_text(file.size), "is_public": file.is_public}
        for file in hanging(d.session, Attachment, ticket)
    ]


def _refused_words(d: Door, ticket: Ticket, posted: Posted, bar: Mapping[str, Any]) -> dict[str, Any]:
    """What to say above the page: the errors, who was faster, and the text when its form is gone."""
    offered = {panel["action"] for panel in (*bar["main"], *bar["more"])}
    schema = ACTIONS[posted.action].schema if posted.action in ACTIONS else None
    last = entries(d.session, ticket)[-1]
    return {
        "action": posted.action,
        "label": LABELS.get(posted.action, "上传附件"),
        "message": posted.message,
        "errors": error_list(schema, posted.errors) if schema and posted.errors else [],
        "last": f"{last.label} · {last.actor_name} · {local_time(last.at)}",
        "kept": [] if posted.action in offered else kept_text(posted.action, posted.values),
    }


def kept_text(action: str, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What somebody typed, by its labels, for a page on which its form is gone."""
    fields = ACTIONS[action].schema().fields if action in ACTIONS else {}
    return [
        (str(fields[name].metadata.get("label", name)), str(value))
        for name, value in values.items()
        if name in fields and name != "version" and isinstance(value, str)
    ]


@pages.get("/tickets/<no>/<any(unmask, attachments):_step>")
@pages.get("/tickets/<no>/actions/<_step>")
def back(no: str, _step: str) -> ResponseReturnValue:
    """The address of a form's answer, opened again (after a log-in, by F5): the ticket."""
    with door():
        return redirect(f"/tickets/{no}")


@pages.post("/tickets/<no>/actions/<action>")
def act(no: str, action: str) -> ResponseReturnValue:
    """Do one action. A refused form comes back with its text; a repeated one answers as the first time."""
    if action not in ACTIONS:
        raise NotFound("没有这个操作", code="unknown_action")
    payload = submitted(ACTIONS[action].schema, request.form)
    try:
        with door(write=True) as d:
            key = request.form.get("idempotency_key")
            what = {"no": no, "action": action, **payload}
            answer = once(d.session, d.owner, key, what, d.now, lambda: _perform(d, no, action, payload))
    except Unauthenticated:
        raise
    except DomainError as error:
        return refused(no, Posted(action, payload, _field_errors(action, error), _sentence(error)), error.status)
    flash(f"已{answer['label']}：{no}", "ok")
    return redirect(f"/tickets/{no}" if answer["visible"] else "/queue", 303)


def _perform(d: Door, no: str, action: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    ticket = perform(d.session, d.actor, action, payload, d.now, number=no)
    d.session.flush()
    return {"label": entries(d.session, ticket)[-1].label, "visible": _still_visible(d, d.actor, ticket)}


def _still_visible(d: Door, actor: Actor, ticket: Ticket) -> bool:
    return d.session.scalar(visible(actor).where(Ticket.id == ticket.id)) is not None


def _field_errors(action: str, error: DomainError) -> dict[str, Any]:
    if "fields" in error.details:
        return dict(error.details["fields"])
    known = error.field in ACTIONS[action].schema().fields if error.field else False
    return {str(error.field): [error.message]} if known else {}


def _sentence(error: DomainError) -> str:
    if error.code == "idempotency_key_reused":
        return "这张表单已经提交过一次，之后内容又有改动；请先核对最新情况，需要时再提交"
    return error.message


def refused(no: str, posted: Posted, status: int) -> ResponseReturnValue:
    """The ticket's page again, with the sentence and the text; without the ticket when it is out of sight now."""
    with door() as d:
        try:
            ticket = get(d.session, d.actor, no)
        except NotFound as gone:
            kept = kept_text(posted.action, posted.values)
            return render_template("web/lost.html", code=gone.status, message=gone.message, kept=kept), gone.status
        return ticket_page(d, ticket, posted), status


@pages.post("/tickets/<no>/unmask")
def show_unmasked(no: str) -> ResponseReturnValue:
    """The page once with the full name and number; who looked, when and why is kept."""
    reason = typed(request.form.get("reason", ""))
    try:
        with door(write=True) as d:
            contact = unmask(d.session, get(d.session, d.actor, no), d.actor, reason, d.now)
    except Invalid as error:
        with door() as d:
            return ticket_page(d, get(d.session, d.actor, no), reason_error=error.message), error.status
    with door() as d:
        return ticket_page(d, get(d.session, d.actor, no), contact=contact)


def _on_paper(d: Door, ticket: Ticket) -> list[str]:
    """What the answers stand on. Paper may be handed to the enterprise: what is internal is not on it."""
    return [citation_shown(row)["name"] for row in hanging(d.session, Citation, ticket) if not row.is_internal]


@pages.get("/tickets/<no>/print")
def paper(no: str) -> ResponseReturnValue:
    """The ticket on paper, masked."""
    with door() as d:
        ticket = get(d.session, d.actor, no)
        clocks = presenters.clocks(d.session, ticket)
        return render_template(
            "web/ticket_print.html",
            ticket=ticket,
            head=presenters.head(d.session, ticket, clocks, d.now),
            facts=presenters.facts(ticket),
            party=presenters.party(d.session, ticket, d.actor),
            timeline=timeline(d.session, ticket)[::-1],
            reply=latest_reply(ticket),
            citations=_on_paper(d, ticket),
            back=f"/tickets/{ticket.no}",
            printed_by=d.actor.name,
            printed_at=local_time(d.now),
        )
