"""The frame of the knowledge workshop: its tabs with what waits in each, and how its forms come and go."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema

from hotline.accounts.models import Role
from hotline.errors import Conflict, DomainError, Invalid, TooLarge
from hotline.idempotency import once
from hotline.knowledge import corrections, gaps, notices, searches
from hotline.knowledge.access import OVERSEERS, WRITERS
from hotline.knowledge.lifecycle import AUTHORS
from hotline.knowledge.records import KnowledgeGap, Submission
from hotline.ticket.schemas import checked
from hotline.ui.door import Door, door
from hotline.ui.forms import error_list, submitted
from hotline.web.choices import form_fields
from hotline.web.navigation import WORKSHOP, render_page

R = Role
KEEPERS = WRITERS | {R.KB_EDITOR}
"""Who write and review entries."""
EVERYBODY = frozenset(R) - {R.ENTERPRISE, R.SYSTEM}
ASKERS = frozenset({R.KB_EDITOR, R.TEAM_LEADER, R.SUPERVISOR})
"""Who watch what nothing answers."""
OWED_TO = KEEPERS | OVERSEERS | ASKERS
Count = Callable[[Door], int]


@dataclass(frozen=True)
class Tab:
    """One page of the workshop, for those who have one of `roles`."""

    key: str
    href: str
    label: str
    roles: frozenset[Role]
    count: Count | None = None


def _owed(model: type[Any]) -> Count:
    return lambda d: len(gaps.owed_by(d.session, model, d.actor))


def _unanswered(d: Door) -> int:
    return len(searches.unanswered(d.session, d.now - searches.MONTH))


def _corrections(d: Door) -> int:
    return len(corrections.open_corrections(d.session, d.actor))


def _notices(d: Door) -> int:
    return len(notices.current_notices(d.session, d.actor, d.now))


TABS = (
    Tab("entries", "/knowledge/desk", "条目", KEEPERS | OVERSEERS),
    Tab("corrections", "/knowledge/corrections", "纠错", KEEPERS, _corrections),
    Tab("gaps", "/knowledge/gaps", "知识缺口", OWED_TO, _owed(KnowledgeGap)),
    Tab("submissions", "/knowledge/submissions", "依据报送", KEEPERS | OVERSEERS, _owed(Submission)),
    Tab("unanswered", "/knowledge/unanswered", "未答问题", ASKERS, _unanswered),
    Tab("notices", "/knowledge/notices", "临时口径", EVERYBODY, _notices),
    Tab("statistics", "/knowledge/statistics", "统计", WORKSHOP),
    Tab("import", "/knowledge/import", "导入文件", AUTHORS),
)


def tabs(d: Door, active: str) -> list[dict[str, Any]]:
    """The tabs this actor may open, for macro tabs."""
    mine = [tab for tab in TABS if tab.roles & d.actor.roles]
    return [
        {
            "href": tab.href,
            "label": tab.label,
            "active": tab.key == active,
            "count": tab.count(d) if tab.count else None,
        }
        for tab in mine
    ]


def show(d: Door, template: str, tab: str, **values: Any) -> str:
    """A page of the workshop. For whoever has no workshop (an agent reading notices) it hangs on the knowledge base."""
    active = "workshop" if d.actor.roles & WORKSHOP else "knowledge"
    shown = tabs(d, tab) if d.actor.roles & WORKSHOP else []
    return render_page(d, template, active=active, tabs=shown, **values)


@dataclass(frozen=True)
class FormPage:
    """One form on a page of its own. `without` are fields that this actor does not fill in."""

    title: str
    schema: type[Schema]
    tab: str
    back: str
    values: Mapping[str, Any]
    submit: str = "保存"
    lead: str = ""
    without: frozenset[str] = frozenset()
    also: tuple[tuple[str, str], ...] = ()
    """More submit buttons: (value of `then`, label)."""
    lists: Mapping[str, list[Any]] = field(default_factory=dict)
    """Fields whose choices depend on who looks: name → [(value, label)]."""

    def choices(self, name: str) -> dict[str, Any]:
        """What this page draws otherwise than the schema alone."""
        return {"choices": self.lists[name]} if name in self.lists else {}


Frame = Callable[..., str]
"""Draws a template within a room's tabs, as `show` does: (door, template, tab, values)."""


def run_form(
    build: Callable[[Door], FormPage], save: Callable[[Door, dict[str, Any]], str], frame: Frame = show
) -> ResponseReturnValue:
    """GET shows the form. POST saves and goes where `save` says; what is refused comes back with everything typed.

    `build` and `save` say who may. A stale form's page is built anew, so that it can be sent again on purpose.
    """
    refused: DomainError | None = None
    if request.method == "POST":
        try:
            with door(write=True) as d:
                made = _once(d, submitted(build(d).schema, request.form), save)
            return redirect(made, 303)
        except (Invalid, Conflict, TooLarge) as error:
            refused = error
    with door() as d:
        return _form_html(d, build(d), refused, frame), refused.status if refused else 200


def _once(d: Door, typed: dict[str, Any], save: Callable[[Door, dict[str, Any]], str]) -> str:
    """The same form sent twice has one effect and leads to the same place."""
    key, what = request.form.get("idempotency_key"), {"path": request.path, **typed}
    return str(once(d.session, d.owner, key, what, d.now, lambda: {"path": save(d, typed)})["path"])


def loaded(schema: type[Schema]) -> dict[str, Any]:
    """The posted form, checked. Raises Invalid with every field's messages."""
    return checked(schema(), submitted(schema, request.form))


def _form_html(d: Door, page: FormPage, refused: DomainError | None, frame: Frame) -> str:
    values = submitted(page.schema, request.form) if refused else page.values
    if isinstance(refused, Conflict):
        values = {**values, "version": page.values.get("version")}
    errors = refused.by_field("") if refused else {}
    fields = form_fields(d.session, page.schema, d.today, values=values, errors=errors)
    shown = [one | page.choices(one["name"]) for one in fields if one["name"] not in page.without]
    values = {"key": secrets.token_urlsafe(12), "errors": error_list(page.schema, errors)}
    return frame(d, "web/kb_form.html", page.tab, page=page, fields=shown, **values)


def say(words: str) -> None:
    """A word of success on the next page."""
    flash(words, "ok")
