"""Searching policies without a log-in: public entries in force today, and nothing that tells of any other."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from flask import current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from hotline.clock import to_local, utcnow
from hotline.knowledge import queries, searches, suggesting
from hotline.knowledge.queries import Found, Hit
from hotline.knowledge.reading import basis_of, public_article
from hotline.knowledge.records import SearchLog
from hotline.knowledge.serving import MIN_QUESTION, cleaned, index
from hotline.portal.views import pages
from hotline.ui.door import house, transaction
from hotline.ui.marks import marked

TOP = 10
HOT = 6
MAX_KEPT = 60
"""Questions recorded in a minute: what anybody may send without a name must not fill the disk."""


@dataclass(frozen=True)
class Answer:
    """A hit as the public sees it."""

    hit: Hit
    title: Markup
    snippet: Markup


@dataclass(frozen=True)
class Answers:
    """What a question found; `asked` False = nothing was asked yet, and `hot` (entry id, title) stands in."""

    q: str
    asked: bool = False
    hits: list[Answer] = field(default_factory=list)
    degraded: bool = False
    meant: str | None = None
    hot: list[tuple[int, str]] = field(default_factory=list)


@pages.get("/portal/knowledge")
def knowledge() -> ResponseReturnValue:
    """The search page; the question in the address."""
    q, now = cleaned(request.args.get("q", "")), utcnow()
    if len(q) < MIN_QUESTION:
        with transaction() as db:
            return render_template("portal/knowledge.html", answers=Answers(q, hot=_hot(db, now)))
    with transaction() as db:
        found = queries.search(db, index(), q, actor=None, on=_day(now), top=TOP)
        answers = _answers(db, q, found, _day(now))
    _keep(q, found, now)
    return render_template("portal/knowledge.html", answers=answers)


@pages.get("/portal/knowledge/suggest")
def suggest() -> ResponseReturnValue:
    """Titles for what is being typed: {"items": [{value, label, hint, href}]}."""
    with transaction() as db:
        hits = suggesting.titles(db, index(), cleaned(request.args.get("q", "")), actor=None, on=_day(utcnow()))
    items = [
        {"value": hit.title, "label": hit.title, "hint": hit.type_label, "href": f"/portal/knowledge/{hit.entry_id}"}
        for hit in hits
    ]
    return jsonify(items=items)


@pages.get("/portal/knowledge/<int:entry_id>")
def article(entry_id: int) -> ResponseReturnValue:
    """What a public entry answers today; whatever else there is, was or will be is the same 404."""
    with transaction() as db:
        shown = public_article(db, entry_id, _day(utcnow()))
        return render_template("portal/article.html", article=shown, basis=basis_of(shown.version))


def _answers(db: Session, q: str, found: Found, on: date) -> Answers:
    hits = found.hits or suggesting.titles(db, index(), q, actor=None, on=on, top=TOP)
    shown = [Answer(hit, marked(hit.title, hit.title_marks), marked(hit.snippet, hit.snippet_marks)) for hit in hits]
    return Answers(q, True, shown, found.degraded, suggesting.meant(db, index(), q, actor=None, on=on))


def _hot(db: Session, now: datetime) -> list[tuple[int, str]]:
    rows = searches.hot_entries(db, None, now, HOT)
    return [(entry.id, queries.entry(db, entry.id, actor=None).title) for entry, _ in rows]


def _keep(q: str, found: Found, now: datetime) -> None:
    """What the public asks tells editors what is missing. A record that cannot be made costs nobody his answer."""
    try:
        with house().database.transaction(write=True) as db:
            recent = select(func.count()).select_from(SearchLog).where(SearchLog.at > now - timedelta(minutes=1))
            if (db.scalar(recent.where(SearchLog.is_public)) or 0) < MAX_KEPT:
                searches.log_search(db, q, found, now, is_public=True)
    except OperationalError as error:
        current_app.logger.warning("a public question is not recorded: %s", error)


def _day(now: datetime) -> date:
    return to_local(now).date()
