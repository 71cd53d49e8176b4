"""The demo city's expert pool: whom units recommend, for what, and who is on duty in the weeks around `now`."""

from datetime import date, datetime, time, timedelta
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts import models as accounts
from hotline.clock import to_local
from hotline.demo.city import AREA_CODE
from hotline.demo.people import ACCOUNTS, Account
from hotline.directory.models import Category
from hotline.directory.time import working_calendar
from hotline.experts.models import Expert, ExpertField, RosterShift

PARALLEL = 8
EXPERT, FAMILIAR = 3, 2
"""How well: the first expert of a unit knows the field best."""
HALVES = ((time(8, 30), time(12)), (time(14, 30), time(17, 30)))
WEEKS = 4
"""Of roster: the week before `now`, its own and two more."""


def fill_pool(session: Session) -> None:
    """Every account with the role EXPERT, in the fields that data/people.toml names."""
    ids = dict(session.execute(select(accounts.Account.login, accounts.Account.id)).all())
    units = dict(session.execute(select(accounts.Account.login, accounts.Account.unit_id)).all())
    categories = dict(session.execute(select(Category.code, Category.id)).all())
    seen: set[str] = set()
    for number, row in enumerate(_experts()):
        level = FAMILIAR if row.unit in seen else EXPERT
        seen.add(row.unit)
        expert = Expert(
            account_id=ids[row.login],
            unit_id=units[row.login],
            title=row.title,
            languages=list(row.languages),
            valid_from=date(2020, 1, 1),
            max_parallel=PARALLEL,
            work_phone=f"{AREA_CODE}-812346{number:02}",
            fields=[ExpertField(category_id=categories[code], level=level) for code in row.fields],
        )
        session.add(expert)
    session.flush()


def fill_roster(session: Session, now: datetime) -> None:
    """Mornings and afternoons of every working day; colleagues of one unit take turns and stand in for each other."""
    calendar, today = working_calendar(session), to_local(now).date()
    first = today - timedelta(days=today.weekday() + 7)
    days = [first + timedelta(days=n) for n in range(7 * WEEKS)]
    experts = session.scalars(select(Expert).order_by(Expert.unit_id, Expert.id))
    for _, group in groupby(experts, key=lambda one: one.unit_id):
        colleagues = list(group)
        for number, day in enumerate(day for day in days if calendar.is_workday(day)):
            session.add_all(_shifts(colleagues, day, number))
    session.flush()


def _shifts(colleagues: list[Expert], day: date, number: int) -> list[RosterShift]:
    acting = colleagues[number % len(colleagues)]
    other = colleagues[(number + 1) % len(colleagues)]
    substitute = other.id if other is not acting else None
    return [
        RosterShift(expert_id=acting.id, substitute_id=substitute, day=day, starts=starts, ends=ends)
        for starts, ends in HALVES
    ]


def _experts() -> list[Account]:
    return [row for row in ACCOUNTS if "EXPERT" in row.roles]
