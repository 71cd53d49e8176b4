"""Consultations and experts as JSON has them."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.accounts.privacy import mask_phone
from hotline.deadlines.models import ClockState
from hotline.deadlines.queries import clocks_of
from hotline.experts.clocks import subject_of
from hotline.experts.figures import Figures
from hotline.experts.models import Expert, RosterShift
from hotline.experts.queries import actions_on
from hotline.experts.ranking import Place
from hotline.experts.records import Advice, AdviceEvent
from hotline.experts.roster import Slot


def advice_as_dict(session: Session, advice: Advice, actor: Actor, now: datetime) -> dict[str, Any]:
    """One consultation, with the caller's legal `actions`; who else was asked is the hotline's to see."""
    running = [one for one in clocks_of(session, subject_of(advice)) if one.state is ClockState.RUNNING]
    call, meeting = advice.call, advice.appointment
    return {
        "id": advice.id,
        "kind": advice.kind.value,
        "status": advice.status.value,
        "status_label": advice.status.label,
        "version": advice.version,
        "question": advice.question,
        "category_code": advice.category.code if advice.category else None,
        "region_code": advice.region.code if advice.region else None,
        "unit_code": advice.unit.code,
        "expert": advice.expert.account.name if advice.expert else None,
        "answer": advice.answer,
        "legal_basis": advice.legal_basis,
        "answered_for": advice.answered_for.code if advice.answered_for else None,
        "invitations": [_invitation(one) for one in advice.invitations] if actor.is_hotline else [],
        "call": call
        and {"is_consented": call.is_consented, "started_at": _at(call.started_at), "ended_at": _at(call.ended_at)},
        "appointment": meeting and {"starts_at": _at(meeting.starts_at), "ends_at": _at(meeting.ends_at)},
        "due_at": {one.name: _at(one.due_at) for one in running},
        "actions": [row.action for row in actions_on(advice, actor, now)],
    }


def _invitation(one: Any) -> dict[str, Any]:
    return {
        "expert": one.expert.account.name,
        "response": one.response.value,
        "at": _at(one.at),
        "why": one.why,
        "text": one.text,
    }


def place_as_dict(place: Place) -> dict[str, Any]:
    """One expert as the ranking judged him."""
    one = place.expert
    return {"login": one.account.login, "name": one.account.name, "unit_code": one.unit.code, "why": place.why}


def expert_as_dict(expert: Expert, load: int) -> dict[str, Any]:
    """One place in the pool; the telephone stays masked."""
    return {
        "id": expert.id,
        "login": expert.account.login,
        "name": expert.account.name,
        "unit_code": expert.unit.code,
        "title": expert.title,
        "languages": expert.languages,
        "valid_from": expert.valid_from.isoformat(),
        "valid_to": expert.valid_to.isoformat() if expert.valid_to else None,
        "presence": expert.presence.value,
        "load": load,
        "max_parallel": expert.max_parallel,
        "work_phone": mask_phone(expert.work_phone),
        "fields": [
            {
                "category_code": one.category.code,
                "level": one.level,
                "region_code": one.region.code if one.region else None,
            }
            for one in expert.fields
        ],
    }


def figures_as_dict(figures: Figures) -> dict[str, Any]:
    """Shares with their parts; a rate of nothing is null."""
    shares = {"accept": figures.accepted, "adopt": figures.adopted, "praise": figures.praised}
    counted = {name: {"part": one.part, "whole": one.whole, "rate": one.rate} for name, one in shares.items()}
    return {**counted, "first_response_s": figures.first_response}


def shift_as_dict(shift: RosterShift) -> dict[str, Any]:
    """One shift with its AB角."""
    return {
        "id": shift.id,
        "day": shift.day.isoformat(),
        "starts": f"{shift.starts:%H:%M}",
        "ends": f"{shift.ends:%H:%M}",
        "expert_id": shift.expert_id,
        "substitute_id": shift.substitute_id,
        "is_absent": shift.is_absent,
        "acting": shift.acting.account.name,
    }


def slot_as_dict(slot: Slot) -> dict[str, Any]:
    """One free half hour; `slot` is what `book` wants."""
    return {"slot": slot.key, "starts_at": _at(slot.starts_at), "unit_code": slot.expert.unit.code}


def event_as_dict(event: AdviceEvent) -> dict[str, Any]:
    """One event."""
    return {
        "action": event.action,
        "label": event.label,
        "status": event.to_status.value,
        "actor": event.actor_name,
        "at": _at(event.at),
        "text": event.text,
    }


def _at(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
