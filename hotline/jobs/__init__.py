"""What RQ workers run, by name. Ids in, nothing out, safe to run twice; the worker has pushed the app's context."""

from typing import Any

from flask import current_app

from hotline import actions, messages
from hotline.clock import utcnow
from hotline.deadlines.sweep import run_sweep
from hotline.outbox import operations as outbox


def sweep() -> None:
    """Fire every rung that is due."""
    run_sweep(_house().database, utcnow, actions.sweep_context)


def deliver() -> None:
    """Send what waits in the outbox."""
    outbox.deliver(_house().database, utcnow, messages.senders())


def _house() -> Any:
    return current_app.extensions["hotline"]
