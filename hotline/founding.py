"""The first rows of a real house: a unit for the city, one for the hotline, and an administrator who adds the rest."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.models import Account, Post, Role, UnitPost
from hotline.accounts.operations import open_account
from hotline.directory.models import Region, RegionKind, Unit, UnitKind
from hotline.directory.setup import set_up
from hotline.errors import Conflict

ROLES = frozenset({Role.ADMIN, Role.SUPERVISOR, Role.DISPATCHER})
"""The founder can set the house up and, until others are named, keep a ticket from lying about."""


def found(session: Session, *, city: str, code: str, login: str, password: str, now: datetime) -> Account:
    """Set up an empty house. `code`: the city's six digits of GB/T 2260.

    Raises Conflict when somebody can already log in, Invalid for a short password.
    """
    if session.scalar(select(Account.id).limit(1)) is not None:
        raise Conflict("系统已经初始化，请用管理员账号登录后在页面上修改", code="already_founded")
    set_up(session, now)
    region = Region(code=code, name=city, kind=RegionKind.CITY)
    session.add(region)
    session.flush()
    government = _unit(session, "SZF", f"{city}人民政府", "市政府", UnitKind.CITY_GOV, region, None)
    name = f"{city}12345热线企业服务专席"
    hotline = _unit(session, "HOTLINE", name, "企业服务专席", UnitKind.HOTLINE, region, government)
    hotline.supervising_unit_id = government.id
    account = open_account(session, login=login, name="管理员", unit_id=government.id, roles=ROLES, password=password)
    session.add(UnitPost(unit_id=hotline.id, post=Post.LIAISON, account_id=account.id))
    session.flush()
    return account


def _unit(
    session: Session, code: str, name: str, short_name: str, kind: UnitKind, region: Region, parent: Unit | None
) -> Unit:
    unit = Unit(code=code, name=name, short_name=short_name, kind=kind, region_id=region.id)
    unit.parent_id = parent.id if parent else None
    session.add(unit)
    session.flush()
    unit.path = f"{parent.path if parent else '/'}{unit.id}/"
    return unit
