"""The chain of responsibility on a ticket's page: who has which part, the task force, meetings, telephone notices."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from hotline.accounts.privacy import mask_phone
from hotline.deadlines.queries import clocks_of
from hotline.deadlines.subjects import Subject
from hotline.directory.models import Unit
from hotline.ticket.clocks import ASSIGNMENT, DECISION
from hotline.ticket.models import (
    Assignment,
    AssignmentKind,
    Decision,
    Meeting,
    PhoneNotice,
    TaskForce,
    TaskForceMember,
    Ticket,
)
from hotline.ticket.queries import hanging
from hotline.ui.due import badge
from hotline.ui.format import local_time

Shown = dict[str, Any]


def chain(session: Session, ticket: Ticket, now: datetime) -> Shown:
    """{parts, first_unit, forces, meetings, phones}: plain values, what is open first."""
    rows = hanging(session, Assignment, ticket)
    first = session.get(Unit, ticket.first_unit_id) if ticket.first_unit_id else None
    return {
        "parts": [_part(session, row, rows, now) for row in _in_order([one for one in rows if one.ended_at is None])],
        "first_unit": first.short_name if first else "",
        "forces": [_force(session, ticket, force, now) for force in hanging(session, TaskForce, ticket)][::-1],
        "meetings": [_meeting(row) for row in hanging(session, Meeting, ticket)][::-1],
        "phones": [_phone(row) for row in hanging(session, PhoneNotice, ticket)][::-1],
    }


def _in_order(parts: list[Assignment], parent: int | None = None) -> list[Assignment]:
    """The lead first, each unit followed by those it sent its part down to."""
    here = [one for one in parts if one.parent_id == parent]
    here.sort(key=lambda one: (one.kind is not AssignmentKind.LEAD, one.id))
    return [row for one in here for row in (one, *_in_order(parts, one.id))]


def _part(session: Session, row: Assignment, rows: list[Assignment], now: datetime) -> Shown:
    parent = next((one for one in rows if one.id == row.parent_id), None)
    clocks = clocks_of(session, Subject(ASSIGNMENT, row.id))
    return {
        "kind": row.kind.label,
        "unit": row.unit.short_name,
        "by": f"{parent.unit.short_name}下派" if parent else "",
        "person": row.handler.name if row.handler else "",
        "task": row.task,
        "opinion": row.opinion,
        "answered_at": local_time(row.answered_at) if row.answered_at else "",
        "due": badge(session, clocks[-1], now) if clocks and row.is_awaited else None,
    }


def _force(session: Session, ticket: Ticket, force: TaskForce, now: datetime) -> Shown:
    members = [row for row in hanging(session, TaskForceMember, ticket) if row.task_force_id == force.id]
    decisions = [row for row in hanging(session, Decision, ticket) if row.task_force_id == force.id]
    return {
        "name": force.name,
        "goal": force.goal,
        "follower": force.follower.name,
        "since": local_time(force.at),
        "ended_at": local_time(force.ended_at) if force.ended_at else "",
        "result": force.result,
        "members": "、".join(row.label for row in members if row.left_at is None),
        "decisions": [_decision(session, row, now) for row in decisions],
    }


def _decision(session: Session, row: Decision, now: datetime) -> Shown:
    clocks = clocks_of(session, Subject(DECISION, row.id))
    return {
        "unit": row.unit.short_name,
        "person": row.handler.name if row.handler else "",
        "text": row.text,
        "due": badge(session, clocks[-1], now) if clocks and row.is_open else None,
        "done": f"{local_time(row.done_at)} 已落实：{row.done_text}" if row.done_at else "",
        "is_dropped": row.dropped_at is not None,
    }


def _meeting(row: Meeting) -> Shown:
    return {
        "title": "专班会议" if row.task_force_id else "会商",
        "at": local_time(row.held_at),
        "attendees": row.attendees,
        "agreed": row.agreed,
        "legal_basis": row.legal_basis,
    }


def _phone(row: PhoneNotice) -> Shown:
    told = f"{row.unit.short_name} {row.person}（{mask_phone(row.phone)}）"
    return {"at": local_time(row.told_at), "told": told, "text": row.text}
