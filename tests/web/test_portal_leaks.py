"""What the public pages must never tell, and to whom."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from hotline import messages
from hotline.accounts.models import Account
from hotline.clock import utcnow
from hotline.database import Database
from hotline.outbox import operations as outbox
from hotline.ticket.attachments import path_of
from hotline.ticket.models import Attachment, Ticket
from tests.city import City
from tests.web.client import app_on
from tests.web.enterprise import GOOD_CALL, REPLY, city_now, code_of, handling, visitor, words_of

CANARY = "密语"
"""Stands in every field that the enterprise must not read back from a public page."""


@pytest.fixture
def city(sqlite_database: Database) -> City:
    return city_now(sqlite_database)


def secret(name: str) -> str:
    return f"{CANARY}{name}"


def eventful() -> list[tuple[str, str, dict[str, object]]]:
    """Who does what to a ticket, with a canary in every internal field."""
    basis = {"legal_basis": secret("依据"), "text": secret("说明")}
    asked = {"legal_basis": secret("依据"), "text": "企业可读的原因"}
    return [
        ("agent1", "urge", {"text": secret("话务员催单")}),
        ("dispatch1", "note", {"text": secret("备注")}),
        ("dispatch1", "ask_expert", {"expert_login": "expert.policy", "question": secret("提问")}),
        ("expert.policy", "expert_answer", {"answer": secret("专家"), "legal_basis": secret("专家依据")}),
        ("dispatch1", "dispatch", {"unit_code": "JRJ", "support_unit_codes": ["GXJ"], "text": secret("派单意见")}),
        ("jrj.handler", "object", {"reason": "NOT_OUR_DUTY", **basis}),
        ("dispatch1", "overrule", {"text": secret("驳回")}),
        ("jrj.handler", "sign", {}),
        ("jrj.handler", "contact", {"result": "REACHED", "phone": "13912340000", "text": secret("沟通")}),
        ("jrj.handler", "interim", {"text": secret("内部进展"), "is_public": False}),
        ("jrj.handler", "interim", {"text": "企业可读的进展", "is_public": True}),
        ("gxj.handler", "contribute", {"opinion": secret("协办")}),
        ("jrj.handler", "request_extension", {"reason": "COMPLEX", "working_days": 1, **asked}),
        ("super1", "grant_extension", {"text": secret("同意延期")}),
        ("jrj.handler", "request_pause", {"reason": "APPRAISAL", **asked}),
        ("super1", "deny_pause", {"text": secret("不同意")}),
        ("super1", "supervise", {"text": secret("督办")}),
        ("jrj.handler", "reply", {**REPLY, "internal_note": secret("办理"), "public_text": secret("未审签")}),
        ("jrj.leader", "reject_sign_off", {"text": secret("审签")}),
        ("jrj.handler", "reply", {**REPLY, "internal_note": secret("办理"), "legal_basis": secret("依据")}),
        ("jrj.leader", "sign_off", {"text": secret("审签")}),
        ("review1", "approve", {"text": secret("审核")}),
        ("callback1", "callback", {**GOOD_CALL, "text": secret("回访")}),
        ("callback1", "close", {"text": secret("办结")}),
    ]


def test_nothing_internal_and_nobodys_name_or_number_reaches_the_public_pages(
    database: Database, tmp_path: Path
) -> None:
    city = city_now(database)
    app = app_on(city, tmp_path)
    other = city.register(title=secret("别的工单"), contact_name="别家联系人")
    number = city.register(
        appeal_type="COMPLAINT", contact_name="康乃馨", contact_phone="13800005678", body=secret("正文"),
        wish=secret("期望"), place=secret("地点"), enterprise_name="某某密语公司", respondent_kind="PERSON",
        respondent_name=secret("被反映人"), call_time="晚间",
    )  # fmt: skip
    with city.ticket(number) as (session, _):
        staff = set(session.scalars(select(Account.name)))
    desk = visitor(app, city, number)
    forbidden = {CANARY, "康乃馨", "13800005678", "138****5678", "13912340000", "139****0000", other, *staff}
    for who, action, payload in eventful():
        city.do(who, action, number, **payload)
        outbox.deliver(city.database, utcnow, messages.senders())
        for path in (
            "/track/ticket",
            "/track/ticket/receipt",
            "/track/ticket/actions/urge",
            "/track/ticket/actions/rate",
        ):
            assert desk.get(path).status_code == 200
            assert [word for word in forbidden if word in desk.page] == [], f"{path} after {action}"
    said = words_of(desk)
    assert all(text in said for text in ("企业可读的进展", "企业可读的原因", REPLY["public_text"], "发给您的通知"))


def test_the_receipt_shows_progress_and_not_even_the_title(city: City, app: Flask) -> None:
    number = handling(city, title="湾东恒泽公司贴息申报被退回")
    said = words_of(visitor(app, city, number), "/track/ticket/receipt")
    assert number in said and "进行中" in said and "打印时间" in said
    assert "恒泽" not in said and code_of(city, number) not in said


def test_a_merged_ticket_says_nothing_of_its_master(city: City, app: Flask) -> None:
    master, child = city.register(title="主单标题不可见"), city.register()
    city.do("dispatch1", "merge", child, master_no=master, text=secret("并单"))
    said = words_of(visitor(app, city, child))
    assert "合并办理" in said and "主单标题" not in said and master not in said and CANARY not in said


def test_only_public_files_of_this_ticket_are_served(city: City, app: Flask, tmp_path: Path) -> None:
    mine, other = city.register(), city.register()
    stored = path_of(tmp_path / "uploads", "ab" * 32)
    stored.parent.mkdir(parents=True, exist_ok=True)
    stored.write_bytes(b"%PDF")
    ids = {}
    with city.database.transaction() as session:
        for number, name, is_public in ((mine, "公开.pdf", True), (mine, "内部.pdf", False), (other, "别家.pdf", True)):
            ticket = session.scalars(select(Ticket).filter_by(no=number)).one()
            row = Attachment(ticket_id=ticket.id, at=city.now, file_name=name, size=4, sha256="ab" * 32)
            row.media_type, row.is_public = "application/pdf", is_public
            session.add(row)
            session.flush()
            ids[name] = row.id
    desk = visitor(app, city, mine)
    assert "公开.pdf" in words_of(desk) and "内部.pdf" not in desk.page and "别家.pdf" not in desk.page
    answer = desk.get(f"/track/ticket/files/{ids['公开.pdf']}")
    assert answer.data == b"%PDF" and answer.headers["Content-Disposition"].startswith("attachment")
    assert [desk.get(f"/track/ticket/files/{ids[name]}").status_code for name in ("内部.pdf", "别家.pdf")] == [404, 404]
