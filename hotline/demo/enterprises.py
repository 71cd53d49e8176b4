"""Invented enterprises with credit codes that check (words: data/enterprises.toml)."""

import random
from dataclasses import dataclass

from hotline.demo.city import AREA_CODE, REGIONS, Region
from hotline.demo.data import read
from hotline.directory import uscc

INDIVIDUAL_SHARE = 0.22
PARTNERSHIP_SHARE = 0.06
SHAREHOLDING_SHARE = 0.08
LANDLINE_SHARE = 0.2
MOBILE_PREFIX = "154"
"""Given to no operator, so that a curious visitor who dials a number disturbs nobody."""

REGION_WEIGHTS = {"449902": 30, "449903": 28, "449904": 18, "4499GX": 16, "4499BS": 8}
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True)
class Enterprise:
    """`tags` are scale and merit words (规上工业, 专精特新, 个体工商户 …); `region` is a region code."""

    uscc: str
    name: str
    region: str
    industry: str
    tags: tuple[str, ...]
    address: str
    contact_name: str
    contact_title: str
    contact_phone: str


def enterprises(rng: random.Random, n: int = 200) -> list[Enterprise]:
    """`n` enterprises with different names and codes; the same seed gives the same list.

    The first one's code has the check character "0" that comes of a remainder 0 (GB 32100-2015's edge).
    """
    found: list[Enterprise] = []
    names: set[str] = set()
    codes: set[str] = set()
    while len(found) < n:
        region = _weighted_region(rng)
        name, industry, tags = _individual(rng, region) if rng.random() < INDIVIDUAL_SHARE else _company(rng, region)
        if name in names:
            continue
        names.add(name)
        code = _new_code(rng, region, "92" if "个体工商户" in tags else "91", codes)
        found.append(
            Enterprise(code, name, region.code, industry, tags, _address(rng, region, tags), *_contact(rng, tags))
        )
    return found


def mobile(rng: random.Random) -> str:
    """A mobile number nobody owns: 154 and eight digits."""
    return f"{MOBILE_PREFIX}{rng.randrange(10**8):08}"


def person_name(rng: random.Random) -> str:
    """An invented Chinese name."""
    words = read("enterprises")
    return rng.choice(words["surnames"]) + rng.choice(words["given_names"])


def _weighted_region(rng: random.Random) -> Region:
    regions = [region for region in REGIONS if region.code in REGION_WEIGHTS]
    return rng.choices(regions, [REGION_WEIGHTS[region.code] for region in regions])[0]


def _individual(rng: random.Random, region: Region) -> tuple[str, str, tuple[str, ...]]:
    stall = rng.choice(read("enterprises")["stalls"])
    nickname = rng.choice(read("enterprises")["owner_nicknames"])
    name = f"{region.name}{nickname}{rng.choice(stall['words'])}（个体工商户）"
    return name, stall["industry"], ("个体工商户",)


def _company(rng: random.Random, region: Region) -> tuple[str, str, tuple[str, ...]]:
    rows = read("enterprises")["industries"]
    industry = rng.choices(rows, [row["share"] for row in rows])[0]
    place = "临海湾" if region.kind == "ZONE" else rng.choice(["临海湾", "临海湾市", region.name])
    name = place + rng.choice(read("enterprises")["trade_names"]) + rng.choice(industry["words"]) + _legal_form(rng)
    tags = tuple(rng.sample(industry["tags"], k=rng.choice([1, 1, 2])))
    return name, industry["name"], tags


def _legal_form(rng: random.Random) -> str:
    draw = rng.random()
    if draw < PARTNERSHIP_SHARE:
        return "中心（有限合伙）"
    return "股份有限公司" if draw < PARTNERSHIP_SHARE + SHAREHOLDING_SHARE else "有限公司"


def _address(rng: random.Random, region: Region, tags: tuple[str, ...]) -> str:
    sites = region.markets if "个体工商户" in tags else region.parks
    where = rng.choice([f"{rng.choice(region.roads)}{rng.randint(2, 388)}号", rng.choice(sites)])
    return f"临海湾市{region.name}{where}{rng.choice('ABCDE')}座{rng.randint(1, 18)}{rng.randint(1, 12):02}室"


def _contact(rng: random.Random, tags: tuple[str, ...]) -> tuple[str, str, str]:
    phone = f"{AREA_CODE}-{rng.randint(3000000, 3999999)}" if rng.random() < LANDLINE_SHARE else mobile(rng)
    title = "经营者" if "个体工商户" in tags else rng.choice(read("enterprises")["titles"])
    return person_name(rng), title, phone


def _new_code(rng: random.Random, region: Region, kind: str, used: set[str]) -> str:
    """A code not in `used`, which it joins; the very first one ends in "0"."""
    while True:
        code = _code(region, kind, rng.randrange(10**6))
        if code not in used and (used or code.endswith("0")):
            used.add(code)
            return code


def _code(region: Region, kind: str, serial: int) -> str:
    organisation = f"MA{serial:06}"
    first17 = kind + region.national + organisation + _organisation_check(organisation)
    return first17 + uscc.check_digit(first17)


def _organisation_check(eight: str) -> str:
    """The ninth character of the organisation code inside the credit code (GB 11714)."""
    total = sum(int(char, 36) * weight for char, weight in zip(eight, ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11] if total % 11 else "0"
