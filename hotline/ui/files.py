"""Serving what was uploaded."""

from flask import send_file
from flask.typing import ResponseReturnValue

from hotline.errors import Unavailable
from hotline.ticket.attachments import path_of
from hotline.ticket.models import Attachment
from hotline.ui.door import house


def served(file: Attachment) -> ResponseReturnValue:
    """A file of a ticket, always as a download: nothing that was uploaded runs or draws in our pages.

    The caller has checked that this reader may have it. Raises Unavailable when it has gone from the disk.
    """
    path = path_of(house().settings.uploads_dir, file.sha256)
    if not path.exists():
        raise Unavailable("附件文件暂时读不到，请告知系统管理员", code="attachment_file_missing")
    return send_file(path, mimetype=file.media_type, as_attachment=True, download_name=file.file_name)
