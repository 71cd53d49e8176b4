"""What RQ workers run, by name. Ids in, nothing out, safe to run twice; the worker has pushed the app's context."""

import random
from contextlib import suppress

from flask import current_app

from hotline import actions, messages
from hotline.clock import utcnow
from hotline.deadlines.sweep import run_sweep
from hotline.dispatch import auto
from hotline.experts.applying import EVENT as ADVICE_EVENT
from hotline.knowledge.history import EVENT
from hotline.knowledge.serving import index
from hotline.outbox import operations as outbox
from hotline.supervision import alarms, passing_on, substitution
from hotline.supervision.advice_notices import send_advice_event
from hotline.supervision.kb_notices import send_kb_event
from hotline.ui.door import house
from knowledge_base.index import IndexBusy


def sweep() -> None:
    """Fire every rung that is due."""
    run_sweep(house().database, utcnow, actions.sweep_context)


def auto_dispatch() -> None:
    """Dispatch what the rules allow; leave the rest to people."""
    helpers = auto.Helpers.of(current_app.extensions)
    auto.run(house().database, utcnow, helpers, actions.perform, random.SystemRandom())


def deliver() -> None:
    """Send what waits in the outbox."""
    rooms = {EVENT: send_kb_event, ADVICE_EVENT: send_advice_event}
    outbox.deliver(house().database, utcnow, {**messages.senders(), **rooms})


def pass_on() -> None:
    """Pass on what nobody has confirmed."""
    with house().database.transaction() as session:
        passing_on.pass_on(session, utcnow())


def end_substitutions() -> None:
    """Give back the work of those whose substitution is over."""
    with house().database.transaction() as session:
        substitution.give_back(session, utcnow())


def watch_calendar() -> None:
    """Tell supervisors and administrators, once, of a year that has no calendar."""
    with house().database.transaction() as session:
        alarms.tell_uncovered_years(session, utcnow())


def follow_index() -> None:
    """Bring this host's search index up to the database; when another process is at it, leave it to that one."""
    with suppress(IndexBusy):
        index().follow()


def learn_to_suggest() -> None:
    """Learn categories and units from the closed tickets, unless that was done within the day."""
    models, now = current_app.extensions["suggestions"], utcnow()
    if not models.is_fresh(now):
        with house().database.transaction(write=False) as session:
            models.learn(session, now)
