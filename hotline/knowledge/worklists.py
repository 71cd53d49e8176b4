"""The entries somebody keeps, by what they ask for: drafts to write, reviews to give, what falls due or ends soon."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.accounts.models import Role
from hotline.knowledge.access import OVERSEERS
from hotline.knowledge.models import LIVE, OPEN, EntryType, KbEntry, KbEntryVersion, VersionStatus
from hotline.labelled import Labelled

SOON = timedelta(days=30)
REVIEW_DAYS = timedelta(days=30)
"""How long before its day an entry is shown as one to look at again."""


class View(Labelled):
    ALL = "all", "全部"
    WRITING = "writing", "起草中"
    REVIEWS = "reviews", "待我审核"
    DUE = "due", "待更新"
    REVIEW_SOON = "review_soon", "待复核"
    EXPIRING = "expiring", "即将失效"


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to; None or "" = anything."""

    view: View = View.ALL
    status: VersionStatus | None = None
    type: EntryType | None = None
    unit_id: int | None = None
    words: str = ""


def kept_by(actor: Actor) -> ColumnElement[bool]:
    """The entries this actor works on or oversees: as `queries.may_see_drafts`, in SQL."""
    if actor.roles & OVERSEERS:
        return true()
    mine = actor.unit_ids if Role.UNIT_LEADER in actor.roles else {actor.unit_id}
    return KbEntry.unit_id.in_(mine)


def standing(actor: Actor, filters: Filters, today: date) -> Select[KbEntryVersion]:
    """The versions on the shelf, changed last first: of each entry the newest published one and the one in work."""
    stands = or_(
        KbEntryVersion.version == KbEntry.current_version,
        KbEntryVersion.status.in_(OPEN),
        and_(KbEntry.current_version == 0, KbEntryVersion.status == VersionStatus.ARCHIVED),
    )
    query = select(KbEntryVersion).join(KbEntryVersion.entry).where(stands, kept_by(actor))
    query = query.where(_asks(filters.view, actor, today))
    for column, value in (
        (KbEntryVersion.status, filters.status),
        (KbEntry.type, filters.type),
        (KbEntry.unit_id, filters.unit_id),
    ):
        query = query if value is None else query.where(column == value)
    return query.where(_says(filters.words)) if filters.words else query


def page_of(session: Session, query: Select[KbEntryVersion], view: View, page: int, size: int) -> list[KbEntryVersion]:
    """One page; a view about days has the nearest day first."""
    orders = {
        View.EXPIRING: KbEntryVersion.expires_at,
        View.REVIEW_SOON: KbEntryVersion.review_due,
        View.DUE: KbEntryVersion.review_due,
    }
    order = (orders[view], KbEntryVersion.id) if view in orders else (KbEntryVersion.id.desc(),)
    return list(session.scalars(query.order_by(*order).limit(size).offset((page - 1) * size)))


def count(session: Session, query: Select[KbEntryVersion]) -> int:
    """How many versions a list has."""
    return session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0


def to_review(actor: Actor) -> ColumnElement[bool]:
    """The versions that wait for this actor's review, by the table's own guards: not his own, not reviewed twice."""
    is_other = or_(KbEntryVersion.author_id.is_(None), KbEntryVersion.author_id != actor.account_id)
    first = and_(KbEntryVersion.status == VersionStatus.FIRST_REVIEW, KbEntry.unit_id.in_(actor.unit_ids))
    reviewer = KbEntryVersion.first_reviewer_id
    second = and_(
        KbEntryVersion.status == VersionStatus.SECOND_REVIEW,
        or_(reviewer.is_(None), reviewer != actor.account_id),
    )
    wanted = [
        *([first] if Role.UNIT_LEADER in actor.roles else []),
        *([second] if Role.KB_EDITOR in actor.roles else []),
    ]
    return and_(is_other, or_(*wanted)) if wanted else ~true()


def _asks(view: View, actor: Actor, today: date) -> ColumnElement[bool]:
    live = KbEntryVersion.status.in_(LIVE)
    return {
        View.ALL: true(),
        View.WRITING: KbEntryVersion.status == VersionStatus.DRAFT,
        View.REVIEWS: to_review(actor),
        View.DUE: KbEntryVersion.status == VersionStatus.REVIEW_DUE,
        View.REVIEW_SOON: and_(live, KbEntryVersion.review_due <= today + REVIEW_DAYS),
        View.EXPIRING: and_(live, KbEntryVersion.expires_at.between(today, today + SOON)),
    }[view]


def _says(words: str) -> ColumnElement[bool]:
    columns = (KbEntryVersion.title, KbEntryVersion.doc_number, KbEntry.code)
    return or_(*(column.icontains(words, autoescape=True) for column in columns))
