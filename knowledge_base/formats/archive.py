"""Office files are zip archives: which kind, whole or broken, honest or a bomb, locked by a password."""

import zipfile
import zlib
from io import BytesIO

from knowledge_base.formats.extracted import Unreadable

MAX_UNPACKED = 300 * 1024 * 1024
"""Bytes of all parts together."""
MAX_PARTS = 10_000
_CHUNK = 1024 * 1024
_PARTS = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx"}
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_BROKEN = Unreadable("archive_broken", "文件已损坏（压缩包不完整），请重新下载或另存后再导入")


def office_kind(content: bytes) -> str:
    """ "docx" or "xlsx". Raises Unreadable for an archive that is neither, broken, locked or a bomb."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            _check(archive)
            kinds = [kind for part, kind in _PARTS.items() if part in archive.namelist()]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise Unreadable(_BROKEN.code, _BROKEN.message) from error
    if not kinds:
        raise Unreadable("kind_unknown", "这是压缩包或其他类型的文件，请解压后导入其中的 docx、xlsx、pdf 或文本文件")
    return kinds[0]


def old_office(content: bytes) -> Unreadable:
    """Why a file in the container of Office 97–2003 cannot be read: locked by a password, or simply old."""
    if _ENCRYPTED in content:
        return Unreadable("password", "文件设置了打开密码，请取消密码后再导入")
    return Unreadable("kind_old_office", "这是旧版 Office（doc、xls、wps）文件，请另存为 docx 或 xlsx 后再导入")


def _check(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable("password", "压缩包设置了密码，请取消密码后再导入")
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise Unreadable("archive_bomb", "文件解压后过大，疑似异常文件，未导入")
    for part in parts:
        _read_through(archive, part)


def _read_through(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Unpack once and throw away: checks the sums; zipfile stops at the size the part claims, so a lie is an error."""
    with archive.open(part) as stream:
        while stream.read(_CHUNK):
            pass
