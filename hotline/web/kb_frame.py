"""The frame of the knowledge workshop: its tabs with what waits in each, and how its forms come and go."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, request
from flask.typing import ResponseReturnValue

from hotline.accounts.models import Role
from hotline.idempotency import once
from hotline.knowledge import corrections, gaps, notices, searches
from hotline.knowledge.access import OVERSEERS, WRITERS
from hotline.knowledge.lifecycle import AUTHORS
from hotline.knowledge.records import KnowledgeGap, Submission
from hotline.ui.door import Door
from hotline.ui.forms import submitted
from hotline.web import form_page
from hotline.web.form_page import FormPage
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


def run_form(
    build: form_page.Build, save: Callable[[Door, dict[str, Any]], str], frame: Callable[..., str] = show
) -> ResponseReturnValue:
    """A form of the workshop, or of another room whose `frame` draws as `show` does; `save` gets what was typed and
    says where to go. See `form_page.run`."""
    return form_page.run(build, lambda d, page: _once(d, submitted(page.schema, request.form), save), drawing(frame))


def drawing(frame: Callable[..., str]) -> form_page.Draw:
    """How a form of the workshop, or of the room of `frame`, is drawn."""

    def draw(d: Door, page: FormPage, drawn: Mapping[str, Any]) -> str:
        return frame(d, "web/kb_form.html", page.tab, page=page, key=secrets.token_urlsafe(12), **drawn)

    return draw


def _once(d: Door, typed: dict[str, Any], save: Callable[[Door, dict[str, Any]], str]) -> str:
    """The same form sent twice has one effect and leads to the same place."""
    key, what = request.form.get("idempotency_key"), {"path": request.path, **typed}
    return str(once(d.session, d.owner, key, what, d.now, lambda: {"path": save(d, typed)})["path"])


def say(words: str) -> None:
    """A word of success on the next page."""
    flash(words, "ok")
