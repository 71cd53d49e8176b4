"""Who owes what each clock of the knowledge base waits for, and what its notices say."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from hotline.accounts.models import Account, Role
from hotline.accounts.queries import with_role
from hotline.directory.models import Unit
from hotline.knowledge import people
from hotline.knowledge.applying import about, owing
from hotline.knowledge.clocks import CORRECTION, ENTRY, GAP, NOTICE, SUBMISSION
from hotline.knowledge.history import About
from hotline.knowledge.models import KbEntry
from hotline.knowledge.people import Duty
from hotline.knowledge.records import CorrectionReport, KnowledgeGap, Submission, UrgentNotice

ROWS = {
    ENTRY: KbEntry,
    CORRECTION: CorrectionReport,
    GAP: KnowledgeGap,
    SUBMISSION: Submission,
    NOTICE: UrgentNotice,
}


def duty_of(session: Session, kind: str, subject_id: int, clock: str, day: date) -> tuple[About, Duty]:
    """What a clock is about, and who owes it."""
    row: Any = session.get_one(ROWS[kind], subject_id)
    if isinstance(row, KbEntry):
        version = row.open_version or row.versions[-1]
        return about(row, version), Duty(row.unit, owing(session, row, clock, day))
    if isinstance(row, CorrectionReport):
        return about_correction(row), Duty(row.entry.unit, people.keeper_of(session, row.entry, day))
    if isinstance(row, UrgentNotice):
        return about_notice(row), Duty(session.get_one(Unit, row.unit_id), reviewers_of(session, row))
    shown = about_gap(row) if isinstance(row, KnowledgeGap) else about_submission(row)
    return shown, Duty(row.unit, people.answering(session, row.unit, day))


def reviewers_of(session: Session, notice: UrgentNotice) -> tuple[Account, ...]:
    """Who reviews an urgent notice afterwards: whoever raised it, with the supervisors."""
    raised = (notice.raised_by,) if notice.raised_by.is_active else ()
    return (*raised, *with_role(session, Role.SUPERVISOR))


def about_correction(row: CorrectionReport) -> About:
    return About(CORRECTION, row.id, f"纠错：{row.entry.code}", f"/knowledge/{row.entry_id}", row.entry_id, row.version)


def about_gap(row: KnowledgeGap) -> About:
    return About(GAP, row.id, f"知识缺口：{row.question}", "/knowledge/gaps", row.entry_id)


def about_submission(row: Submission) -> About:
    return About(SUBMISSION, row.id, "咨询办结后报送依据", "/knowledge/submissions", row.entry_id)


def about_notice(row: UrgentNotice) -> About:
    return About(NOTICE, row.id, f"临时口径：{row.title}", "/knowledge/notices", row.entry_id)
