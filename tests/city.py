"""The demo city as a stage for tests: who acts, on which ticket, at what time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM, Actor, actor_of
from hotline.accounts.models import Account
from hotline.actions import perform
from hotline.database import Database
from hotline.ticket.models import Ticket
from tests.calendars import local

START = local("2026-03-18 09:00")
"""A Wednesday morning in office hours."""

LOAN_INTEREST = "040201"
"""贷款贴息兑付, led by the finance bureau (JRJ)."""

APPEAL: dict[str, Any] = {
    "appeal_type": "HELP",
    "title": "设备贷款贴息申报三次未获受理",
    "body": "我公司今年一月购入三台数控机床，三次提交贴息申报均被系统退回，窗口说法不一，请协调。",
    "wish": "明确缺少的材料并受理",
    "region_code": "449902",
    "enterprise_name": "湾东恒泽精密机械有限公司",
    "contact_name": "梁晓岚",
    "contact_phone": "0499-8123456",
    "source_code": "PHONE",
}


@dataclass
class City:
    """Acts in the demo city's directory. Each `do` is a transaction of its own."""

    database: Database
    now: datetime = START
    category: str = ""
    _actors: dict[str, Actor] = field(default_factory=dict, repr=False)

    def actor(self, login: str) -> Actor:
        """The actor behind a login; "SYSTEM" is the clock."""
        if login == "SYSTEM":
            return SYSTEM
        if login not in self._actors:
            with self.database.transaction(write=False) as session:
                account = session.scalars(select(Account).filter_by(login=login)).one()
                self._actors[login] = actor_of(session, account)
        return self._actors[login]

    def register(self, login: str = "agent1", action: str = "submit", /, **more: Any) -> str:
        """A new ticket's number."""
        payload = {**APPEAL, "category_code": self.category, **more}
        with self.database.transaction() as session:
            return perform(session, self.actor(login), action, payload, self.now).no

    def do(self, login: str, action: str, number: str, /, **payload: Any) -> None:
        """One action on a ticket."""
        with self.database.transaction() as session:
            perform(session, self.actor(login), action, payload, self.now, number=number)

    @contextmanager
    def ticket(self, number: str) -> Iterator[tuple[Session, Ticket]]:
        """The stored ticket, to look at."""
        with self.database.transaction(write=False) as session:
            yield session, session.scalars(select(Ticket).filter_by(no=number)).one()

    def status(self, number: str) -> str:
        """Where the ticket stands."""
        with self.ticket(number) as (_, ticket):
            return ticket.status.value

    def at(self, text: str) -> "City":
        """Move the clock to a local time."""
        self.now = local(text)
        return self
