"""The directory's codes, for callers that must name a unit, category or region."""

from typing import Any

from flask_smorest import Blueprint
from sqlalchemy import select

from hotline.accounts.operations import audit
from hotline.api.access import bearer
from hotline.directory.models import Category, Region, Source, Unit
from hotline.directory.operations import supervise_by
from hotline.directory.queries import effective
from hotline.dispatch.catalogue_changes import EDITORS
from hotline.errors import Forbidden, NotFound
from hotline.ticket.schemas import Checked, reference
from hotline.ui.door import Door, door

pages = Blueprint("api_directory", __name__, url_prefix="/api/v1/directory", description="目录")


class Supervision(Checked):
    """Who handles complaints against a unit."""

    supervising_unit_code = reference("监督单位", "units", required=True)


def _listing(model: Any, *names: str) -> dict[str, Any]:
    with door() as d:
        rows = d.session.scalars(select(model).where(effective(model, d.today)).order_by(model.code))
        return {"rows": [{name: getattr(row, name) for name in names} for row in rows]}


@pages.get("/units")
@bearer
@pages.response(200)
def units() -> dict[str, Any]:
    """Every unit in force today."""
    return _listing(Unit, "code", "name", "short_name", "kind", "duty_phone")


@pages.get("/units/<unit_code>/supervisor")
@bearer
@pages.response(200)
def supervisor(unit_code: str) -> dict[str, Any]:
    """Which unit handles complaints against this one; null: none is named."""
    with door() as d:
        return _supervised(d, _unit(d, unit_code))


@pages.put("/units/<unit_code>/supervisor")
@bearer
@pages.arguments(Supervision)
@pages.response(200)
def supervise(data: dict[str, Any], unit_code: str) -> dict[str, Any]:
    """Another unit to handle complaints against this one."""
    with door(write=True) as d:
        if not EDITORS & d.actor.roles:
            raise Forbidden("您的岗位不能使用这个接口", code="role_refused")
        unit = _unit(d, unit_code)
        made = supervise_by(d.session, unit, data["supervising_unit_code"], d.today)
        details = {"before": made.before, "after": made.after}
        audit(d.session, d.actor, "unit_edited", made.subject, d.now, details=details)
        return _supervised(d, unit)


def _unit(d: Door, code: str) -> Unit:
    unit: Unit | None = d.session.scalar(select(Unit).where(Unit.code == code, effective(Unit, d.today)))
    if unit is None:
        raise NotFound("没有找到这个单位", code="unit_not_found")
    return unit


def _supervised(d: Door, unit: Unit) -> dict[str, Any]:
    above = d.session.get(Unit, unit.supervising_unit_id) if unit.supervising_unit_id else None
    return {"unit": unit.code, "supervising_unit": above.code if above else None}


@pages.get("/categories")
@bearer
@pages.response(200)
def categories() -> dict[str, Any]:
    """Every category in force today; tickets are filed under level 3."""
    return _listing(Category, "code", "full_name", "level", "initials")


@pages.get("/regions")
@bearer
@pages.response(200)
def regions() -> dict[str, Any]:
    """Every region in force today, functional zones among them."""
    return _listing(Region, "code", "name", "kind")


@pages.get("/sources")
@bearer
@pages.response(200)
def sources() -> dict[str, Any]:
    """Where appeals come from."""
    return _listing(Source, "code", "name", "is_platform", "must_report_back")
