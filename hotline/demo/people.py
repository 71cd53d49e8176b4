"""Accounts of the demo city, and who answers for each unit (rows: data/people.toml)."""

from collections.abc import Iterator
from dataclasses import dataclass

from hotline.demo.data import read

ROLES = (
    *("AGENT", "TEAM_LEADER", "DISPATCHER", "REVIEWER", "CALLBACK", "HANDLER"),
    *("UNIT_LEADER", "EXPERT", "KB_EDITOR", "GRASSROOTS", "SUPERVISOR", "AUDITOR", "ADMIN"),
)


@dataclass(frozen=True)
class Account:
    """A login. `fields` (level-2 category codes), `languages` and `title` are an expert's."""

    login: str
    name: str
    roles: tuple[str, ...]
    unit: str
    title: str = ""
    fields: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("zh",)


@dataclass(frozen=True)
class UnitPeople:
    """Logins of who answers for a unit: 联络员, 联络员(B角), 分管领导, 主要领导; empty where the unit has none."""

    unit: str
    liaison: str
    deputy: str = ""
    leader: str = ""
    chief: str = ""


def _accounts() -> Iterator[Account]:
    hotline = read("people")["hotline"]
    for row in hotline["accounts"]:
        yield Account(row["login"], row["name"], tuple(row["roles"]), hotline["unit"])
    for unit in read("people")["units"]:
        for row in unit["handlers"]:
            yield Account(row["login"], row["name"], ("HANDLER",), unit["code"])
        for row in unit.get("leaders", []):
            yield Account(row["login"], row["name"], ("UNIT_LEADER",), unit["code"])
        for row in unit.get("readers", []):
            yield Account(row["login"], row["name"], ("GRASSROOTS",), unit["code"])
        for row in unit.get("supervisors", []):
            yield Account(row["login"], row["name"], ("SUPERVISOR", "REVIEWER"), unit["code"])
    for row in read("people")["experts"]:
        tuples = {"fields": tuple(row["fields"]), "languages": tuple(row["languages"])}
        yield Account(**{**row, **tuples, "roles": ("EXPERT",)})


def _people(row: dict) -> UnitPeople:
    liaison, deputy = _first_two(row["handlers"])
    leader, chief = _first_two(row.get("leaders", []))
    return UnitPeople(row["code"], liaison, deputy, leader, chief)


def _first_two(rows: list[dict]) -> tuple[str, str]:
    logins = [row["login"] for row in rows]
    first, second = [*logins, "", ""][:2]
    return first, second


ACCOUNTS: tuple[Account, ...] = tuple(_accounts())
UNIT_PEOPLE: dict[str, UnitPeople] = {row["code"]: _people(row) for row in read("people")["units"]}


def showcase() -> dict[str, Account]:
    """Role → the first account with it: the logins a newcomer is shown."""
    return {role: next(account for account in ACCOUNTS if role in account.roles) for role in ROLES}
