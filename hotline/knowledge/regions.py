"""Where an entry applies: what is in force in a place is its own, the city's, the province's and the nation's."""

from enum import IntEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.directory.models import Region, UnitKind
from hotline.knowledge.models import KbEntry

NATION = "000000"
LOCAL = frozenset({UnitKind.DISTRICT, UnitKind.DISTRICT_BUREAU, UnitKind.STREET, UnitKind.ZONE})


class Level(IntEnum):
    """How far an entry's rule reaches; the lower number goes before the higher."""

    NATION = 1
    PROVINCE = 2
    CITY = 3
    DISTRICT = 4


def level_of(entry: KbEntry) -> Level:
    """By the region's code (GB/T 2260: 440000 is a province, 440400 a city), else by who keeps the entry."""
    code = entry.region_code
    if not code:
        return Level.DISTRICT if entry.unit.kind in LOCAL else Level.CITY
    if code == NATION:
        return Level.NATION
    if code.endswith("0000"):
        return Level.PROVINCE
    return Level.CITY if code.endswith("00") else Level.DISTRICT


def applying_in(session: Session, code: str) -> tuple[str, ...]:
    """The region codes of entries that apply in a place, nearest first: itself, the regions above it, the nation.

    An entry without a region applies in the whole city.
    """
    codes = [code]
    rows = {row.id: row for row in session.scalars(select(Region))}
    row = next((one for one in rows.values() if one.code == code), None)
    while row is not None:  # a functional zone has no code of its own kind, but it has a parent
        codes.append(row.code)
        row = rows.get(row.parent_id or 0)
    last = codes[-1]
    if len(last) == len(NATION) and last.isdigit():
        codes += [f"{last[:4]}00", f"{last[:2]}0000"]
    return tuple(dict.fromkeys([*codes, NATION]))
