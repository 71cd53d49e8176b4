"""The demo city's knowledge in the making: an entry at every stage, a correction, a gap, an urgent statement."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor, actor_of
from hotline.accounts.models import Account
from hotline.clock import to_local
from hotline.database import Database
from hotline.demo.data import read
from hotline.knowledge.actions import perform_on_entry
from hotline.knowledge.corrections import report
from hotline.knowledge.gaps import close_with, open_gap
from hotline.knowledge.models import KbEntry
from hotline.knowledge.notices import raise_notice
from hotline.knowledge.queries import Found
from hotline.knowledge.records import CorrectionKind, Submission
from hotline.knowledge.searches import log_search

AUTHOR, LEADER, EDITOR, AGENT, SUPERVISOR = "gxj.handler", "gxj.leader", "kb1", "agent1", "super1"
EARLIER = timedelta(minutes=5)
"""Recent enough for its notices to be delivered to the in-boxes."""
WAY = (("FIRST_REVIEW", AUTHOR, "submit"), ("SECOND_REVIEW", LEADER, "pass_review"), ("PUBLISHED", EDITOR, "publish"))
OWN = frozenset({"name", "goes", "then", "reason", "successor", "starts", "ends", "review"})
"""What a row says to us; the rest is the entry's content."""
LONG_OWED = timedelta(days=7)
GAP_QUESTION = "外资研发中心进口设备能免税吗"
UNANSWERED = ("冷链车进城通行证怎么办", "冷链车进城通行证怎么办", "直播电商基地有没有场租补贴")


def fill_workshop(database: Database, now: datetime) -> None:
    """Everything by legal steps, a moment before `now`."""
    with database.transaction() as session:
        Workshop(session, now - EARLIER).fill()


class Workshop:
    """Who acts, and the codes of the entries made so far."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now
        self.codes: dict[str, str] = {}
        wanted = Account.login.in_((AUTHOR, LEADER, EDITOR, AGENT, SUPERVISOR))
        found = session.scalars(select(Account).where(wanted))
        self.actors: dict[str, Actor] = {account.login: actor_of(session, account) for account in found}

    def fill(self) -> None:
        """The entries, and what readers make of them."""
        for row in read("knowledge")["entries"]:
            self._entry(row)
        self._correction()
        self._gap()
        self._questions()
        self._statement()
        self._submissions()

    def _entry(self, row: dict[str, Any]) -> None:
        code = self._act(AUTHOR, "draft", None, {**self._content(row), "is_public": True})
        self.codes[row["name"]] = code
        for arrives, login, action in WAY if row["goes"] != "DRAFT" else ():
            self._act(login, action, code, {})
            if arrives == row["goes"]:
                break
        self._afterwards(code, row)

    def _afterwards(self, code: str, row: dict[str, Any]) -> None:
        match row.get("then"):
            case "name_successor":
                self._act(EDITOR, "name_successor", code, {"successor_code": self.codes[row["successor"]]})
            case "withdraw":
                self._act(EDITOR, "withdraw", code, {"text": row["reason"]})
            case "archive":
                self._act(EDITOR, "withdraw", code, {"text": row["reason"]})
                self._act(EDITOR, "archive", code, {})

    def _content(self, row: dict[str, Any]) -> dict[str, Any]:
        today = to_local(self.now).date()
        days = {"effective_from": row["starts"], "expires_at": row.get("ends"), "review_due": row.get("review")}
        dated = {name: (today + timedelta(days=far)).isoformat() for name, far in days.items() if far is not None}
        return {name: value for name, value in row.items() if name not in OWN} | dated

    def _act(self, login: str, action: str, code: str | None, payload: dict[str, Any]) -> str:
        return perform_on_entry(self.session, self.actors[login], action, payload, self.now, code).code

    def _correction(self) -> None:
        entry = self.session.scalars(select(KbEntry).filter_by(code=self.codes["hotline_hours"])).one()
        said = {"kind": CorrectionKind.EXPIRED, "text": "企业反映夏季上门时间已调整到下午六点，请核实后更新。"}
        report(self.session, entry.id, said, self.actors[AGENT], self.now)

    def _gap(self) -> None:
        said = {"question": GAP_QUESTION, "unit_code": "KCJ", "text": "本周已有三家企业问到，库内没有依据。"}
        open_gap(self.session, said, self.actors[EDITOR], self.now)

    def _submissions(self) -> None:
        """Of the regulations that units owe for longer than their limit all but the newest have come in by now."""
        owed = select(Submission).where(Submission.closed_at.is_(None), Submission.opened_at < self.now - LONG_OWED)
        late = self.session.scalars(owed.order_by(Submission.opened_at.desc())).all()
        for row in late[1:]:
            said = {"entry_code": self.codes["hotline_hours"], "text": "单位已补报，见所附条目。"}
            close_with(self.session, row, said, self.actors[EDITOR], self.now)

    def _questions(self) -> None:
        for question in UNANSWERED:
            log_search(self.session, question, Found([]), self.now, is_public=False)

    def _statement(self) -> None:
        said = {
            "title": "惠企平台今晚升级期间的答复口径",
            "text": "市惠企平台今晚二十二时至次日六时升级，期间不能提交申报；"
            "截止日期在升级期间的事项一律顺延一天，请企业不必担心逾期。",
            "basis": "市工信局关于惠企平台升级的通知",
            "ends_at": self.now + timedelta(days=2),
        }
        raise_notice(self.session, said, self.actors[SUPERVISOR], self.now)
