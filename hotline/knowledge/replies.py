"""“转为知识草稿”: a unit's approved answer becomes a draft, without what could name the enterprise."""

import re
from datetime import datetime

from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.clock import to_local
from hotline.errors import Invalid
from hotline.knowledge.content import Content, Ownership
from hotline.knowledge.life import draft_with
from hotline.knowledge.models import MAX_TITLE, EntryType, KbEntry
from hotline.ticket.models import Reply, Ticket
from hotline.ticket.models.codes import Ruling
from hotline.ticket.parts import latest_reply
from hotline.ticket.queries import get
from hotline.ticket.view import stays_inside
from knowledge_base.doc_numbers import as_written

_NUMBERS = re.compile(r"(?<![0-9A-Z〔])(?:[0-9][0-9\-\s]{5,}[0-9xX]|[0-9A-Z]{18})(?![0-9A-Z])")
"""Telephone, identity-card and credit-code numbers."""
MASK = "〔已隐去〕"


def draft_from_reply(session: Session, actor: Actor, number: str, now: datetime) -> KbEntry:
    """A draft (问答, internal until classified) from the public text of a ticket's approved reply, and nothing else.

    Raises NotFound for a ticket out of sight, Forbidden, Invalid when there is no such reply or its ticket is
    confidential, anonymous, a tip-off, or names a respondent.
    """
    ticket = get(session, actor, number)
    reply = latest_reply(ticket)
    if reply is None or reply.ruling is not Ruling.GRANTED:
        raise Invalid("这件工单还没有审核通过的答复", code="no_reply", field="number")
    _check_open(ticket)
    owner = Ownership(
        unit_id=reply.unit_id or actor.unit_id or 0, category_id=ticket.category_id, is_public=False, type=EntryType.QA
    )
    return draft_with(session, owner, _content(ticket, reply), actor, now, f"由工单 {ticket.no} 的答复转来")


def draft_from_answer(
    session: Session, actor: Actor, ticket: Ticket | None, said: tuple[str, str, str], owner: Ownership, now: datetime
) -> KbEntry:
    """A draft from an expert's passed answer (`said`: title, text, basis), without what could name the enterprise.

    Raises Forbidden for whom the unit's entries are not, Invalid as `draft_from_reply` does.
    """
    if ticket is not None:
        _check_open(ticket)
    title, text, basis = (_NUMBERS.sub(MASK, one) if ticket is None else scrubbed(ticket, one) for one in said)
    content = Content(
        title=title[:MAX_TITLE],
        full_text=text,
        phone_answer=text if len(text) <= 200 else "",
        effective_from=to_local(now).date(),
        doc_number=as_written(said[2]) or "",
        source_title=basis[:MAX_TITLE],
    )
    return draft_with(session, owner, content, actor, now, "由专家咨询的答复转来")


def _check_open(ticket: Ticket) -> None:
    if stays_inside(ticket):
        message = "保密、匿名、举报和写明被反映对象的工单，答复不能转为知识"
        raise Invalid(message, code="ticket_shielded", field="number")


def scrubbed(ticket: Ticket, text: str) -> str:
    """The text without the names and numbers of whoever raised the ticket."""
    known = [ticket.contact_name, ticket.contact_phone, ticket.place]
    if ticket.enterprise is not None:
        known += [ticket.enterprise.name, ticket.enterprise.uscc, ticket.enterprise.contact_name]
    for word in sorted({word for word in known if word and len(word) > 1}, key=len, reverse=True):
        text = text.replace(word, MASK)
    return _NUMBERS.sub(MASK, text)


def _content(ticket: Ticket, reply: Reply) -> Content:
    text = scrubbed(ticket, reply.public_text)
    return Content(
        title=scrubbed(ticket, ticket.title)[:MAX_TITLE],
        full_text=text,
        phone_answer=text if len(text) <= 200 else "",
        effective_from=to_local(reply.at).date(),
        doc_number=as_written(reply.legal_basis) or "",
        source_title=scrubbed(ticket, reply.legal_basis)[:MAX_TITLE],
    )
