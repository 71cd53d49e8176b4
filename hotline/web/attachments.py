"""Files of a ticket: uploaded by those who work on it, downloaded by those who may see it."""

from typing import Any, BinaryIO, cast

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from hotline.errors import DomainError, Invalid, NotFound, Unauthenticated
from hotline.idempotency import once
from hotline.ticket.attachments import Stored, attach, find, store
from hotline.ticket.queries import get
from hotline.ui.door import Door, door, house
from hotline.ui.files import served
from hotline.web.panels import Posted
from hotline.web.ticket import refused

pages = Blueprint("attachments", __name__, template_folder="templates")


@pages.post("/tickets/<no>/attachments")
def upload(no: str) -> ResponseReturnValue:
    """Hang a file on a ticket; sent twice it hangs there once."""
    try:
        with door() as d:
            get(d.session, d.actor, no)  # nobody fills our disk over a ticket he cannot see
        stored = _store()
        with door(write=True) as d:
            what = {"no": no, "sha256": stored.sha256, "name": stored.file_name}
            key = request.form.get("idempotency_key")
            once(d.session, d.owner, key, what, d.now, lambda: _attach(d, no, stored))
    except (Unauthenticated, NotFound):
        raise
    except DomainError as error:
        return refused(no, Posted("attach", {}, message=error.message), error.status)
    flash(f"已上传附件：{stored.file_name}", "ok")
    return redirect(f"/tickets/{no}", 303)


def _store() -> Stored:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid("请选择要上传的文件", code="attachment_missing", field="file")
    settings = house().settings
    return store(cast(BinaryIO, file.stream), file.filename, settings.uploads_dir, settings.max_upload_bytes)


def _attach(d: Door, no: str, stored: Stored) -> dict[str, Any]:
    ticket = get(d.session, d.actor, no, lock=True)
    return {"id": attach(ticket, stored, d.actor, d.now, is_public="is_public" in request.form).id}


@pages.get("/attachments/<int:attachment_id>")
def download(attachment_id: int) -> ResponseReturnValue:
    """One file."""
    with door() as d:
        found = find(d.session, d.actor, attachment_id)
    return served(found)
