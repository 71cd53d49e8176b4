"""临时口径 over JSON: what stands on the desks, 已阅, and the steps from raising to review."""

from collections.abc import Callable
from typing import Any

from flask_smorest import Blueprint

from hotline.api.access import bearer, json_body, once_for
from hotline.api.routes import refuse_others, route
from hotline.errors import Forbidden
from hotline.knowledge import notices, schemas
from hotline.knowledge.access import reads_internal
from hotline.knowledge.notice_steps import STEPS, Step, is_live, shown_to, steps_of
from hotline.knowledge.notices import RAISERS
from hotline.knowledge.records import UrgentNotice
from hotline.knowledge.view import notice_as_dict
from hotline.ticket.schemas import checked
from hotline.ui.door import Door, door

pages = Blueprint("api_kb_notices", __name__, url_prefix="/api/v1/knowledge/notices", description="临时口径")


@pages.get("")
@bearer
@pages.response(200)
def listed() -> dict[str, Any]:
    """What stands on the caller's desk now, with whether he has read it; all the newest for those who raise them."""
    with door() as d:
        if not reads_internal(d.actor):
            raise Forbidden("临时口径只供热线和承办单位使用", code="role_refused")
        return {"notices": [_shown(d, notice) for notice in shown_to(d.session, d.actor, d.now)]}


@pages.get("/<int:notice_id>")
@bearer
@pages.response(200)
def show(notice_id: int) -> dict[str, Any]:
    """One notice, with the caller's legal `actions`; `unread` names who has not read it, for those who raise them."""
    with door() as d:
        return _shown(d, notices.get_notice(d.session, d.actor, notice_id))


@pages.post("/new/raise")
@bearer
@pages.arguments(schemas.RaiseNotice)
@pages.response(201)
def raise_one(data: dict[str, Any]) -> dict[str, Any]:
    """拟发; a supervisor's own is live at once."""
    with door(write=True) as d:
        return once_for(d, lambda: _shown(d, notices.raise_notice(d.session, data, d.actor, d.now)))


@pages.post("/<int:notice_id>/read")
@bearer
@pages.response(204)
def read(notice_id: int) -> None:
    """已阅, once for each account; a second time changes nothing."""
    with door(write=True) as d:
        notices.mark_read(d.session, notices.get_notice(d.session, d.actor, notice_id), d.actor, d.now)


def _shown(d: Door, notice: UrgentNotice) -> dict[str, Any]:
    """A notice as its reader sees it."""
    d.session.flush()
    stands = is_live(notice, d.now)
    watches = stands and bool(d.actor.roles & RAISERS)
    return {
        **notice_as_dict(notice),
        "is_live": stands,
        "is_read": notices.is_read_by(d.session, notice, d.actor),
        "unread": [one.name for one in notices.unread_by(d.session, notice)] if watches else None,
        "actions": [{"action": name, "label": STEPS[name].label} for name in steps_of(notice, d.actor, d.now)],
    }


def _act(step: Step) -> Callable[[int], dict[str, Any]]:
    """A route that takes one step."""

    def act(notice_id: int) -> dict[str, Any]:
        payload = json_body()
        with door(write=True) as d:
            notice = notices.get_notice(d.session, d.actor, notice_id)
            step.do(d.session, notice, checked(step.schema(), payload), d.actor, d.now)
            return _shown(d, notice)

    return act


for _name, _step in STEPS.items():
    route(pages, f"/<int:notice_id>/actions/{_name}", _name, _step.label, _step.schema, _act(_step), 200)
refuse_others(pages, "<int:notice_id>")
