"""纠错 and feedback: readers say what is wrong with a version; the owning unit answers within two working days."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM, Actor
from hotline.accounts.models import Role
from hotline.clock import to_local
from hotline.database import ROW_IDS
from hotline.errors import Conflict, Forbidden, NotFound
from hotline.knowledge import clocks, people
from hotline.knowledge.access import WRITERS, reads_internal
from hotline.knowledge.actions import perform_on_entry
from hotline.knowledge.clocks import CORRECTION, KbClock
from hotline.knowledge.duties import about_correction
from hotline.knowledge.guards import belongs
from hotline.knowledge.history import record
from hotline.knowledge.queries import entry
from hotline.knowledge.records import CorrectionReport, CorrectionStatus, EntryFeedback, Verdict

Data = Mapping[str, Any]


def report(session: Session, entry_id: int, data: Data, actor: Actor, now: datetime) -> CorrectionReport:
    """纠错 by anybody with a post, on the version he read (default: the newest). Raises NotFound, Forbidden."""
    if not reads_internal(actor) or actor.account_id is None:
        raise Forbidden("请登录后再纠错", code="role_refused")
    version = entry(session, entry_id, data.get("entry_version"), actor=actor)
    row = CorrectionReport(
        entry=version.entry,
        version=version.version,
        kind=data["kind"],
        text=data["text"],
        status=CorrectionStatus.OPEN,
        reported_by_id=actor.account_id,
        reported_at=now,
    )
    session.add(row)
    session.flush()
    clocks.start(session, CORRECTION, row.id, KbClock.CORRECTION, now)
    told = people.keeper_of(session, version.entry, to_local(now).date())
    record(session, about_correction(row), actor, now, action="report", label="纠错", text=row.text, told=told)
    return row


def answer(session: Session, row: CorrectionReport, data: Data, actor: Actor, now: datetime) -> None:
    """答复 by the owning unit (or an editor): adopted opens a draft, refused says why; the reporter hears of it.

    Raises Forbidden, Conflict when it has been answered.
    """
    if not may_answer(row, actor):
        raise Forbidden("只能由责任单位答复纠错", code="role_refused")
    if row.status is not CorrectionStatus.OPEN:
        raise Conflict(f"这条纠错{row.status.label}", code="illegal_action", status=row.status.value)
    is_accepted = bool(data["is_accepted"])
    row.status = CorrectionStatus.ACCEPTED if is_accepted else CorrectionStatus.REJECTED
    row.answered_by_id, row.answered_at, row.answer = actor.account_id, now, data["text"]
    clocks.stop(session, CORRECTION, row.id, None, now)
    label, told = f"纠错{row.status.label}", [row.reported_by]
    record(session, about_correction(row), actor, now, action="answer", label=label, text=row.answer, told=told)
    if is_accepted:
        _begin_draft(session, row, now)


def get_correction(session: Session, actor: Actor, correction_id: int) -> CorrectionReport:
    """One correction, held for a change. Raises NotFound, also for who may not read what is internal."""
    found = session.get(CorrectionReport, correction_id, with_for_update=True) if correction_id in ROW_IDS else None
    if found is None or not reads_internal(actor):
        raise NotFound("没有找到这条纠错", code="correction_not_found")
    return found


def may_answer(row: CorrectionReport, actor: Actor) -> bool:
    """Whether this actor answers for the entry: its unit's people, or an editor."""
    return Role.KB_EDITOR in actor.roles or bool(actor.roles & WRITERS and belongs(row.entry.unit_id, actor))


def open_corrections(session: Session, actor: Actor) -> list[CorrectionReport]:
    """The corrections this actor has to answer, oldest first."""
    rows = session.scalars(
        select(CorrectionReport).filter_by(status=CorrectionStatus.OPEN).order_by(CorrectionReport.id)
    )
    return [row for row in rows if may_answer(row, actor)]


def corrections_of(session: Session, entry_id: int) -> list[CorrectionReport]:
    """An entry's corrections, newest first."""
    mine = select(CorrectionReport).filter_by(entry_id=entry_id).order_by(CorrectionReport.id.desc())
    return list(session.scalars(mine))


def rate(session: Session, entry_id: int, data: Data, actor: Actor, now: datetime) -> EntryFeedback:
    """有用 / 过期 / 有误: one word an account and version; the last one counts. Raises NotFound, Forbidden."""
    if actor.account_id is None:
        raise Forbidden("请登录后再评价", code="role_refused")
    version = entry(session, entry_id, data.get("entry_version"), actor=actor)
    key = {"entry_id": entry_id, "version": version.version, "account_id": actor.account_id}
    row = session.scalar(select(EntryFeedback).filter_by(**key))
    if row is None:
        row = EntryFeedback(**key, verdict=data["verdict"], at=now)
        session.add(row)
    row.verdict, row.at = data["verdict"], now
    session.flush()
    return row


def verdicts(session: Session, entry_id: int, version: int) -> dict[Verdict, int]:
    """How many accounts think what of a version."""
    counted = select(EntryFeedback.verdict, func.count()).filter_by(entry_id=entry_id, version=version)
    found = dict(session.execute(counted.group_by(EntryFeedback.verdict)).all())
    return {verdict: found.get(verdict, 0) for verdict in Verdict}


def verdict_of(session: Session, entry_id: int, version: int, actor: Actor) -> Verdict | None:
    """What this account thinks of a version."""
    mine = select(EntryFeedback.verdict).filter_by(entry_id=entry_id, version=version, account_id=actor.account_id)
    return session.scalar(mine)


def _begin_draft(session: Session, row: CorrectionReport, now: datetime) -> None:
    """What was adopted must be written: a draft with its clock, unless one is being written already.

    The house opens it: its author is whoever then writes it.
    """
    if row.entry.open_version is None and row.entry.is_live:
        perform_on_entry(session, SYSTEM, "revise", {"text": f"纠错：{row.text}"}, now, row.entry.code)
