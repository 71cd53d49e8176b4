"""The aggregate's tables."""

from hotline.ticket.models.answers import Citation, Rating, Reply, ReviewRequest, UnitSignOff
from hotline.ticket.models.codes import (
    OPEN,
    AppealType,
    AssignmentKind,
    ContactResult,
    ExtensionReason,
    ObjectionReason,
    PauseReason,
    RefusalReason,
    RespondentKind,
    Ruling,
    Satisfaction,
    TicketStatus,
    UnresolvedReason,
    Urgency,
)
from hotline.ticket.models.handling import Assignment, Attachment, Consultation, Contact, Extension, Objection, Pause
from hotline.ticket.models.ticket import PERSONAL, Ticket, TicketSequence

__all__ = [
    "OPEN",
    "PERSONAL",
    "AppealType",
    "Assignment",
    "AssignmentKind",
    "Attachment",
    "Citation",
    "Consultation",
    "Contact",
    "ContactResult",
    "Extension",
    "ExtensionReason",
    "Objection",
    "ObjectionReason",
    "Pause",
    "PauseReason",
    "Rating",
    "RefusalReason",
    "Reply",
    "RespondentKind",
    "ReviewRequest",
    "Ruling",
    "Satisfaction",
    "Ticket",
    "TicketSequence",
    "TicketStatus",
    "UnitSignOff",
    "UnresolvedReason",
    "Urgency",
]
