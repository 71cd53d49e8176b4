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
from hotline.directory.models import Category, Region, Unit
from hotline.dispatch.proposal import Deadline, deadline, propose
from hotline.errors import DomainError, Invalid, NotFound, TooLarge, TooMany, Unauthenticated, Unavailable
from hotline.idempotency import IdempotencyRecord, once
from hotline.intake import drafts, hints
from hotline.knowledge.queries import entry as kb_entry
from hotline.ticket.models import AppealType, Ticket, Urgency
from hotline.ticket.queries import get, visible
from hotline.ui.door import Door, door
from hotline.ui.forms import submitted
from hotline.web import desk_form, knowledge
from hotline.web.access import demand
from hotline.web.desk_form import Posted
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


@pages.post("/desk/refresh")
def refresh() -> ResponseReturnValue:
    """Without scripts: look the caller up, search, and propose a unit, with everything typed kept."""
    with door() as d:
        demand(d, DESK)
        return _page(d, _key(), _prefilled(d, request.form))


@pages.post("/desk/insert")
def insert() -> ResponseReturnValue:
    """Without scripts: put a knowledge entry's answer into the reply and keep what it stood on."""
    with door() as d:
        demand(d, DESK)
        return _page(d, _key(), _with_answer(d, request.form))


@pages.post("/desk/part/<name>")
def part(name: str) -> ResponseReturnValue:
    """With scripts: one part of the page drawn again for the form as it stands (caller, proposal or search)."""
    if name not in PARTS:
        raise NotFound("没有这个页面", code="unknown_part")
    with door() as d:
        demand(d, DESK)
        return render_template(f"web/desk_{name}.html", part=PARTS[name](d, request.form), now=d.now)


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


def _page(d: Door, key: str, form: Posted, *, errors: Mapping[str, Any] | None = None, failed: str = "") -> str:
    """The whole desk for a form as it stands."""
    values = {
        "key": key,
        "at": desk_form.layout(d.session, d.today, form, errors or {}),
        "errors": desk_form.summary(errors or {}),
        "failed": failed,
        "tabs": drafts.all_of(d.session, _account(d)),
        "saved": drafts.load(d.session, _account(d), key),
        "kb_q": form.get("kb_q", ""),
        "citations": _citations(d, form),
        "parts": {name: draw(d, form) for name, draw in PARTS.items()},
    }
    return render_page(d, "web/desk.html", active="desk", **values)


def _caller(d: Door, form: Posted) -> hints.Caller | None:
    names = {"phone": "contact_phone", "uscc": "uscc", "name": "enterprise_name"}
    return hints.caller(d.session, d.actor, d.now, **{known: _clean(form, name) for known, name in names.items()})


def _search(d: Door, form: Posted) -> knowledge.Results:
    """By what stands in the search box, else by the title."""
    return knowledge.find(d, _clean(form, "kb_q") or _clean(form, "title"))


def _proposal(d: Door, form: Posted) -> dict[str, Any]:
    """Unit, reason and deadline, as far as what is chosen tells; a code nobody knows tells nothing."""
    category = d.session.scalar(select(Category).filter_by(code=_clean(form, "category_code")))
    region = d.session.scalar(select(Region).filter_by(code=_clean(form, "region_code")))
    respondent = d.session.scalar(select(Unit).filter_by(code=_clean(form, "respondent_unit_code")))
    kind, urgency = _clean(form, "appeal_type"), _clean(form, "urgency")
    urgent = Urgency[urgency] if urgency in Urgency.__members__ else Urgency.NORMAL
    known = kind in AppealType.__members__
    return {
        "unit": propose(d.session, d.actor, d.now, category, region, respondent) if category and region else None,
        "due": _deadline(d, AppealType[kind], urgent) if known else None,
        "type": kind,
    }


def _deadline(d: Door, kind: AppealType, urgency: Urgency) -> Deadline | None:
    """Time rules that are not set up must not take the form away as well: registering tells what is missing."""
    try:
        return deadline(d.session, d.now, kind, urgency)
    except Unavailable:
        return None


PARTS = {"caller": _caller, "search": _search, "proposal": _proposal}
"""What the page works out from the form; each has a template of its own, so that scripts can ask for one."""


def _prefilled(d: Door, form: Posted) -> Posted:
    """What is known of the caller's enterprise, in fields still empty."""
    found = _caller(d, form)
    if found is None or found.enterprise is None:
        return form
    known = {
        "enterprise_name": found.enterprise.name,
        "uscc": found.enterprise.uscc or "",
        "region_code": found.enterprise.region.code if found.enterprise.region else "",
    }
    return _changed(form, {name: text for name, text in known.items() if text and not form.get(name)})


def _with_answer(d: Door, form: Posted) -> Posted:
    """The reply with an entry's answer below what stands there, its basis, and the citation. Raises NotFound."""
    entry_id, _, version = form.get("insert", "").partition(":")
    if not (entry_id.isdigit() and version.isdigit()):
        raise NotFound("没有找到这条知识", code="kb_entry_not_found")
    found = kb_entry(d.session, int(entry_id), int(version), actor=d.actor)
    basis = knowledge.basis_of(found)
    answer = "\n".join(filter(None, (form.get("public_text", ""), f"{knowledge.spoken(found)}（依据：{basis}）")))
    bases = list(dict.fromkeys(filter(None, (*form.get("legal_basis", "").split("；"), basis))))
    changed = _changed(form, {"public_text": answer, "legal_basis": "；".join(bases)})
    changed.setlist("citations", list(dict.fromkeys([*form.getlist("citations"), f"{entry_id}:{version}"])))
    return changed


def _citations(d: Door, form: Posted) -> list[tuple[str, str]]:
    """("entry:version", what it is called) of those the form cites; what is not there is left for the check."""
    found = []
    for citation in form.getlist("citations"):
        entry_id, _, version = citation.partition(":")
        try:
            row = kb_entry(d.session, int(entry_id), int(version), actor=d.actor)
        except (ValueError, NotFound):
            continue
        found.append((citation, f"{row.title}（{row.entry.code} 第 {row.version} 版）"))
    return found


def _changed(form: Posted, changes: Mapping[str, str]) -> Posted:
    copied = MultiDict(form)
    for name, text in changes.items():
        copied.setlist(name, [text])
    return copied


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


def _clean(form: Posted, name: str) -> str:
    return form.get(name, "").replace("\x00", "").strip()


def _key() -> str:
    key = request.form.get("idempotency_key", "")
    return key if drafts.KEY.fullmatch(key) else _new_key()


def _new_key() -> str:
    return secrets.token_urlsafe(12)


def _account(d: Door) -> int:
    assert d.actor.account_id is not None  # the door lets nobody in without an account
    return d.actor.account_id
