"""The intake desk: caller, form and knowledge side by side. Each draft is a tab; each tab becomes one ticket."""

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from hotline.accounts.actor import SYSTEM
from hotline.actions import CREATING, perform
from hotline.clock import to_local
from hotline.errors import DomainError, Invalid, NotFound, TooLarge, TooMany, Unauthenticated
from hotline.experts.calls import attach, give_up
from hotline.idempotency import IdempotencyRecord, once
from hotline.intake import drafts
from hotline.ticket.models import Ticket
from hotline.ticket.queries import get, visible
from hotline.ui.door import Door, door
from hotline.ui.forms import submitted
from hotline.ui.helpers import row_id
from hotline.web import desk_expert, desk_form, desk_parts
from hotline.web.access import demand
from hotline.web.citations import INNER, labelled
from hotline.web.desk_form import Posted
from hotline.web.kb_pinned import read_notice
from hotline.web.kb_results import keep_question
from hotline.web.kb_search import cited, register_gap
from hotline.web.navigation import DESK, render_page

pages = Blueprint("desk", __name__, template_folder="templates")

NOT_KEPT = ("csrf_token", "idempotency_key")
ALREADY_SENT = "这份登记已经提交过。如需就另一件事登记，请核对内容后再次提交"


@pages.get("/desk")
def desk() -> ResponseReturnValue:
    """The draft named in the address; without one the newest, or a new one. The address stays with the draft."""
    with door() as d:
        demand(d, DESK)
        key = request.args.get("draft", "")
        saved = drafts.load(d.session, _account(d), key) if key else None
        if saved is None and (not drafts.KEY.fullmatch(key) or _is_used(d, key)):
            known = drafts.all_of(d.session, _account(d)) if not key else []
            return redirect(f"/desk?draft={known[-1].key if known else _new_key()}")
        return _page(d, key, MultiDict(saved.form if saved else {}))


@pages.get("/desk/<path:_step>")
def back(_step: str) -> ResponseReturnValue:
    """The address of a form's answer, opened again (after a log-in, by F5): the draft that it carries."""
    with door() as d:
        demand(d, DESK)
    key = request.args.get("draft", "")
    return redirect(f"/desk?draft={key}" if drafts.KEY.fullmatch(key) else "/desk")


@pages.post("/desk/refresh")
def refresh() -> ResponseReturnValue:
    """Without scripts: look the caller up, search, and propose a unit, with everything typed kept."""
    _keep(key := _key())
    if notice_id := request.form.get("read_notice", 0, type=row_id):
        with door(write=True) as d:
            read_notice(d, notice_id)
    with door() as d:
        demand(d, DESK)
        return _page(d, key, desk_parts.prefilled(d, request.form))


@pages.post("/desk/insert")
def insert() -> ResponseReturnValue:
    """Without scripts: put a knowledge entry's answer into the reply and keep what it stood on."""
    _keep(key := _key())
    with door() as d:
        demand(d, DESK)
        page = _page(d, key, desk_parts.with_answer(d, request.form))
    asked = desk_parts.question(request.form)
    keep_question(asked, citation=cited("insert"), wordless=desk_parts.is_wordless(request.form, asked))
    return page


@pages.post("/desk/gap")
def gap() -> ResponseReturnValue:
    """登记知识缺口并派给单位 for the question nothing answered; the form stays as typed, and says what happened."""
    _keep(key := _key())
    form = request.form
    try:
        with door(write=True) as d:
            demand(d, DESK)
            told = register_gap(d, {"question": form.get("gap_question", ""), "unit_code": form.get("gap_unit", "")})
    except Invalid as error:
        with door() as d:
            return _page(d, key, form, errors={"_": error.by_field("_")}), error.status
    flash(told, "ok")
    with door() as d:
        return _page(d, key, form)


@pages.post("/desk/expert/<action>")
def expert(action: str) -> ResponseReturnValue:
    """转专家: one action of the draft's consultation. With scripts (`X-Part`) its part of the page comes back alone."""
    key, error = _key(), None
    _keep(key)
    try:
        with door(write=True) as d:
            demand(d, DESK)
            desk_expert.act(d, action, request.form)
    except (NotFound, Unauthenticated):
        raise
    except DomainError as refused:
        error = refused
    with door() as d:
        status = error.status if error else 200
        if request.headers.get("X-Part"):
            part = desk_expert.shown(d, request.form, error)
            return render_template("web/desk_expert.html", part=part, now=d.now), status
        return _page(d, key, request.form, refused=error), status


@pages.post("/desk/expert-answer")
def use_expert_answer() -> ResponseReturnValue:
    """采用答复: the expert's answer goes into the reply, marked as the unit's."""
    _keep(key := _key())
    with door() as d:
        demand(d, DESK)
        return _page(d, key, desk_parts.with_expert_answer(d, request.form))


@pages.get("/desk/expert-state")
def expert_state() -> ResponseReturnValue:
    """Which state of the consultation the page should show: scripts ask every two seconds while a caller waits."""
    with door() as d:
        demand(d, DESK)
        return jsonify(seen=desk_expert.state(d, MultiDict({"idempotency_key": request.args.get("draft", "")})))


@pages.post("/desk/part/<name>")
def part(name: str) -> ResponseReturnValue:
    """With scripts: one part of the page drawn again for the form as it stands (caller, proposal or search)."""
    if name not in desk_parts.PARTS:
        raise NotFound("没有这个页面", code="unknown_part")
    with door() as d:
        demand(d, DESK)
        return render_template(f"web/desk_{name}.html", part=desk_parts.PARTS[name](d, request.form), now=d.now)


@pages.post("/desk/drafts/<key>")
def autosave(key: str) -> ResponseReturnValue:
    """Keep the form every few seconds; answers the time for the status line."""
    try:
        with door(write=True) as d:
            demand(d, DESK)
            drafts.save(d.session, _account(d), key, _kept(request.form), d.now)
            saved_at = to_local(d.now).strftime("%H:%M:%S")
    except DomainError as error:
        return jsonify(error.payload()), error.status
    return jsonify(saved_at=saved_at)


@pages.post("/desk/drafts/<key>/discard")
def discard(key: str) -> ResponseReturnValue:
    """Close a draft's tab."""
    with door(write=True) as d:
        demand(d, DESK)
        drafts.discard(d.session, _account(d), key)
        give_up(d.session, d.actor, key, d.now)
    flash("草稿已关闭", "off")
    return redirect("/desk")


@pages.post("/desk/<action>")
def register(action: str) -> ResponseReturnValue:
    """Make the ticket, once however often the key is pressed. Whatever goes wrong, the form comes back as typed."""
    if action not in CREATING:
        raise NotFound("没有这个操作", code="unknown_action")
    key = _key()
    _keep(key)
    try:
        with door(write=True) as d:
            demand(d, DESK)
            ticket = _create(d, action, key)
            drafts.discard(d.session, _account(d), key)
            attach(d.session, d.actor, key, ticket, d.now)
            told, is_seen = _told(ticket), _is_seen(d, ticket)
    except Unauthenticated:
        raise
    except DomainError as error:
        return _refused(key, action, error), error.status
    flash(told, "ok")
    return redirect(f"/tickets/{ticket.no}" if is_seen else "/desk")


def _create(d: Door, action: str, key: str) -> Ticket:
    """The ticket of this key: made now, or by the press before. Raises what `perform` raises."""
    payload = submitted(CREATING[action].schema, request.form)

    def make() -> dict[str, Any]:
        return {"no": perform(d.session, d.actor, action, payload, d.now).no}

    answer = once(d.session, d.owner, key, {"action": action, **payload}, d.now, make)
    return get(d.session, SYSTEM, answer["no"])  # the agent's own, even one about himself that he never sees again


def _is_seen(d: Door, ticket: Ticket) -> bool:
    return d.session.scalar(visible(d.actor).where(Ticket.id == ticket.id)) is not None


def _told(ticket: Ticket) -> Markup:
    """What the agent reads out, with buttons to copy it."""
    copied = Markup('<b>{0}</b> <button type="button" class="btn-link js-only" data-copy="{0}">复制</button>')
    sentence = Markup("{} 已登记（{}）。工单号 {}，查询码 {}，请告知来电人。")
    numbers = (copied.format(ticket.no), copied.format(ticket.query_code))
    return sentence.format(ticket.title, ticket.status.label, *numbers)


def _refused(key: str, action: str, error: DomainError) -> str:
    """The desk again, with everything typed and what is wrong with it."""
    if error.code == "idempotency_key_reused":
        key, error = _new_key(), Invalid(ALREADY_SENT, code=error.code)
    with door() as d:
        demand(d, DESK)
        return _page(d, key, request.form, errors=error.by_field("_"), failed=action)


def _page(
    d: Door,
    key: str,
    form: Posted,
    *,
    errors: Mapping[str, Any] | None = None,
    failed: str = "",
    refused: DomainError | None = None,
) -> str:
    """The whole desk for a form as it stands; `refused` is what the expert's part has to say."""
    keyed = desk_expert.keyed(form, key)
    parts = {name: draw(d, keyed) for name, draw in desk_parts.PARTS.items()}
    values = {
        "key": key,
        "at": desk_form.layout(d.session, d.today, form, errors or {}),
        "errors": desk_form.summary(errors or {}),
        "failed": failed,
        "tabs": drafts.all_of(d.session, _account(d)),
        "saved": drafts.load(d.session, _account(d), key),
        "kb_q": form.get("kb_q", ""),
        "citations": (cites := labelled(d, form.getlist("citations"))),
        "cites_internal": any(INNER in label for _, label in cites),
        "notice_form": {"id": "desk", "action": f"/desk/refresh?draft={key}"},
        "parts": {**parts, "expert": desk_expert.shown(d, keyed, refused)} if refused else parts,
    }
    return render_page(d, "web/desk.html", active="desk", **values)


def _keep(key: str) -> None:
    """Before anything is tried: whatever breaks next, the text is safe. What is too long to keep stays on the page."""
    with door(write=True) as d:
        demand(d, DESK)
        if not _is_used(d, key):
            try:
                drafts.save(d.session, _account(d), key, _kept(request.form), d.now)
            except (TooLarge, TooMany):
                return


def _is_used(d: Door, key: str) -> bool:
    """Whether this key has become a ticket already."""
    used = select(IdempotencyRecord.id).filter_by(owner=d.owner, key=key)
    return d.session.scalar(used) is not None


def _kept(form: Posted) -> dict[str, list[str]]:
    return {name: values for name, values in form.to_dict(flat=False).items() if name not in NOT_KEPT}


def _key() -> str:
    key = request.form.get("idempotency_key", "")
    return key if drafts.KEY.fullmatch(key) else _new_key()


def _new_key() -> str:
    return secrets.token_urlsafe(12)


def _account(d: Door) -> int:
    assert d.actor.account_id is not None  # the door lets nobody in without an account
    return d.actor.account_id
