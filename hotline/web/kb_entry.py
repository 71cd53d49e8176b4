"""One entry as it is written and reviewed: its draft, what may be done with it now, and everything that happened."""

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.utils import redirect

from hotline.accounts.models import Role
from hotline.deadlines.models import ClockState
from hotline.deadlines.queries import clocks_of
from hotline.deadlines.subjects import Subject
from hotline.directory.models import Unit
from hotline.errors import DomainError, NotFound, Unauthenticated
from hotline.idempotency import once
from hotline.knowledge import queries
from hotline.knowledge import schemas as forms
from hotline.knowledge.actions import ENTRY_ACTIONS, actions_on, form_of, perform_on_entry
from hotline.knowledge.clocks import ENTRY, KbClock
from hotline.knowledge.content import CONTENT
from hotline.knowledge.corrections import corrections_of
from hotline.knowledge.force import state_of
from hotline.knowledge.history import history_of_entry
from hotline.knowledge.lifecycle import AUTHORS, TABLE
from hotline.knowledge.models import EntryType, KbEntry, KbEntryVersion
from hotline.ui.door import Door, door
from hotline.ui.due import badge
from hotline.ui.format import local_time
from hotline.ui.forms import error_list, submitted
from hotline.web.access import demand
from hotline.web.choices import form_fields
from hotline.web.kb_desk import LOOKS
from hotline.web.kb_frame import EVERYBODY, FormPage, run_form, say, show
from hotline.web.panels import Posted

pages = Blueprint("kb_entry", __name__, template_folder="templates")

PRIMARY = ("publish", "pass_review", "submit", "edit", "confirm", "revise")
"""What an entry most likely waits for; the first one allowed stands out."""
DANGER = frozenset({"withdraw", "discard", "return_draft"})
LEADS = {
    "submit": "提交后由单位负责人初审，期间不能修改。",
    "publish": "发布后各席位立即可查；生效日期未到的显示为“即将生效”。",
    "withdraw": "撤回后不再出现在搜索和答复中；已引用它的工单仍可查到原文。",
    "name_successor": "替代条目生效之日起，本条目不再作为答复依据。",
    "discard": "草稿不再使用，仅留存备查。",
}
LABELS = {row.action: row.label for row in TABLE}
GUIDE_TYPES = frozenset({EntryType.POLICY, EntryType.MATTER})


class DraftForm(forms.Draft):
    """A new entry, in the order in which people write it."""

    class Meta(forms.Draft.Meta):
        fields = ("type", "unit_code", *forms.EntryContent().fields, *forms.Classification().fields)


@pages.route("/knowledge/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """起草: a new entry; the second button hands it in at once."""

    def build(d: Door) -> FormPage:
        demand(d, AUTHORS)
        unit = d.session.get_one(Unit, d.actor.unit_id)
        own = Role.KB_EDITOR not in d.actor.roles
        values = {"effective_from": d.today, "type": EntryType.QA, "unit_code": unit.code if own else None}
        lead = "只写已有依据的内容。电话口径供话务员直接念出，相近问法决定企业的原话能不能搜到。"
        return FormPage("起草条目", DraftForm, "entries", "/knowledge/desk", values, "保存草稿", lead, also=SUBMIT)

    def save(d: Door, typed: dict[str, Any]) -> str:
        entry = perform_on_entry(d.session, d.actor, "draft", typed, d.now)
        _hand_in(d, entry)
        return f"/knowledge/{entry.id}/work"

    return run_form(build, save)


SUBMIT = (("submit", "保存并提交初审"),)


def _hand_in(d: Door, entry: KbEntry) -> None:
    """The second button: what was written goes to review in the same transaction."""
    if request.form.get("then") == "submit":
        perform_on_entry(d.session, d.actor, "submit", {}, d.now, entry.code)
        say(f"{entry.code} 已提交初审")
    else:
        say(f"{entry.code} 草稿已保存")


@pages.route("/knowledge/<int:entry_id>/edit", methods=["GET", "POST"])
def edit(entry_id: int) -> ResponseReturnValue:
    """修改草稿. A stale form is refused with its text, and can be sent again after a look at the other's."""

    def build(d: Door) -> FormPage:
        entry = _worked_on(d, entry_id)
        draft = entry.open_version
        if draft is None or "edit" not in {row.action for row in actions_on(entry, d.actor)}:
            raise NotFound("这条知识现在没有可以修改的草稿", code="no_draft")
        back = f"/knowledge/{entry.id}/work"
        without = frozenset() if entry.type in GUIDE_TYPES else frozenset(GUIDE)
        lead = "、".join(draft.doubts)
        return FormPage(
            f"修改草稿：{entry.code}",
            forms.EntryContent,
            "entries",
            back,
            {**said(draft), "version": entry.row_version},
            "保存草稿",
            f"存疑之处：{lead}。占位符须补全，其余由复审人核对后确认。" if lead else "",
            without=without,
            also=SUBMIT,
        )

    def save(d: Door, typed: dict[str, Any]) -> str:
        entry = _worked_on(d, entry_id)
        perform_on_entry(d.session, d.actor, "edit", typed, d.now, entry.code)
        _hand_in(d, entry)
        return f"/knowledge/{entry_id}/work"

    return run_form(build, save)


GUIDE = ("beneficiaries", "conditions", "payout_limit", "address", "enquiry_phone")


def said(version: KbEntryVersion) -> dict[str, Any]:
    """A version's content as the form shows it: several values one a line."""
    values = {name: getattr(version, name) for name in CONTENT}
    return {name: "\n".join(value) if isinstance(value, list) else value for name, value in values.items()}


@pages.get("/knowledge/<int:entry_id>/work")
def work(entry_id: int) -> ResponseReturnValue:
    """The entry's workshop page."""
    with door() as d:
        return work_page(d, _worked_on(d, entry_id))


def _worked_on(d: Door, entry_id: int) -> KbEntry:
    """An entry this actor works on or oversees. Raises NotFound."""
    demand(d, EVERYBODY)
    entry = queries.entry(d.session, entry_id, actor=d.actor).entry
    if not queries.may_see_drafts(d.actor, entry):
        raise NotFound("没有找到这条知识，或不由您维护", code="kb_entry_not_found")
    return entry


def work_page(d: Door, entry: KbEntry, posted: Posted | None = None) -> str:
    """What is being written (else what is published), the actions allowed now, clocks, corrections, history."""
    shown = entry.open_version or queries.entry(d.session, entry.id, actor=d.actor)
    running = [one for one in clocks_of(d.session, Subject(ENTRY, entry.id)) if one.state is not ClockState.STOPPED]
    return show(
        d,
        "web/kb_work.html",
        "entries",
        entry=entry,
        shown=shown,
        content=content_shown(shown),
        status={"label": shown.status.label, "kind": LOOKS.get(shown.status, "off")},
        versions=[(one, state_of(one, d.today)) for one in reversed(entry.versions)],
        clocks=[(KbClock(one.name).label, badge(d.session, one, d.now)) for one in running if one.name != KbClock.TURN],
        history=[_event(row) for row in reversed(history_of_entry(d.session, entry.id))],
        corrections=corrections_of(d.session, entry.id)[:5],
        bar=bar(d, entry, posted),
        key=secrets.token_urlsafe(12),
        refused=_refused(posted) if posted else None,
    )


def content_shown(version: KbEntryVersion) -> list[tuple[str, str]]:
    """(label, text) of everything the version says, in the form's order, without what it leaves open."""
    labels = {name: one.metadata["label"] for name, one in forms.EntryContent().fields.items() if name in CONTENT}
    values = said(version)
    return [(label, str(values[name])) for name, label in labels.items() if values[name] and name != "title"]


def _event(row: Any) -> dict[str, Any]:
    moved = row.from_status != row.to_status and row.to_status
    return {
        "label": row.label,
        "actor": row.actor_name,
        "at_text": local_time(row.at),
        "kind": "system" if row.actor_id is None else "",
        "text": row.text,
        "unit": f"第 {row.version} 版" if row.version and moved else "",
    }


def bar(d: Door, entry: KbEntry, posted: Posted | None = None) -> list[dict[str, Any]]:
    """The legal actions for macro action_bar, each with its form; 修改草稿 has a page of its own."""
    rows = actions_on(entry, d.actor)
    names = {row.action for row in rows}
    first = next((action for action in PRIMARY if action in names), None)
    panels = [_panel(d, entry, row.action, row.action == first, posted) for row in rows]
    return sorted(panels, key=lambda one: (not one["primary"], one["danger"]))


def _panel(d: Door, entry: KbEntry, action: str, is_first: bool, posted: Posted | None) -> dict[str, Any]:
    panel = {"action": action, "label": LABELS[action], "primary": is_first, "danger": action in DANGER}
    if action == "edit":
        return {**panel, "href": f"/knowledge/{entry.id}/edit"}
    mine = posted if posted and posted.action == action else None
    values, errors = (mine.values, mine.errors) if mine else (_present(entry, action), None)
    fields = form_fields(d.session, form_of(action), d.today, values=values, errors=errors)
    left_out = {"version"} if entry.open_version and entry.open_version.doubts else {"version", "is_checked"}
    return {
        **panel,
        "lead": LEADS.get(action),
        "open": mine is not None,
        "url": f"/knowledge/{entry.id}/actions/{action}",
        "fields": [one for one in fields if one["name"] not in left_out],
    }


def _present(entry: KbEntry, action: str) -> dict[str, Any]:
    """What a form starts with: who keeps the entry now, where it belongs now."""
    if action == "set_keepers":
        people = {"maintainer_login": entry.maintainer, "deputy_login": entry.deputy}
        return {name: one.login for name, one in people.items() if one}
    if action == "classify":
        category = entry.category.code if entry.category else None
        tags = "\n".join(entry.audience)
        placed = {"category_code": category, "region_code": entry.region_code, "audience": tags}
        return {**placed, "is_public": entry.is_public}
    return {}


def _refused(posted: Posted) -> dict[str, Any]:
    errors = error_list(form_of(posted.action), posted.errors) if posted.errors else []
    return {"action": posted.action, "label": LABELS[posted.action], "message": posted.message, "errors": errors}


@pages.get("/knowledge/<int:entry_id>/actions/<_action>")
def back(entry_id: int, _action: str) -> ResponseReturnValue:
    """The address of a form's answer, opened again: the entry."""
    with door():
        return redirect(f"/knowledge/{entry_id}/work")


@pages.post("/knowledge/<int:entry_id>/actions/<action>")
def act(entry_id: int, action: str) -> ResponseReturnValue:
    """Do one action of the table. What is refused comes back with its text."""
    if action not in ENTRY_ACTIONS:
        raise NotFound("没有这个操作", code="unknown_action")
    payload = submitted(form_of(action), request.form)
    try:
        with door(write=True) as d:
            what = {"path": request.path, **payload}
            key = request.form.get("idempotency_key")
            once(d.session, d.owner, key, what, d.now, lambda: _performed(d, entry_id, action, payload))
    except (Unauthenticated, NotFound):
        raise
    except DomainError as error:
        posted = Posted(action, payload, error.by_field(""), error.message)
        with door() as d:
            return work_page(d, _worked_on(d, entry_id), posted), error.status
    say(f"已{LABELS[action]}")
    return redirect(f"/knowledge/{entry_id}/{'edit' if action == 'revise' else 'work'}", 303)


def _performed(d: Door, entry_id: int, action: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    entry = queries.entry(d.session, entry_id, actor=d.actor).entry
    return {"code": perform_on_entry(d.session, d.actor, action, payload, d.now, entry.code).code}
