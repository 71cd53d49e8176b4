"""The directory's codes, for callers that must name a unit, category or region."""

from typing import Any

from flask_smorest import Blueprint
from sqlalchemy import select

from hotline.api.access import bearer
from hotline.directory.models import Category, Region, Source, Unit
from hotline.directory.queries import effective
from hotline.ui.door import door

pages = Blueprint("api_directory", __name__, url_prefix="/api/v1/directory", description="目录")


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
