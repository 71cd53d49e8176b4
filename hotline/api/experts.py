"""Experts over JSON: the pool, the roster, free slots, and consultations with every action of their table."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields

from hotline.api.access import bearer, json_body, once_for
from hotline.api.routes import refuse_others, route
from hotline.experts import appointments, pool, ranking, roster, roster_changes, view
from hotline.experts import schemas as forms
from hotline.experts.actions import ADVICE_ACTIONS, CREATING_ADVICE, perform_on_advice
from hotline.experts.figures import figures_of
from hotline.experts.lifecycle import LABELS
from hotline.experts.queries import events, get_advice, waiting
from hotline.experts.records import Advice
from hotline.experts.roster_changes import Change
from hotline.ticket.queries import get
from hotline.ticket.schemas import Checked, day, line
from hotline.ui.door import Door, door

pages = Blueprint("api_experts", __name__, url_prefix="/api/v1", description="政策专家")
MEASURED = timedelta(days=365)


class Week(Checked):
    """Which week."""

    first = day("第一天")


class OfTicket(Checked):
    """Whose slots."""

    ticket_no = line("工单号", required=True)


class Since(Checked):
    """From when figures are counted."""

    since = fields.AwareDateTime(load_default=None, metadata={"label": "自"})


@pages.get("/experts/for-ticket")
@bearer
@pages.arguments(OfTicket, location="query")
@pages.response(200)
def for_ticket(asked: dict[str, Any]) -> dict[str, Any]:
    """Who may be asked in writing on this ticket, first to last, and who may not, each with the reason."""
    with door() as d:
        fitting, refused = ranking.judged(d.session, get(d.session, d.actor, asked["ticket_no"]), d.now)
        return {
            "experts": [view.place_as_dict(one) for one in fitting],
            "refused": [view.place_as_dict(one) for one in refused],
        }


@pages.get("/experts")
@bearer
@pages.response(200)
def experts() -> dict[str, Any]:
    """The experts the caller may see."""
    with door() as d:
        load = pool.loads(d.session, d.now)
        return {"experts": [view.expert_as_dict(one, load[one.id]) for one in pool.listed(d.session, d.actor)]}


@pages.post("/experts")
@bearer
@pages.arguments(forms.Recommend)
@pages.response(201)
def recommend(data: dict[str, Any]) -> dict[str, Any]:
    """推荐入库."""
    with door(write=True) as d:
        return once_for(d, lambda: view.expert_as_dict(pool.recommend(d.session, data, d.actor, d.now), 0))


@pages.put("/experts/<int:expert_id>")
@bearer
@pages.arguments(forms.ExpertPlace)
@pages.response(200)
def amend(data: dict[str, Any], expert_id: int) -> dict[str, Any]:
    """Change an expert's fields, languages, period, capacity."""
    with door(write=True) as d:
        expert = pool.get_expert(d.session, d.actor, expert_id)
        roster_changes.amend(d.session, expert, data, d.actor, d.now, data["seen"])
        return view.expert_as_dict(expert, pool.loads(d.session, d.now)[expert.id])


@pages.get("/experts/<int:expert_id>/figures")
@bearer
@pages.arguments(Since, location="query")
@pages.response(200)
def figures(asked: dict[str, Any], expert_id: int) -> dict[str, Any]:
    """接单率, 首响时长, 采纳率, 好评率; a rate of nothing is null."""
    with door() as d:
        expert = pool.get_expert(d.session, d.actor, expert_id)
        since = asked["since"] or d.now - MEASURED
        return view.figures_as_dict(figures_of(d.session, expert, since))


@pages.put("/experts/presence")
@bearer
@pages.arguments(forms.SetPresence)
@pages.response(200)
def presence(data: dict[str, Any]) -> dict[str, Any]:
    """在线, 忙碌, 离线: the caller's own switch."""
    with door(write=True) as d:
        expert = pool.switch_presence(d.session, data, d.actor, d.now)
        return view.expert_as_dict(expert, pool.loads(d.session, d.now)[expert.id])


@pages.get("/roster")
@bearer
@pages.arguments(Week, location="query")
@pages.response(200)
def week(asked: dict[str, Any]) -> dict[str, Any]:
    """Seven days of shifts from `first` (today without it)."""
    with door() as d:
        days = roster.week(d.session, asked["first"] or d.today, pool.listed(d.session, d.actor))
        return {"days": [_day(one) for one in days]}


def _day(one: roster.Day) -> dict[str, Any]:
    return {"day": one.day.isoformat(), "note": one.note, "shifts": [view.shift_as_dict(s) for s in one.shifts]}


def _planned(d: Door, data: dict[str, Any], shift_id: int | None, action: str) -> Change:
    if shift_id is None:
        return roster_changes.laid_out(d.session, data, d.actor)
    shift = roster.get_shift(d.session, shift_id)
    if action == "swap":
        return roster_changes.swapped(d.session, shift, data, d.actor)
    return roster_changes.removed(shift, d.actor)


def _preview(d: Door, change: Change) -> dict[str, Any]:
    """What the change would do; `seen` sent back with it makes sure that it does just that."""
    found = roster_changes.effects(d.session, change, d.now)
    return {**found.plain(), "seen": found.seen}


def _change(d: Door, change: Change, data: dict[str, Any]) -> dict[str, Any]:
    done = roster_changes.carry_out(d.session, change, d.actor, d.now, data.get("text", ""), data["seen"])
    d.session.flush()
    stored = [one.before or one.after for one in change.shifts if one.after is not None]
    return {**done.details, "roster": [view.shift_as_dict(one) for one in stored if one is not None]}


@pages.post("/roster/preview")
@bearer
@pages.arguments(forms.LayOut)
@pages.response(200)
def preview_lay_out(data: dict[str, Any]) -> dict[str, Any]:
    """What 排班 would do."""
    with door() as d:
        return _preview(d, _planned(d, data, None, "lay_out"))


@pages.post("/roster")
@bearer
@pages.arguments(forms.LayOut)
@pages.response(201)
def lay_out(data: dict[str, Any]) -> dict[str, Any]:
    """排班; the new shifts are `roster`."""
    with door(write=True) as d:
        return once_for(d, lambda: _change(d, _planned(d, data, None, "lay_out"), data))


@pages.post("/roster/<int:shift_id>/swap/preview")
@bearer
@pages.arguments(forms.Swap)
@pages.response(200)
def preview_swap(data: dict[str, Any], shift_id: int) -> dict[str, Any]:
    """What 替班 would do to the shift, its meetings and invitations."""
    with door() as d:
        return _preview(d, _planned(d, data, shift_id, "swap"))


@pages.post("/roster/<int:shift_id>/swap")
@bearer
@pages.arguments(forms.Swap)
@pages.response(200)
def swap(data: dict[str, Any], shift_id: int) -> dict[str, Any]:
    """替班: the shift, and the meetings in its hours go with who answers."""
    with door(write=True) as d:
        return once_for(d, lambda: _change(d, _planned(d, data, shift_id, "swap"), data))


@pages.post("/roster/<int:shift_id>/remove/preview")
@bearer
@pages.arguments(forms.Remove)
@pages.response(200)
def preview_remove(data: dict[str, Any], shift_id: int) -> dict[str, Any]:
    """What 撤班 would do."""
    with door() as d:
        return _preview(d, _planned(d, data, shift_id, "remove"))


@pages.post("/roster/<int:shift_id>/remove")
@bearer
@pages.arguments(forms.Remove)
@pages.response(200)
def remove(data: dict[str, Any], shift_id: int) -> dict[str, Any]:
    """撤班: meetings in its hours have to be booked anew, and the enterprise is told."""
    with door(write=True) as d:
        return once_for(d, lambda: _change(d, _planned(d, data, shift_id, "remove"), data))


@pages.post("/experts/<int:expert_id>/preview")
@bearer
@pages.arguments(forms.ExpertPlace)
@pages.response(200)
def preview_amend(data: dict[str, Any], expert_id: int) -> dict[str, Any]:
    """What another period of validity would do to the roster and the meetings."""
    with door() as d:
        expert = pool.get_expert(d.session, d.actor, expert_id)
        pool.demand(expert.unit, d.actor)
        return _preview(d, roster_changes.amended(d.session, expert, data, d.now))


@pages.get("/appointments/slots")
@bearer
@pages.arguments(OfTicket, location="query")
@pages.response(200)
def slots(asked: dict[str, Any]) -> dict[str, Any]:
    """The free half hours of the experts who may advise on this ticket."""
    with door() as d:
        ticket = get(d.session, d.actor, asked["ticket_no"])
        return {"slots": [view.slot_as_dict(one) for one in appointments.offered(d.session, ticket, d.now)]}


@pages.get("/consultations")
@bearer
@pages.response(200)
def consultations() -> dict[str, Any]:
    """What has not ended, of those the caller may see, oldest first."""
    with door() as d:
        return {"consultations": [_shown(d, one) for one in waiting(d.session, d.actor)]}


@pages.get("/consultations/<int:advice_id>")
@bearer
@pages.response(200)
def consultation(advice_id: int) -> dict[str, Any]:
    """One consultation, with its events and the caller's legal `actions`."""
    with door() as d:
        advice = get_advice(d.session, d.actor, advice_id)
        history = [view.event_as_dict(one) for one in events(d.session, advice)]
        return {**_shown(d, advice), "events": history}


def _shown(d: Door, advice: Advice) -> dict[str, Any]:
    return view.advice_as_dict(d.session, advice, d.actor, d.now)


def _create(action: str) -> Callable[[], dict[str, Any]]:
    """A route that makes a consultation."""

    def create() -> dict[str, Any]:
        payload = json_body()
        with door(write=True) as d:
            return once_for(d, lambda: _shown(d, perform_on_advice(d.session, d.actor, action, payload, d.now)))

    return create


def _act(action: str) -> Callable[[int], dict[str, Any]]:
    """A route that takes one row of the consultations' table. Who declines no longer sees more than that he did."""

    def act(advice_id: int) -> dict[str, Any]:
        payload = json_body()
        with door(write=True) as d:
            return _shown(d, perform_on_advice(d.session, d.actor, action, payload, d.now, advice_id))

    return act


for _name, _spec in CREATING_ADVICE.items():
    route(pages, f"/consultations/new/{_name}", _name, LABELS[_name], _spec.schema, _create(_name), 201)
for _name, _spec in ADVICE_ACTIONS.items():
    _path = f"/consultations/<int:advice_id>/actions/{_name}"
    route(pages, _path, _name, LABELS[_name], _spec.schema, _act(_name), 200)
refuse_others(pages, "consultations/<int:advice_id>")
