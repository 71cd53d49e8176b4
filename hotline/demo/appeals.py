"""Appeals of invented enterprises, composed from hand-written templates (texts: data/appeals.toml, sources.toml)."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hotline.demo.categories import Category
from hotline.demo.city import REGION_BY_CODE
from hotline.demo.data import read
from hotline.demo.enterprises import Enterprise, mobile, person_name
from hotline.directory.setup import SOURCES as STANDARD_SOURCES

# The mix published by a city of this size, with a little more 投诉举报 to look at; OUTSIDE = what no unit may be sent.
SHARES = {
    "CONSULTATION": 0.47,
    "HELP": 0.30,
    "SUGGESTION": 0.12,
    "COMPLAINT": 0.06,
    "TIP_OFF": 0.02,
    "PRAISE": 0.02,
    "OUTSIDE": 0.01,
}
UNREGISTERED_SHARE = 0.08
"""Callers who are no enterprise of ours: not yet founded, or from elsewhere."""

ANONYMOUS_TIP_OFF_SHARE = 0.4
CONFIDENTIAL_COMPLAINT_SHARE = 0.3
WANTS_CALLBACK_SHARE = 0.92
URGENT_SHARE = 0.03


@dataclass(frozen=True)
class Source:
    """Where appeals come from; `share` in thousandths, `spoken` = written down by an agent."""

    code: str
    share: int
    spoken: bool

    @property
    def is_platform(self) -> bool:
        """Whether such an appeal carries a number of the platform's own."""
        return bool(STANDARD_SOURCES[self.code].get("is_platform"))


SOURCES: tuple[Source, ...] = tuple(Source(**row) for row in read("sources")["sources"])


@dataclass(frozen=True)
class Appeal:
    """What reaches the hotline; codes are those of the ticket's code tables, `enterprise` None = not registered here.

    `respondent` is a unit code when `respondent_kind` is UNIT, else a name. At most one of `refusal_reason`,
    `emergency_line` (119, 120) and `external_place` is set; then the appeal belongs to no unit of the city.
    """

    appeal_type: str
    title: str
    body: str
    wish: str
    category: str
    region: str
    place: str
    source: str
    urgency: str
    language: str
    wants_callback: bool
    is_confidential: bool
    is_anonymous: bool
    contact_name: str
    contact_phone: str
    enterprise: Enterprise | None = None
    external_no: str | None = None
    respondent_kind: str | None = None
    respondent: str | None = None
    refusal_reason: str | None = None
    emergency_line: str | None = None
    external_place: str | None = None


def appeals(
    rng: random.Random, categories: Mapping[str, Category], enterprises: Sequence[Enterprise], count: int = 3000
) -> Iterator[Appeal]:
    """`count` appeals in no order of time; the same arguments and seed give the same ones.

    `categories` maps code → category; `enterprises` must be many enough to hold every trade.
    """
    templates = _by_kind(read("appeals")["templates"])
    callers = _by_caller(enterprises)
    for _ in range(count):
        kind = rng.choices(list(SHARES), list(SHARES.values()))[0]
        template = rng.choice(templates[kind])
        caller = rng.choice(callers[template.get("caller", "company")])
        partner = rng.choice([other for other in callers[template.get("partner", "company")] if other is not caller])
        yield _compose(rng, template, categories, caller, partner)


def _by_kind(templates: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    kinds: dict[str, list[dict[str, Any]]] = {kind: [] for kind in SHARES}
    for template in templates:
        outside = template.keys() & {"refuse", "emergency", "external"}
        kinds["OUTSIDE" if outside else template["type"]].append(template)
    return kinds


def _by_caller(enterprises: Sequence[Enterprise]) -> dict[str, list[Enterprise]]:
    """Group → the enterprises whose trade fits it, so that no noodle shop asks about its press shop."""
    groups = read("appeals")["callers"]
    return {
        group: [enterprise for enterprise in enterprises if enterprise.industry in industries]
        for group, industries in groups.items()
    }


def _compose(
    rng: random.Random,
    template: dict[str, Any],
    categories: Mapping[str, Category],
    caller: Enterprise,
    partner: Enterprise,
) -> Appeal:
    slots = _slots(rng, caller, partner)
    source = _source(rng, template)
    hidden = _is_confidential(rng, template)
    anonymous = template["type"] == "TIP_OFF" and rng.random() < ANONYMOUS_TIP_OFF_SHARE
    registered = not anonymous and rng.random() >= UNREGISTERED_SHARE
    named = registered and not hidden
    return Appeal(
        appeal_type=template["type"],
        title=_title(rng, template).format_map(slots),
        body=_body(rng, template, source, named).format_map(slots),
        wish=template["wish"].format_map(slots),
        category=template["category"],
        region=caller.region,
        place=slots["place"],
        source=source.code,
        urgency=_urgency(rng, template),
        language=template.get("language", "zh"),
        wants_callback=not anonymous and template["type"] != "PRAISE" and rng.random() < WANTS_CALLBACK_SHARE,
        is_confidential=hidden,
        is_anonymous=anonymous,
        enterprise=caller if registered else None,
        external_no=_external_no(rng, source),
        refusal_reason=template.get("refuse"),
        emergency_line=template.get("emergency"),
        external_place=template.get("external"),
        **_contact(rng, caller, anonymous, registered),
        **_respondent(template, categories[template["category"]], caller, partner, slots),
    )


def _slots(rng: random.Random, caller: Enterprise, partner: Enterprise) -> dict[str, Any]:
    """Values for the templates' {slots}; the figures are small enough for a small firm."""
    region = REGION_BY_CODE[caller.region]
    words = read("appeals")["words"]
    return {
        "name": caller.name,
        "partner": partner.name,
        "industry": caller.industry,
        "district": region.name,
        "place": region.name + rng.choice(region.roads),
        "place_en": "the free trade zone" if region.code == "4499BS" else "Linhaiwan",
        "park": rng.choice(region.parks),
        "bank": rng.choice(words["bank"]),
        "country": rng.choice(words["country"]),
        "amount": rng.randint(8, 480),
        "money": rng.randint(12, 460) * 50,
        "days": rng.randint(12, 45),
        "months": rng.randint(2, 11),
        "times": rng.randint(3, 6),
        "few": rng.randint(2, 9),
        "people": rng.randint(8, 180),
        "area": rng.randint(6, 60) * 50,
        "day": rng.randint(1, 28),
        "quarter": rng.randint(31, 44),
        "window": rng.randint(1, 36),
    }


def _source(rng: random.Random, template: dict[str, Any]) -> Source:
    if "emergency" in template:
        return SOURCES[0]
    return rng.choices(SOURCES, [source.share for source in SOURCES])[0]


def _is_confidential(rng: random.Random, template: dict[str, Any]) -> bool:
    if template["type"] == "COMPLAINT":
        return rng.random() < CONFIDENTIAL_COMPLAINT_SHARE
    return bool(template.get("confidential", False))


def _title(rng: random.Random, template: dict[str, Any]) -> str:
    prefix = "" if _is_bare(template) else rng.choice(read("appeals")["titles"]["prefixes"])
    return str(prefix + template["title"])


def _is_bare(template: dict[str, Any]) -> bool:
    """Emergencies and English texts stand without polite words around them."""
    return template.get("language") == "en" or "emergency" in template


def _body(rng: random.Random, template: dict[str, Any], source: Source, named: bool) -> str:
    """Opening, text and closing; a confidential or unregistered caller's name never gets into the text."""
    if _is_bare(template):
        return str(template["body"])
    texts = read("appeals")
    opening = rng.choice(texts["openings"][("spoken" if source.spoken else "written") if named else "hidden"])
    return str(opening + template["body"] + rng.choice(texts["closings"][template["type"]]))


def _urgency(rng: random.Random, template: dict[str, Any]) -> str:
    if "emergency" in template:
        return "EMERGENCY"
    return "URGENT" if template.get("urgent") or rng.random() < URGENT_SHARE else "NORMAL"


def _external_no(rng: random.Random, source: Source) -> str | None:
    if not source.is_platform:
        return None
    return f"{source.code[:2]}{rng.randrange(10**10):010}"


def _contact(rng: random.Random, caller: Enterprise, anonymous: bool, registered: bool) -> dict[str, str]:
    if anonymous:
        return {"contact_name": "", "contact_phone": ""}
    if registered:
        return {"contact_name": caller.contact_name, "contact_phone": caller.contact_phone}
    return {"contact_name": person_name(rng), "contact_phone": mobile(rng)}


def _respondent(
    template: dict[str, Any], category: Category, caller: Enterprise, partner: Enterprise, slots: dict[str, Any]
) -> dict[str, Any]:
    match template.get("respondent"):
        case None:
            return {}
        case "partner":
            return {"respondent_kind": "ENTERPRISE", "respondent": partner.name}
        case "property":
            return {"respondent_kind": "ENTERPRISE", "respondent": f"{slots['park']}物业服务中心"}
        case "owner":
            return {"respondent_kind": "UNIT", "respondent": category.owner_in(caller.region)}
        case "owner_region":
            return {"respondent_kind": "UNIT", "respondent": REGION_BY_CODE[caller.region].dispatch_unit}
        case unit_code:
            return {"respondent_kind": "UNIT", "respondent": unit_code}
