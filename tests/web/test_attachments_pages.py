"""Files: taken by what they hold, refused in words, served to those who may see the ticket and nobody else."""

import io
import os
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from hotline.ticket import attachments
from hotline.ticket.ledger import entries
from hotline.ticket.models import Attachment
from hotline.ticket.queries import hanging
from tests.city import City
from tests.web.client import Desk

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
EXE = b"MZ\x90\x00" + bytes(200)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def archive(*parts: str) -> bytes:
    """A zip archive with these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for part in parts:
            made.writestr(part, "<x/>")
    return out.getvalue()


DOCX = archive("[Content_Types].xml", "word/document.xml")
XLSX = archive("[Content_Types].xml", "xl/workbook.xml")


@pytest.fixture
def app(app: Flask, city_time: None) -> Flask:
    """At the city's time."""
    return app


@pytest.fixture
def number(city: City) -> str:
    number = city.register()
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    return number


def upload(desk: Desk, number: str, content: bytes, name: str, **more: Any):
    desk.get(f"/tickets/{number}")
    return desk.post(f"/tickets/{number}/attachments", file=(io.BytesIO(content), name), **more)


def test_a_file_goes_up_and_comes_down_as_it_was(city: City, app: Flask, number: str, tmp_path: Path) -> None:
    desk = Desk(app, "jrj.handler")
    assert upload(desk, number, PDF, "设备验收单.pdf").status_code == 303
    with city.ticket(number) as (session, ticket):
        (file,) = hanging(session, Attachment, ticket)
        assert entries(session, ticket)[-1].action == "attach"
        assert (file.media_type, file.size, ticket.version) == ("application/pdf", len(PDF), ticket.version)
    stored = tmp_path / "uploads" / file.sha256[:2] / file.sha256
    assert stat.S_IMODE(os.stat(stored).st_mode) == 0o600
    answer = desk.get(f"/attachments/{file.id}")
    assert answer.data == PDF
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment;") and "filename*=UTF-8''%E8%AE%BE%E5%A4%87" in disposition
    assert "设备验收单.pdf" in desk.get(f"/tickets/{number}").text


def test_another_unit_cannot_fetch_it_by_its_number(city: City, app: Flask, number: str) -> None:
    upload(Desk(app, "jrj.handler"), number, PDF, "a.pdf")
    with city.ticket(number) as (session, ticket):
        (file,) = hanging(session, Attachment, ticket)
    assert Desk(app, "gxj.handler").get(f"/attachments/{file.id}").status_code == 404
    assert Desk(app).get(f"/attachments/{file.id}").status_code == 303
    other = Desk(app, "gxj.handler")
    other.get("/queue")
    answer = other.post(f"/tickets/{number}/attachments", file=(io.BytesIO(PDF), "a.pdf"))
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (EXE, "验收单.pdf", "文件内容不是 PDF"),
        (EXE, "setup.exe", "不能上传这种文件"),
        (b"", "空.pdf", "空文件"),
        (archive("a.txt"), "资料.zip", "不能上传这种文件"),
        (archive("a.txt"), "资料.docx", "文件内容不是 DOCX"),
        (archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "宏.docx", "文件内容不是 DOCX"),
        (b"\x00\x01\x02\x03" * 50, "说明.txt", "文件内容不是 TXT"),
        (b"<html><script>alert(1)</script>", "图片.png", "文件内容不是 PNG"),
        (PDF, "没有扩展名", "不能上传这种文件"),
    ],
)
def test_an_unwanted_file_is_refused_in_words(
    city: City, app: Flask, number: str, content: bytes, name: str, words: str
) -> None:
    answer = upload(Desk(app, "jrj.handler"), number, content, name)
    assert answer.status_code == 422
    assert words in answer.text
    with city.ticket(number) as (session, ticket):
        assert hanging(session, Attachment, ticket) == []


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (PDF, "a.pdf"),
        (PNG, "a.PNG"),
        (b"\xff\xd8\xff\xe1\x00\x10Exif\x00\x00" + bytes(60), "照片.jpg"),
        (b"GIF89a" + bytes(20), "a.gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 " + bytes(20), "a.webp"),
        (DOCX, "a.docx"),
        (XLSX, "a.xlsx"),
        (OLE, "a.doc"),
        (OLE, "a.xls"),
        ("说明".encode("gbk"), "a.txt"),
        ("说明".encode() * 3000, "长.txt"),
        (b"RIFF\x24\0\0\0WAVEfmt " + bytes(20), "录音.wav"),
        (b"ID3\x03\x00\x00\x00\x00\x00\x00" + bytes(40), "录音.mp3"),
    ],
)
def test_every_wanted_type_is_taken(tmp_path: Path, content: bytes, name: str) -> None:
    stored = attachments.store(io.BytesIO(content), name, tmp_path, limit=10**6)
    assert attachments.path_of(tmp_path, stored.sha256).read_bytes() == content
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".upload")] == []


def test_too_large_a_file_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(attachments.TooLarge, match="1 MB"):
        attachments.store(io.BytesIO(PDF + bytes(2**21)), "a.pdf", tmp_path, limit=2**20)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_nothing_is_told_in_words(tmp_path: Path) -> None:
    blocked = tmp_path / "uploads"
    blocked.write_text("a file where the folder should be")
    with pytest.raises(attachments.Unavailable, match="暂时无法保存"):
        attachments.store(io.BytesIO(PDF), "a.pdf", blocked, limit=2**20)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\资料\\验收单.pdf", "验收单.pdf"),
        ("合同\u202efdp.exe", "合同fdp.exe"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        (".pdf", "附件.pdf"),
        ("长" * 300 + ".pdf", "长" * 96 + ".pdf"),
    ],
)
def test_a_files_name_is_cleaned(given: str, kept: str) -> None:
    assert attachments.clean_name(given) == kept


def test_a_closed_ticket_takes_no_more_files(city: City, app: Flask) -> None:
    number = city.register("agent1", "answer", public_text="已当场答复")
    answer = upload(Desk(app, "agent1"), number, PDF, "迟到.pdf")
    assert answer.status_code == 409
    assert "不能上传附件" in answer.text


def test_an_auditor_looks_but_does_not_add(city: City, app: Flask, number: str) -> None:
    desk = Desk(app, "audit1")
    assert upload(desk, number, PDF, "a.pdf").status_code == 409
    assert f"/tickets/{number}/attachments" not in desk.get(f"/tickets/{number}").text


def test_a_file_sent_twice_hangs_there_once(city: City, app: Flask, number: str) -> None:
    desk = Desk(app, "jrj.handler")
    codes = [upload(desk, number, PDF, "a.pdf", idempotency_key="same").status_code for _ in range(2)]
    assert codes == [303, 303]
    with city.ticket(number) as (session, ticket):
        assert len(hanging(session, Attachment, ticket)) == 1
