"""Files on a ticket: checked by what they hold, kept by their SHA-256, served to those who may see the ticket."""

import hashlib
import os
import re
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import puremagic
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.errors import IllegalAction, Invalid, NotFound, TooLarge, Unavailable
from hotline.ticket import ledger
from hotline.ticket.models import Attachment, Ticket
from hotline.ticket.operations import actions, session_of
from hotline.ticket.queries import scope

CHUNK = 64 * 1024
HEAD = 4096
"""Bytes that are looked at to tell a file's type."""
MAX_NAME = 100
OFFICE = "application/vnd.openxmlformats-officedocument."


def _text(path: Path, head: bytes) -> bool:
    """Plain text, as Windows (GB 18030) or anybody else (UTF-8) writes it."""
    if b"\x00" in head:
        return False
    return any(_decodes(head, encoding) for encoding in ("utf-8", "gb18030"))


def _decodes(head: bytes, encoding: str) -> bool:
    for end in range(len(head), max(len(head) - 4, 0), -1):  # the last character may be cut in two
        try:
            head[:end].decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


def _magic(*extensions: str) -> Callable[[Path, bytes], bool]:
    def fits(path: Path, head: bytes) -> bool:
        try:
            found = puremagic.magic_string(head)
        except (puremagic.PureError, ValueError):
            return False
        return any(match.extension in extensions for match in found)

    return fits


def _office(part: str) -> Callable[[Path, bytes], bool]:
    """A zip archive with this part and without macros: every archive's first bytes are the same."""

    def fits(path: Path, head: bytes) -> bool:
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            return False
        return part in names and "[Content_Types].xml" in names and not any("vbaProject" in name for name in names)

    return fits


@dataclass(frozen=True)
class Kind:
    """A type of file that is taken, and how to tell that a file is one."""

    media_type: str
    fits: Callable[[Path, bytes], bool]


KINDS: dict[str, Kind] = {
    "pdf": Kind("application/pdf", _magic(".pdf")),
    "jpg": Kind("image/jpeg", _magic(".jpg")),
    "jpeg": Kind("image/jpeg", _magic(".jpg")),
    "png": Kind("image/png", _magic(".png")),
    "gif": Kind("image/gif", _magic(".gif")),
    "webp": Kind("image/webp", _magic(".webp")),
    "docx": Kind(OFFICE + "wordprocessingml.document", _office("word/document.xml")),
    "xlsx": Kind(OFFICE + "spreadsheetml.sheet", _office("xl/workbook.xml")),
    "doc": Kind("application/msword", _magic(".doc")),
    "xls": Kind("application/vnd.ms-excel", _magic(".xls")),
    "txt": Kind("text/plain", _text),
    "wav": Kind("audio/wav", _magic(".wav")),
    "mp3": Kind("audio/mpeg", _magic(".mp3", ".mpga")),
}
ACCEPT = ",".join(f".{extension}" for extension in KINDS)
ALLOWED = "PDF、图片（JPG、PNG、GIF、WebP）、Word、Excel、TXT、录音（WAV、MP3）"


@dataclass(frozen=True)
class Stored:
    """A checked file that lies in the uploads folder; not yet anybody's."""

    file_name: str
    media_type: str
    size: int
    sha256: str


def clean_name(name: str) -> str:
    """A file's name without folders, control and direction-changing characters; at most 100 characters."""
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    visible = "".join(char for char in base if unicodedata.category(char)[0] != "C")
    stem, dot, extension = re.sub(r"\s+", " ", visible).strip().rstrip(" .").rpartition(".")
    if not dot:
        return extension[:MAX_NAME] or "附件"
    return (
        f"{(stem or '附件')[: MAX_NAME - len(extension) - 1]}.{extension}" if len(extension) < 10 else stem[:MAX_NAME]
    )


def store(stream: BinaryIO, name: str, folder: Path, limit: int) -> Stored:
    """Check an upload and keep it under its SHA-256, readable by its owner only.

    Raises Invalid (empty, unwanted or disguised), TooLarge, Unavailable (full or broken disk): all in words.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".upload-")  # mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                size, digest = _receive(stream, file, limit)
            stored = Stored(clean_name(name), _checked(Path(temporary), clean_name(name), size), size, digest)
            _keep(Path(temporary), path_of(folder, digest))
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        message = "附件暂时无法保存（存储空间不足或存储故障），请稍后重试，并告知系统管理员"
        raise Unavailable(message, code="storage_unavailable") from error
    return stored


def _receive(stream: BinaryIO, file: BinaryIO, limit: int) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"附件不能超过 {limit // 1024 // 1024} MB，请压缩后重新上传", code="attachment_too_large")
        digest.update(chunk)
        file.write(chunk)
    file.flush()
    os.fsync(file.fileno())
    return size, digest.hexdigest()


def _checked(path: Path, name: str, size: int) -> str:
    """The media type. The name says what it claims to be, the content has to agree."""
    if not size:
        raise Invalid("附件是空文件，请重新选择", code="attachment_empty", field="file")
    extension = name.rpartition(".")[2].lower()
    kind = KINDS.get(extension)
    if kind is None:
        raise Invalid(f"不能上传这种文件；可以上传 {ALLOWED}", code="attachment_type", field="file")
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not kind.fits(path, head):
        message = f"文件内容不是 {extension.upper()}，可能改过扩展名或已损坏，请重新选择"
        raise Invalid(message, code="attachment_disguised", field="file")
    return kind.media_type


def _keep(temporary: Path, path: Path) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    os.replace(temporary, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def path_of(folder: Path, sha256: str) -> Path:
    """Where a file lies in the uploads folder."""
    return folder / sha256[:2] / sha256


def attach(ticket: Ticket, stored: Stored, actor: Actor, now: datetime, *, is_public: bool = False) -> Attachment:
    """Hang a stored file on an open ticket. Raises IllegalAction when it is closed or the actor has no part in it."""
    if ticket.status.is_end or not actions(ticket, actor, now):
        raise IllegalAction("工单已办结或您不参与办理，不能上传附件", code="attach_refused")
    session = session_of(ticket)
    made = Attachment(ticket_id=ticket.id, by_id=actor.account_id, at=now, is_public=is_public, **vars(stored))
    session.add(made)
    session.flush()
    data = {"attachment_id": made.id, "file_name": made.file_name, "is_public": is_public}
    ledger.append(session, ticket, actor, now, action="attach", label="上传附件", before=ticket.status, data=data)
    return made


def find(session: Session, actor: Actor, attachment_id: int) -> Attachment:
    """An attachment of a ticket the actor may see; an enterprise has the public ones only. Raises NotFound."""
    mine = select(Attachment).join(Ticket, Ticket.id == Attachment.ticket_id).where(scope(actor))
    if actor.ticket_id is not None:
        mine = mine.where(Attachment.is_public)
    found = session.scalar(mine.where(Attachment.id == attachment_id))
    if found is None:
        raise NotFound("没有找到这个附件，或您无权查看", code="attachment_not_found")
    return found
