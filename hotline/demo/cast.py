"""Who deals with one appeal of the demo city, and what is written on its form."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from hotline.demo.appeals import Appeal
from hotline.demo.categories import CATEGORY_BY_CODE, Category
from hotline.demo.city import REGION_BY_CODE, UNIT_BY_CODE, UNITS, Unit
from hotline.demo.people import ACCOUNTS, UNIT_PEOPLE

LANGUAGES = {"zh": "普通话", "yue": "粤语", "en": "英语"}
DESK_UNIT = "HOTLINE"


@dataclass(frozen=True)
class Cast:
    """One appeal, the people of the hotline who take it up, and the unit (by code) that leads."""

    rng: random.Random
    appeal: Appeal
    agent: str
    dispatcher: str
    reviewer: str
    caller: str
    supervisor: str
    lead: str
    worker: str
    """Who handles it in the lead unit; a leader above where the unit has no people of its own."""

    @property
    def unit(self) -> Unit:
        """The lead unit."""
        return UNIT_BY_CODE[self.lead]

    @property
    def category(self) -> Category:
        """What the appeal is about."""
        return CATEGORY_BY_CODE[self.appeal.category]

    @property
    def is_sensitive(self) -> bool:
        """Whether only few may know: a tip-off, or a complaint about a unit."""
        return self.appeal.appeal_type == "TIP_OFF" or self.appeal.respondent_kind == "UNIT"

    @property
    def signers(self) -> list[str]:
        """Who signs the unit's reply, level by level: never its author."""
        others = [login for login in leaders(self.lead) if login != self.worker]
        return others[: self.unit.sign_off_levels]

    @property
    def supporters(self) -> list[str]:
        """Units that could support, each with a handler of its own."""
        return [code for code in self.category.support if code in UNIT_PEOPLE and code != self.lead]

    @property
    def district(self) -> str:
        """The government of the appeal's region: what the catalogue cannot place goes there."""
        return REGION_BY_CODE[self.appeal.region].dispatch_unit

    @property
    def colleagues(self) -> list[str]:
        """The lead unit's other handlers."""
        own = [a.login for a in ACCOUNTS if a.unit == self.lead and "HANDLER" in a.roles]
        return [login for login in own if login != self.worker]

    def expert(self) -> str:
        """A policy expert of the category's field, else anyone."""
        experts = [account for account in ACCOUNTS if "EXPERT" in account.roles]
        known = [account for account in experts if self.appeal.category[:4] in account.fields]
        return self.rng.choice(known or experts).login

    def led_by(self, lead: str, worker: str = "") -> "Cast":
        """The same appeal in another unit's hands."""
        return replace(self, lead=lead, worker=worker or worker_of(lead))

    def hours(self, least: float, most: float) -> float:
        """A wait, in working hours."""
        return self.rng.uniform(least, most)


def cast(rng: random.Random, appeal: Appeal) -> Cast:
    """Hands are dealt by the dice; the lead unit comes from the category and the region."""
    lead = _lead(appeal)
    people = {
        "agent": rng.choice(with_role("AGENT")),
        "dispatcher": rng.choice(with_role("DISPATCHER")),
        "reviewer": rng.choice(with_role("REVIEWER")),
        "caller": rng.choice(with_role("CALLBACK")),
        "supervisor": rng.choice(with_role("SUPERVISOR")),
    }
    return Cast(rng, appeal, **people, lead=lead, worker=worker_of(lead))


def _lead(appeal: Appeal) -> str:
    owner = CATEGORY_BY_CODE[appeal.category].owner_in(appeal.region) or "SFB"
    about = appeal.respondent if appeal.respondent_kind == "UNIT" else None
    if about in chain(owner) and appeal.appeal_type != "PRAISE":
        return UNIT_BY_CODE[str(about)].supervised_by
    return owner


def is_about_the_desk(appeal: Appeal) -> bool:
    """Whether the whole hotline would have to keep out of it: the demo city has no second desk."""
    return appeal.respondent_kind == "UNIT" and appeal.respondent in chain(DESK_UNIT)


def with_role(role: str) -> list[str]:
    """The logins of everybody with a role."""
    return [account.login for account in ACCOUNTS if role in account.roles]


def chain(unit_code: str) -> list[str]:
    """The unit and all above it, nearest first."""
    return list(_upwards(unit_code))


def _upwards(code: str | None) -> Iterator[str]:
    while code:
        yield code
        code = UNIT_BY_CODE[code].parent


def leaders(unit_code: str) -> list[str]:
    """Logins of the unit's leaders and of those above, nearest first."""
    people = [UNIT_PEOPLE[code] for code in chain(unit_code) if code in UNIT_PEOPLE]
    return [login for one in people for login in (one.leader, one.chief) if login]


def worker_of(unit_code: str) -> str:
    """The unit's liaison, else the nearest leader above."""
    return UNIT_PEOPLE[unit_code].liaison if unit_code in UNIT_PEOPLE else leaders(unit_code)[0]


def leader_of(login: str) -> str:
    """The nearest leader of somebody's unit."""
    return leaders(next(account.unit for account in ACCOUNTS if account.login == login))[0]


def below(unit_code: str) -> list[str]:
    """The unit's own lower units that have a handler."""
    return [unit.code for unit in UNITS if unit.parent == unit_code and unit.code in UNIT_PEOPLE]


def form_of(appeal: Appeal) -> dict[str, Any]:
    """The intake form as an agent would fill it."""
    same = ("appeal_type", "title", "body", "wish", "place", "urgency", "external_no")
    flags = ("wants_callback", "is_confidential", "is_anonymous", "contact_name", "contact_phone")
    return {
        **{name: getattr(appeal, name) for name in (*same, *flags)},
        "category_code": appeal.category,
        "region_code": appeal.region,
        "source_code": appeal.source,
        "language": LANGUAGES[appeal.language],
        **_enterprise(appeal),
        **_respondent(appeal),
    }


def _enterprise(appeal: Appeal) -> dict[str, str]:
    known = appeal.enterprise
    return {"enterprise_name": known.name, "uscc": known.uscc} if known else {}


def _respondent(appeal: Appeal) -> dict[str, str | None]:
    if appeal.respondent_kind is None or appeal.appeal_type == "PRAISE":
        return {}  # who is praised may read it: no reason to keep out
    name = "respondent_unit_code" if appeal.respondent_kind == "UNIT" else "respondent_name"
    return {"respondent_kind": appeal.respondent_kind, name: appeal.respondent}
