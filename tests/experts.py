"""The expert pool as a stage: consultations by their own actions, each in a transaction of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import enterprise
from hotline.accounts.models import Account
from hotline.actions import sweep_context
from hotline.deadlines.sweep import sweep
from hotline.experts.actions import perform_on_advice
from hotline.experts.models import Expert, Presence
from hotline.experts.records import Advice
from tests.city import City

FIRST, SECOND = "expert.finance2", "expert.finance"
"""Who is asked first about 贷款贴息 on the morning of START, and who then: on duty, and the substitute."""
ANSWER = {
    "answer": "补齐验收单后三个工作日内受理。",
    "legal_basis": "贴息办法第六条",
    "summary": "企业、专家、话务员三方通话",
}


def invite(city: City, login: str = "agent1", draft_key: str = "draft-0001", **more: Any) -> int:
    """A call for an expert from a draft; its id."""
    asked = {"question": "设备贷款贴息三次被退回，差什么材料？", "category_code": "040201", "region_code": "449902"}
    return do(city, login, "invite", None, draft_key=draft_key, **{**asked, **more})


def do(city: City, login: str, action: str, advice_id: int | None, /, **payload: Any) -> int:
    """One action; the consultation's id. ENTERPRISE:n is the enterprise behind the ticket with id n."""
    who = enterprise(int(login.split(":")[1])) if login.startswith("ENTERPRISE:") else city.actor(login)
    with city.database.transaction() as session:
        return perform_on_advice(session, who, action, payload, city.now, advice_id).id


@contextmanager
def advice(city: City, advice_id: int) -> Iterator[Advice]:
    """The stored consultation, to look at."""
    with city.database.transaction(write=False) as session:
        yield session.get_one(Advice, advice_id)


def status(city: City, advice_id: int) -> str:
    """Where the consultation stands."""
    with advice(city, advice_id) as found:
        return found.status.value


def invited(city: City, advice_id: int) -> list[tuple[str, str]]:
    """(login, response) of its invitations in order."""
    with advice(city, advice_id) as found:
        return [(one.expert.account.login, one.response.value) for one in found.invitations]


def later(city: City, **span: float) -> City:
    """Move the clock on and let the sweep come by."""
    city.now += timedelta(**span)
    with city.database.transaction() as session:
        while sweep(session, city.now, sweep_context(session)):
            pass
    return city


def answered(city: City, **more: Any) -> int:
    """A call that was accepted, held with consent and answered: it waits for its review."""
    advice_id = invite(city, **more)
    do(city, FIRST, "accept", advice_id)
    do(city, "agent1", "connect", advice_id, is_consented=True)
    city.now += timedelta(minutes=4)
    do(city, "agent1", "hang_up", advice_id)
    return do(city, "agent1", "record_answer", advice_id, **ANSWER)


def expert_of(session: Session, login: str) -> Expert:
    """A place in the pool by its login."""
    return session.scalars(select(Expert).join(Account).filter_by(login=login)).one()


def change(city: City, login: str, **columns: Any) -> None:
    """Set columns of a place in the pool, past the operations."""
    with city.database.transaction() as session:
        for name, value in columns.items():
            setattr(expert_of(session, login), name, value)


def online(city: City, *logins: str) -> None:
    """Switch these experts to 在线."""
    for login in logins:
        change(city, login, presence=Presence.ONLINE)
