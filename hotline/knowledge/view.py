"""Entries as the API shows them: plain values, only what this reader may see."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.knowledge.actions import actions_on
from hotline.knowledge.content import CONTENT
from hotline.knowledge.corrections import verdicts
from hotline.knowledge.force import state_of
from hotline.knowledge.models import KbEntry, KbEntryVersion
from hotline.knowledge.queries import Hit, may_see_drafts, reads_internal, versions_for
from hotline.knowledge.records import CorrectionReport, KbHistory, KnowledgeGap, Submission, UrgentNotice
from hotline.ticket.ledger import plain


def hit_as_dict(hit: Hit) -> dict[str, Any]:
    """One answer of a search. Marks are [start, end) offsets."""
    before = hit.yields_to
    return {
        **{name: plain(getattr(hit, name)) for name in ("code", "version", "title", "snippet", "doc_number", "place")},
        "title_marks": hit.title_marks,
        "snippet_marks": hit.snippet_marks,
        "type": hit.type_label,
        "state": hit.state.value,
        "effective_from": _day(hit.effective_from),
        "expires_at": _day(hit.expires_at),
        "score": hit.score,
        "yields_to": {"code": before.code, "title": before.title, "reason": before.reason} if before else None,
    }


def entry_as_dict(session: Session, entry: KbEntry, version: KbEntryVersion, actor: Actor, on: date) -> dict[str, Any]:
    """An entry in one version, with what this actor may do (`actions`) and the token (`version`) to send with it."""
    named = {"unit": entry.unit.name, "category": entry.category.full_name if entry.category else None}
    kept = {
        "maintainer": entry.maintainer and entry.maintainer.name,
        "deputy": entry.deputy and entry.deputy.name,
        "verdicts": {verdict.value: count for verdict, count in verdicts(session, entry.id, version.version).items()},
        "open_version": entry.open_version.version if entry.open_version and may_see_drafts(actor, entry) else None,
    }
    return {
        "code": entry.code,
        "type": entry.type.value,
        **named,
        "region_code": entry.region_code,
        "audience": entry.audience,
        "is_public": entry.is_public,
        "replaced_by": entry.replaced_by.code if entry.replaced_by else None,
        "version": entry.row_version,
        "shown": version_as_dict(version, on),
        "actions": [{"action": row.action, "label": row.label} for row in actions_on(entry, actor)],
        **(kept if reads_internal(actor) else {}),
    }


def version_as_dict(version: KbEntryVersion, on: date) -> dict[str, Any]:
    """What a version says and where it stands on a day."""
    said = {name: _day(value) if isinstance(value := getattr(version, name), date) else value for name in CONTENT}
    return {
        "number": version.version,
        "status": version.status.value,
        "state": state_of(version, on).value,
        "published_at": plain(version.published_at),
        "doubts": version.doubts,
        **said,
    }


def versions_as_dict(entry: KbEntry, actor: Actor, on: date) -> list[dict[str, Any]]:
    """Every version this reader may see, newest first."""
    return [version_as_dict(one, on) for one in versions_for(entry, actor)]


def history_as_dict(row: KbHistory) -> dict[str, Any]:
    """One row of an entry's history."""
    names = ("action", "label", "version", "from_status", "to_status", "actor_name", "at", "text")
    return {name: plain(getattr(row, name)) for name in names}


def correction_as_dict(row: CorrectionReport) -> dict[str, Any]:
    """One correction."""
    names = ("id", "version", "kind", "text", "status", "reported_at", "answered_at", "answer")
    return {**{name: plain(getattr(row, name)) for name in names}, "code": row.entry.code}


def owed_as_dict(row: KnowledgeGap | Submission) -> dict[str, Any]:
    """One gap or submission."""
    names = ("id", "opened_at", "closed_at", "answer")
    question = row.question if isinstance(row, KnowledgeGap) else ""
    code = row.entry.code if row.entry else None
    return {
        **{name: plain(getattr(row, name)) for name in names},
        "question": question,
        "unit": row.unit.name,
        "code": code,
    }


def notice_as_dict(notice: UrgentNotice) -> dict[str, Any]:
    """One urgent notice."""
    names = (
        "id",
        "title",
        "text",
        "basis",
        "status",
        "raised_at",
        "ends_at",
        "signed_at",
        "reviewed_at",
        "review_text",
    )
    people = {"raised_by": notice.raised_by.name, "signed_by": notice.signed_by and notice.signed_by.name}
    code = notice.entry.code if notice.entry else None
    return {**{name: plain(getattr(notice, name)) for name in names}, **people, "code": code}


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None
