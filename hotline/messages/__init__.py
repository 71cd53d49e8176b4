"""Notices to enterprises and staff, and status reports to platforms: what the outbox delivers."""

from collections.abc import Mapping

from hotline.messages.sending import send_ticket_event
from hotline.outbox.operations import Sender


def senders() -> Mapping[str, Sender]:
    """Who delivers which kind of outbox message."""
    return {"ticket_event": send_ticket_event}
