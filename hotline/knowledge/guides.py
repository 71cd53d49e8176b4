"""惠企政策工作手册: a new policy's guide (who may apply, on what conditions) follows it within seven working days."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import Session

from hotline.clock import to_local
from hotline.deadlines.models import Clock
from hotline.knowledge import clocks
from hotline.knowledge.clocks import ENTRY, KbClock
from hotline.knowledge.models import EntryType, KbEntry, KbEntryVersion

NEW = timedelta(days=30)
"""In force for longer, a policy that is brought in is no new one: its guide is a matter of the review lists."""


def expect_guide(session: Session, entry: KbEntry, version: KbEntryVersion, now: datetime) -> None:
    """After a publication: a new policy's guide is waited for once, however many clauses it has; or it has come."""
    if version.is_guide:
        for entry_id in session.scalars(_waiting(version)):
            clocks.stop(session, ENTRY, entry_id, (KbClock.GUIDE,), now)
    elif _is_new_policy(entry, version, now) and not _is_known(session, version):
        clocks.start(session, ENTRY, entry.id, KbClock.GUIDE, now)


def _is_new_policy(entry: KbEntry, version: KbEntryVersion, now: datetime) -> bool:
    is_new = version.effective_from >= to_local(now).date() - NEW
    return entry.type is EntryType.POLICY and version.version == 1 and is_new


def _is_known(session: Session, version: KbEntryVersion) -> bool:
    """Whether the guide of this version's policy is, or was, waited for already, or there before it."""
    if session.scalar(_waiting(version).limit(1)) is not None:
        return True
    published = select(KbEntryVersion).where(_same_policy(version), KbEntryVersion.published_at.is_not(None))
    return any(one.is_guide for one in session.scalars(published.where(KbEntryVersion.beneficiaries != "")))


def _waiting(version: KbEntryVersion) -> Select[int]:
    """The entries of this version's policy that have, or had, the clock; read from the clocks, as those are few."""
    carrying = select(Clock.subject_id).join(KbEntryVersion, KbEntryVersion.entry_id == Clock.subject_id)
    return carrying.where(Clock.subject_kind == ENTRY, Clock.name == KbClock.GUIDE, _same_policy(version)).distinct()


def _same_policy(version: KbEntryVersion) -> ColumnElement[bool]:
    """Versions of entries out of the same document; a text that names none stands for itself."""
    if not version.source_title:
        return KbEntryVersion.entry_id == version.entry_id
    return and_(KbEntryVersion.source_title == version.source_title, KbEntryVersion.doc_number == version.doc_number)
