"""What every page's template may use: the viewer, the version, local times."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, current_app, g
from werkzeug.routing import IntegerConverter, Map

from hotline.accounts.privacy import mask_name
from hotline.clock import utcnow
from hotline.database import ROW_IDS
from hotline.ui import format as shown

VENDOR = Path(__file__).parent.parent / "web" / "static" / "vendor"


def row_id(text: str) -> int:
    """An id as a form brings it. Raises ValueError for what no row can have."""
    if (number := int(text)) not in ROW_IDS:
        raise ValueError(text)
    return number


class RowId(IntegerConverter):
    """`<int:…>` in an address: a number that no row can have is a page that is not there."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=ROW_IDS[-1])


def register(app: Flask) -> None:
    """The base templates, the filters and the variables of every page."""
    app.register_blueprint(Blueprint("ui", __name__, template_folder="templates"))
    app.jinja_env.filters.update(local_time=shown.local_time, local_date=shown.local_date, masked_name=mask_name)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(_variables)


def _variables() -> dict[str, Any]:
    return {
        "version": current_app.config["VERSION"],
        "request_id": g.get("request_id"),
        "missing_vendor": missing_vendor(),
        "now": utcnow(),
    }


@lru_cache(maxsize=1)
def missing_vendor() -> list[str]:
    """Files of the assets' manifest that are not there: a banner says so, and pages work without."""
    manifest = VENDOR / "manifest.json"
    if not manifest.exists():
        return ["vendor/manifest.json"]
    names = [entry["file"] for entry in json.loads(manifest.read_text())]
    return [name for name in names if not (VENDOR / name).exists()]
