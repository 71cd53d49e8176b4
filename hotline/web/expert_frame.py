"""The frame of the experts' pages: their tabs, and what every one of them shows alike."""

from typing import Any

from hotline.experts.queries import owed_by
from hotline.ui.door import Door
from hotline.web.navigation import ON_EXPERTS, render_page

TABS = (
    ("consultations", "/consultations", "咨询"),
    ("pool", "/experts", "专家库"),
    ("roster", "/experts/roster", "值班表"),
)
ROLES = ON_EXPERTS


def show(d: Door, template: str, tab: str, **values: Any) -> str:
    """A page of the experts' room, within its tabs."""
    tabs = [
        {
            "href": href,
            "label": label,
            "active": key == tab,
            "count": len(owed_by(d.session, d.actor, d.now)) if key == "consultations" else None,
        }
        for key, href, label in TABS
    ]
    return render_page(d, template, active="experts", tabs=tabs, **values)
