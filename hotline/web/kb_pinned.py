"""临时口径 pinned on every desk page: 已阅 by whoever has read it."""

from urllib.parse import urlsplit

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from hotline.knowledge.notices import get_notice, mark_read
from hotline.ui.door import Door, door

pages = Blueprint("knowledge_pinned", __name__, template_folder="templates")


@pages.post("/notices/<int:notice_id>/read")
def read(notice_id: int) -> ResponseReturnValue:
    """已阅, then back to the page it was read on."""
    with door(write=True) as d:
        read_notice(d, notice_id)
    return redirect(_back(request.form.get("back", "")), 303)


def read_notice(d: Door, notice_id: int) -> None:
    """已阅 of one notice. Raises NotFound."""
    mark_read(d.session, get_notice(d.session, d.actor, notice_id), d.actor, d.now)


def _back(path: str) -> str:
    """The page as it was; another site's address is none of ours."""
    parts = urlsplit(path)
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc
    return path if is_ours else "/"
