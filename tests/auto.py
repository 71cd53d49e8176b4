"""自动派单 on the test city: a model that knows two units, rules, and sweeps with a seeded die."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import select

from hotline.actions import perform
from hotline.directory.models import Category
from hotline.dispatch import auto, auto_audit, auto_rules
from hotline.dispatch.learning import Learned, Models
from hotline.dispatch.models import AutoDispatch, AutoDispatchRule
from hotline.ticket.models import Ticket
from hotline.ticket.similar import Alike, SimilarTickets
from knowledge_base.segment import Segmenter
from routing.learning import learn
from tests.city import LOAN_INTEREST, City

CUT = Segmenter().once
LOAN_TEXTS = [
    *("设备贷款贴息怎么申请", "技改贷款贴息多少", "贷款利息补贴到账时间", "银行贷款到期续贷"),
    *("设备贴息申报被退回", "贷款贴息窗口说法不一", "数控机床贷款贴息", "贷款贴息材料"),
]
OTHER_TEXTS = [
    *("营业执照变更怎么办", "公司注册地址变更登记", "注销登记需要什么材料", "营业执照遗失补办"),
    *("个体户执照注册", "企业名称登记变更", "营业执照年报", "法人变更登记"),
]
REASON = "试运行"
GROUNDS = {"reason": "NOT_OUR_DUTY", "legal_basis": "三定方案", "text": "应由工信局办理"}


def teach(folder: Path, loan: str = "JRJ", other: str = "GXJ") -> Models:
    """A model in a folder that sends loans to one unit and licences to another, surely."""
    rows = [(CUT(text), loan) for text in LOAN_TEXTS] + [(CUT(text), other) for text in OTHER_TEXTS]
    models, made = Models(folder, CUT), Learned("1", {"unit": len(rows)}, "2026-03-18T00:00:00+00:00")
    folder.mkdir(parents=True, exist_ok=True)
    models._write(models._file(made, "unit"), learn(rows).to_bytes())
    models._write(folder / "current", json.dumps(vars(made)).encode())
    return models


class NothingAlike(SimilarTickets):
    """Where twenty tickets of one text are to go their way, and repeats are not the question."""

    def find(self, *_: Any, **__: Any) -> list[Alike]:
        return []


@dataclass
class Automatic:
    """The ticker's work, by hand."""

    city: City
    models: Models
    similar: SimilarTickets = field(default_factory=lambda: NothingAlike(CUT))
    rng: random.Random = field(default_factory=lambda: random.Random(7))
    _callers: Iterator[int] = field(default_factory=lambda: count(8000000))

    @property
    def helpers(self) -> auto.Helpers:
        return auto.Helpers(self.models, self.similar)

    def rule(self, code: str = LOAN_INTEREST, /, login: str = "super1", **values: Any) -> int:
        """Put a rule; its id."""
        data = {"is_on": True, "bar": 90, "sample": 10, "floor": 95, "reason": REASON, **values}
        with self.city.database.transaction() as session:
            category = session.scalars(select(Category).filter_by(code=code)).one()
            return auto_rules.save_rule(session, category, data, self.city.actor(login), self.city.now).id

    def register(self, **more: Any) -> str:
        """A ticket of a caller of its own."""
        number = next(self._callers)
        caller = {"contact_phone": f"0499-{number}", "enterprise_name": f"湾东第{number}厂", "uscc": ""}
        return self.city.register(**{**caller, **more})

    def sweep(self, do: auto.Perform = perform) -> int:
        """One round of the task; how many were considered."""
        return auto.run(self.city.database, lambda: self.city.now, self.helpers, do, self.rng)

    def sent(self, how_many: int) -> list[AutoDispatch]:
        """So many tickets, registered and swept."""
        numbers = [self.register() for _ in range(how_many)]
        self.sweep()
        return [self.row(number) for number in numbers]

    def row(self, number: str) -> AutoDispatch:
        """What came of a ticket at last."""
        with self.city.database.transaction(write=False) as session:
            query = select(AutoDispatch).join(Ticket, Ticket.id == AutoDispatch.ticket_id).where(Ticket.no == number)
            return session.scalars(query.order_by(AutoDispatch.id.desc()).limit(1)).one()

    def is_on(self, rule_id: int) -> bool:
        with self.city.database.transaction(write=False) as session:
            return session.get_one(AutoDispatchRule, rule_id).is_on

    def judge(self, row: AutoDispatch, is_right: bool, /, login: str = "dispatch1", **more: Any) -> None:
        """An auditor's verdict."""
        data = {"is_right": is_right, "right_unit_code": "", "note": "" if is_right else "应由工信局办理", **more}
        with self.city.database.transaction() as session:
            auto_audit.judge(session, row.id, data, self.city.actor(login), self.city.now)

    def verdict(self, row: AutoDispatch) -> tuple[bool | None, str]:
        """What an auditor said of it."""
        with self.city.database.transaction(write=False) as session:
            kept = session.get_one(AutoDispatch, row.id)
            return kept.is_right, kept.note

    def object(self, number: str, *, upheld: bool = True) -> None:
        """The unit objects, and is told yes or no."""
        self.city.do("jrj.handler", "object", number, suggested_unit_code="GXJ", **GROUNDS)
        if upheld:
            self.city.do("dispatch1", "redispatch", number, unit_code="GXJ", text="退单成立")
        else:
            self.city.do("dispatch1", "overrule", number, text="目录已明确")
