"""The frame of every desk page: who looks at it, where one may go, and what waits there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, redirect, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import HOTLINE_ROLES, Actor
from hotline.accounts.models import Account, Role
from hotline.deadlines.queries import stuck
from hotline.dispatch import mass
from hotline.experts.queries import owed_by
from hotline.knowledge import corrections, worklists
from hotline.knowledge.models import KbEntryVersion
from hotline.knowledge.notices import current_notices
from hotline.messages.models import Notice
from hotline.outbox.operations import backlog
from hotline.supervision.shifts import waiting
from hotline.ticket import listing
from hotline.ui.door import Door, door

R = Role
DESK = frozenset({R.AGENT, R.TEAM_LEADER})
WATCHERS = frozenset({R.SUPERVISOR, R.TEAM_LEADER, R.AUDITOR, R.DISPATCHER})
ON_TICKETS = frozenset(R) - {R.ADMIN, R.KB_EDITOR, R.GRASSROOTS}
DISPATCHERS = frozenset({R.DISPATCHER, R.SUPERVISOR})
WORKSHOP = frozenset({R.EXPERT, R.HANDLER, R.UNIT_LEADER, R.KB_EDITOR, R.TEAM_LEADER, R.SUPERVISOR, R.AUDITOR})
"""Who writes, reviews and oversees what the knowledge base says."""
ON_EXPERTS = frozenset({R.EXPERT, R.HANDLER, R.UNIT_LEADER, R.SUPERVISOR, R.TEAM_LEADER, R.REVIEWER, R.AUDITOR})
ON_EXPERTS |= DESK | DISPATCHERS
"""Who asks experts, is one, steps in for one, or keeps the pool."""
Count = Callable[[Session, Actor, datetime], int]


def unread(session: Session, actor: Actor, now: datetime) -> int:
    """How many notices this actor has not read."""
    mine = select(func.count()).select_from(Notice).filter_by(account_id=actor.account_id, read_at=None)
    return session.scalar(mine) or 0


def _to_do(session: Session, actor: Actor, now: datetime) -> int:
    return listing.count(session, actor, now, start_view(actor))


def _to_dispatch(session: Session, actor: Actor, now: datetime) -> int:
    return sum(listing.count(session, actor, now, view) for view in ("dispatch", "objected"))


def _alarms(session: Session, actor: Actor, now: datetime) -> int:
    return len(stuck(session)) + backlog(session).failed


def _to_keep(session: Session, actor: Actor, now: datetime) -> int:
    """Reviews that wait for this actor, and corrections his unit has to answer."""
    reviews = select(KbEntryVersion).join(KbEntryVersion.entry).where(worklists.to_review(actor))
    return worklists.count(session, reviews) + len(corrections.open_corrections(session, actor))


def _mass(session: Session, actor: Actor, now: datetime) -> int:
    return mass.count(session, actor, now, current_app.extensions["similar"])


def _consultations(session: Session, actor: Actor, now: datetime) -> int:
    return len(owed_by(session, actor, now))


@dataclass(frozen=True)
class Target:
    """One place of the rail, for those who have one of `roles`."""

    key: str
    href: str
    label: str
    icon: str
    roles: frozenset[Role]
    count: Count | None = None


TARGETS = (
    Target("desk", "/desk", "受理", "telephone", DESK),
    Target("dispatch", "/dispatch", "派单", "send", DISPATCHERS, _to_dispatch),
    Target("mass", "/dispatch/mass", "集中诉求", "collection", DISPATCHERS, _mass),
    Target("queue", "/queue", "工单", "list-check", ON_TICKETS, _to_do),
    Target("knowledge", "/knowledge", "知识库", "book", frozenset(R)),
    Target("workshop", "/knowledge/desk", "知识维护", "pencil-square", WORKSHOP, _to_keep),
    Target("supervision", "/supervision", "督办", "flag", frozenset({R.SUPERVISOR, R.AUDITOR})),
    Target("experts", "/consultations", "专家", "headset", ON_EXPERTS, _consultations),
    Target("overview", "/overview", "概览", "bar-chart", WATCHERS),
    Target("shifts", "/shifts", "交接班", "arrow-left-right", HOTLINE_ROLES, waiting),
    Target("inbox", "/inbox", "通知", "bell", frozenset(R), unread),
    Target("directory", "/directory", "通讯录", "building", frozenset(R) - {R.ADMIN}),  # theirs stands in 设置
    Target("admin", "/admin", "设置", "gear", frozenset({R.ADMIN}), _alarms),
)

HOMES = (
    (R.AGENT, "/desk"),
    (R.TEAM_LEADER, "/desk"),
    (R.DISPATCHER, "/dispatch"),
    (R.SUPERVISOR, "/overview"),
    (R.AUDITOR, "/overview"),
    (R.KB_EDITOR, "/knowledge"),
    (R.EXPERT, "/consultations"),
    (R.GRASSROOTS, "/knowledge"),
    (R.ADMIN, "/admin"),
)
"""Where a role starts, the first that fits; everybody else at the queue."""

START_VIEWS = (
    (R.EXPERT, "expert"),
    (R.SUPERVISOR, "ruling"),
    (R.REVIEWER, "review"),
    (R.CALLBACK, "callback"),
    (R.DISPATCHER, "dispatch"),
    (R.UNIT_LEADER, "open"),
    (R.AUDITOR, "open"),
)
"""The view a role's queue opens with, the first that fits; everybody else with what is his own."""


def start_view(actor: Actor) -> str:
    """The view the queue opens with."""
    return next((view for role, view in START_VIEWS if role in actor.roles), "mine")


def nav(actor: Actor, session: Session, now: datetime, active: str = "") -> list[dict[str, Any]]:
    """The rail: [{key, href, label, icon, active, count}], with what waits for this actor."""
    return [
        {
            "key": target.key,
            "href": target.href,
            "label": target.label,
            "icon": target.icon,
            "active": target.key == active,
            "count": target.count(session, actor, now) if target.count else None,
        }
        for target in TARGETS
        if target.roles & actor.roles
    ]


def viewer(actor: Actor, session: Session) -> dict[str, str]:
    """Who looks at the page: {name, role, number, unit}."""
    account = session.get_one(Account, actor.account_id)
    role = "、".join(role.label for role in Role if role in actor.roles)
    return {"name": actor.name, "role": role, "number": account.login, "unit": account.unit.short_name}


def render_page(d: Door, template: str, *, active: str = "", **values: Any) -> str:
    """A desk page in its frame; `active`: a Target's key. Call it inside the door: templates read rows."""
    frame = {"nav": nav(d.actor, d.session, d.now, active), "viewer": viewer(d.actor, d.session), "now": d.now}
    frame["pinned"] = sorted(current_notices(d.session, d.actor, d.now), key=lambda pinned: pinned[1])
    return render_template(template, **frame, actor=d.actor, **values)


pages = Blueprint("home", __name__, template_folder="templates")


@pages.get("/")
def home() -> ResponseReturnValue:
    """Each role's own start page."""
    with door() as d:
        target = next((href for role, href in HOMES if role in d.actor.roles), "/queue")
    return redirect(target)
