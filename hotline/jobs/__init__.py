"""What RQ workers run, by name. Ids in, nothing out, safe to run twice; the worker has pushed the app's context."""

from contextlib import suppress
from typing import Any

from flask import current_app

from hotline import actions, messages
from hotline.clock import utcnow
from hotline.deadlines.sweep import run_sweep
from hotline.outbox import operations as outbox
from knowledge_base.index import IndexBusy


def sweep() -> None:
    """Fire every rung that is due."""
    run_sweep(_house().database, utcnow, actions.sweep_context)


def deliver() -> None:
    """Send what waits in the outbox."""
    outbox.deliver(_house().database, utcnow, messages.senders())


def follow_index() -> None:
    """Bring this host's search index up to the database; when another process is at it, leave it to that one."""
    with suppress(IndexBusy):
        current_app.extensions["knowledge"].follow()


def _house() -> Any:
    return current_app.extensions["hotline"]
