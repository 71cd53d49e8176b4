"""Regions and the tree of units of the invented city (rows: data/city.toml)."""

from dataclasses import dataclass

from hotline.demo.data import read


@dataclass(frozen=True)
class Region:
    """`kind`: CITY, COUNTY or ZONE; `national` is the six digits a credit code carries.

    `dispatch_unit` takes what the catalogue cannot place. `roads`, `parks` (of companies) and `markets` (of shops)
    are for addresses.
    """

    code: str
    name: str
    kind: str
    national: str
    dispatch_unit: str
    roads: tuple[str, ...]
    parks: tuple[str, ...]
    markets: tuple[str, ...]
    parent: str | None = None


@dataclass(frozen=True)
class Unit:
    """`kind`: CITY_GOV, BUREAU, DISTRICT, DISTRICT_BUREAU, STREET, ZONE, UTILITY or HOTLINE.

    `supervised_by` takes complaints against the unit; `sign_off_levels` is 0 to 2.
    """

    code: str
    name: str
    short_name: str
    kind: str
    region: str
    duty_phone: str
    sign_off_levels: int
    supervised_by: str
    duties: str
    parent: str | None = None


def _region(row: dict) -> Region:
    return Region(**{**row, **{key: tuple(row[key]) for key in ("roads", "parks", "markets")}})


AREA_CODE: str = read("city")["city"]["area_code"]
REGIONS: tuple[Region, ...] = tuple(_region(row) for row in read("city")["regions"])
UNITS: tuple[Unit, ...] = tuple(Unit(**row) for row in read("city")["units"])
"""Parents stand before their children."""

REGION_BY_CODE: dict[str, Region] = {region.code: region for region in REGIONS}
UNIT_BY_CODE: dict[str, Unit] = {unit.code: unit for unit in UNITS}
