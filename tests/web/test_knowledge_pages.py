import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from hotline.accounts.models import AuditEntry
from hotline.knowledge.models import KbEntry
from hotline.knowledge.operations import Content, publish_version
from tests.city import START, City
from tests.live import fill_knowledge
from tests.web.client import Desk, app_on

POLICY = """临海湾市夜间经济扶持办法
临商发〔2026〕7号
第一条 为支持夜间经济，制定本办法。
第二条 夜间经营商户每户补贴三千元，由所在区商务部门审核。
第三条 本办法自2026年3月1日起施行，有效期至2028年2月29日。
"""


@pytest.fixture
def city(sqlite_city: City) -> City:
    return sqlite_city


@pytest.fixture
def app(city: City, tmp_path: Path) -> Flask:
    return app_on(city, tmp_path)


def imported(desk: Desk, **more: Any) -> Any:
    desk.get("/knowledge/import")
    return desk.post("/knowledge/import", **{"text": POLICY, "is_public": "1", **more})


def entries(city: City) -> list[KbEntry]:
    with city.database.transaction(write=False) as session:
        return list(session.scalars(select(KbEntry).order_by(KbEntry.id)))


def test_staff_find_an_article_with_marks_state_and_number(app: Flask, city: City) -> None:
    fill_knowledge(city)
    page = Desk(app, "jrj.handler").get("/knowledge", q="设备购置贷款贴息怎么申请").text
    assert "<mark>" in page
    assert "现行有效" in page
    assert "〔2025〕12号" in page
    assert Desk(app).get("/knowledge").status_code == 303


def test_nothing_found_and_nothing_asked_both_say_what_to_do(app: Flask) -> None:
    desk = Desk(app, "agent1")
    assert "请输入至少 2 个字" in desk.get("/knowledge", q="贴").text
    assert "不要口头作答" in desk.get("/knowledge", q="<script>alert(1)</script>").text
    assert "<script>alert" not in desk.page


def test_an_article_shows_what_each_version_said(app: Flask, city: City) -> None:
    fill_knowledge(city)
    with city.database.transaction() as session:
        entry = session.get_one(KbEntry, 1)
        content = Content("修订后的条款", "新的内容", date(2026, 3, 1), doc_number="临府办〔2026〕3号")
        publish_version(session, entry, content, author_id=None, now=START)
    desk = Desk(app, "agent1")
    newest = desk.get("/knowledge/1").text
    assert "新的内容" in newest
    assert "/knowledge/1?version=1" in newest
    old = desk.get("/knowledge/1", version=1).text
    assert "已被新版本替代" in old
    assert "不能作为今天的答复依据" in old
    assert desk.get("/knowledge/1", version=9).status_code == 404


def test_an_import_is_previewed_by_article_and_stored_only_when_confirmed(app: Flask, city: City) -> None:
    unit = {"unit_code": "GXJ"}
    desk = Desk(app, "kb1")
    preview = imported(desk, **unit)
    assert "拆分为 3 条" in preview.text
    assert "每户补贴三千元" in preview.text
    assert entries(city) == []
    assert desk.post("/knowledge/import", text=POLICY, confirm="1", is_public="1", **unit).status_code == 302
    first = entries(city)[0].versions[0]
    assert (first.doc_number, first.effective_from, first.expires_at) == (
        "临商发〔2026〕7号",
        date(2026, 3, 1),
        date(2028, 2, 29),
    )
    assert len(entries(city)) == 3
    again = imported(desk, **unit)
    assert "3 条与现有条目相同" in again.text
    assert 'name="confirm"' not in again.text


def test_a_file_may_come_in_the_encoding_of_windows(app: Flask, city: City) -> None:
    desk = Desk(app, "kb1")
    upload = (io.BytesIO(POLICY.encode("gb18030")), "办法.txt")
    assert "夜间经营商户" in imported(desk, text="", unit_code="GXJ", file=upload).text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"file": (io.BytesIO(b"MZ\x00\x01\x00"), "policy.txt")}, "只能导入 txt 纯文本文件"),
        ({"text": ""}, "请填写正文"),
        ({"unit_code": ""}, "请填写责任单位"),
        ({"effective_from": "明天"}, "生效日期应写作"),
        ({"effective_from": "2026-05-01", "expires_at": "2026-04-01"}, "不能早于生效日期"),
        ({"text": "只有一句话，没有日期。"}, "请填写"),
    ],
)
def test_what_an_import_lacks_is_said_and_the_text_kept(
    app: Flask, city: City, wrong: dict[str, object], sentence: str
) -> None:
    answer = imported(Desk(app, "kb1"), **{"unit_code": "GXJ", **wrong})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert str(wrong.get("text", "每户补贴三千元")) in answer.text
    assert entries(city) == []


def test_only_editors_import_and_withdraw(app: Flask, city: City) -> None:
    fill_knowledge(city)
    agent = Desk(app, "agent1")
    assert agent.get("/knowledge/import").status_code == 403
    agent.get("/knowledge")
    assert agent.post("/knowledge/import", text=POLICY, unit_code="GXJ", confirm="1").status_code == 403
    assert agent.post("/knowledge/1/withdraw", reason="不再适用").status_code == 403
    assert "撤回条目" not in agent.get("/knowledge/1").text


def test_a_withdrawn_entry_answers_no_more_but_can_still_be_read(app: Flask, city: City) -> None:
    fill_knowledge(city)
    desk = Desk(app, "kb1")
    desk.get("/knowledge/1")
    assert desk.post("/knowledge/1/withdraw", reason="").status_code == 422
    assert desk.post("/knowledge/1/withdraw", reason="文件已废止").status_code == 302
    assert "已撤回" in desk.get("/knowledge/1").text
    with city.database.transaction(write=False) as session:
        kept = session.scalars(select(AuditEntry).filter_by(action="kb_withdraw")).one()
        assert kept.reason == "文件已废止"
