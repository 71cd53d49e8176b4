"""What an answer stands on: entries with their versions, kept with the reply; internal ones never leave the house."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.clock import to_local
from hotline.errors import Invalid
from hotline.knowledge.force import in_force
from hotline.knowledge.life import entry_named
from hotline.knowledge.models import LIVE, KbEntryVersion
from hotline.knowledge.queries import replay
from hotline.ticket.models import Citation, Reply, Ticket
from hotline.ticket.operations import session_of
from knowledge_base.doc_numbers import parse_all
from knowledge_base.verbatim import repeated

Data = Mapping[str, Any]


def cited(session: Session, citations: Collection[str], on: date) -> list[KbEntryVersion]:
    """The versions that citations name, each once: "entry:version", or a code for what it says on that day.

    Raises NotFound for a version that never was published, Invalid for a code without an answer.
    """
    found = [_by_code(session, one, on) if ":" not in one else _by_version(session, one) for one in citations]
    return list({version.id: version for version in found}.values())


def _by_version(session: Session, citation: str) -> KbEntryVersion:
    entry_id, version = citation.split(":")
    return replay(session, int(entry_id), int(version))


def _by_code(session: Session, code: str, on: date) -> KbEntryVersion:
    entry = entry_named(session, code, "citations")
    found = session.scalar(in_force(on, public_only=False).where(KbEntryVersion.entry_id == entry.id))
    if found is None:
        raise Invalid(f"{entry.code} 现在没有有效的答复，不能作为依据", code="entry_not_live", field="citations")
    return found


def stand_on(ticket: Ticket, reply: Reply, data: Data, actor: Actor, now: datetime) -> None:
    """Keep what a reply cites. Raises Invalid, also when its public text repeats an internal entry unconfirmed."""
    session = session_of(ticket)
    versions = cited(session, data.get("citations") or (), to_local(now).date())
    if not data.get("internal_confirmed"):
        _refuse_internal_words(versions, reply.public_text)
    for version in versions:
        session.add(_citation(ticket, reply, version, actor, now))
    session.flush()


def _citation(ticket: Ticket, reply: Reply, version: KbEntryVersion, actor: Actor, now: datetime) -> Citation:
    named = {"entry_id": version.entry_id, "entry_version": version.version}
    said = {"title": version.title, "doc_number": version.doc_number, "is_internal": not version.entry.is_public}
    return Citation(ticket_id=ticket.id, reply_id=reply.id, by_id=actor.account_id, at=now, **named, **said)


def _refuse_internal_words(versions: Iterable[KbEntryVersion], text: str) -> None:
    """An internal entry may guide an answer; before an enterprise reads its very words, somebody is asked."""
    for version in versions:
        words = "\n".join((version.title, version.phone_answer, version.full_text))
        if version.entry.is_public or (sentence := repeated(text, words)) is None:
            continue
        said = f"公开答复照抄了内部条目 {version.entry.code} 的原文“{sentence[:30]}”"
        message = f"{said}，请改写；确可对外的，请勾选确认后再提交"
        raise Invalid(message, code="internal_words", field="internal_confirmed")


def names_regulation(session: Session, ticket: Ticket) -> bool:
    """Whether the lead unit's last reply cites an entry, or names by its number a document that the house keeps."""
    replies = select(Reply).where(Reply.ticket_id == ticket.id, Reply.unit_id.is_not(None))
    reply = session.scalar(replies.order_by(Reply.id.desc()).limit(1))
    if reply is None:
        return False
    if session.scalar(select(Citation.id).filter_by(reply_id=reply.id).limit(1)) is not None:
        return True
    return any(_keeps(session, number) for number in parse_all(reply.legal_basis))


def _keeps(session: Session, number: Any) -> bool:
    spelt = f"〔{number.year}〕{number.serial}号"
    kept = select(KbEntryVersion.doc_number).where(KbEntryVersion.doc_number.endswith(spelt))
    known = session.scalars(kept.where(KbEntryVersion.status.in_(LIVE)).distinct())
    return any(one.meets(number) for written in known for one in parse_all(written))
