"""The reading pages: search with its filters and its record, the article, its versions, what readers say, notices."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from hotline.clock import utcnow
from hotline.knowledge.models import KbEntry
from hotline.knowledge.notices import raise_notice
from hotline.knowledge.records import CorrectionReport, KnowledgeGap, SearchLog, UrgentNoticeRead
from tests import kb
from tests.city import City
from tests.live import fill_knowledge
from tests.web.client import Desk

RENT = "万东区厂房租金补贴标准"


@pytest.fixture
def city(sqlite_city: City) -> City:
    return sqlite_city


@pytest.fixture
def desk(app: Flask) -> Desk:
    return Desk(app, "agent1")


def rows(city: City, model: type[Any]) -> list[Any]:
    with city.database.transaction(write=False) as session:
        return list(session.scalars(select(model)))


def published(city: City, app: Flask, **said: Any) -> int:
    """The id of a new published entry that the index knows."""
    code = kb.made(city, **said)
    app.extensions["knowledge"].follow()
    with kb.entry_of(city, code) as (_, entry):
        return entry.id


def titles(page: str) -> list[str]:
    """The titles of the hits, without marks."""
    return [re.sub("<.*?>", "", one) for one in re.findall(r"<h2><a[^>]*>(.*?)</a></h2>", page)]


@pytest.mark.parametrize("typed", ["cfzj", "wdqcf", "changfang", "厂租补"])
def test_a_title_is_found_by_initials_pinyin_and_abbreviation(city: City, app: Flask, desk: Desk, typed: str) -> None:
    published(city, app)
    assert titles(desk.get("/knowledge", q=typed).text) == [RENT]
    assert desk.get("/knowledge/suggest", q=typed).json["items"][0]["label"] == RENT


def test_a_word_nobody_wrote_is_answered_with_the_one_that_sounds_the_same(city: City, app: Flask, desk: Desk) -> None:
    for number in range(3):
        published(city, app, title=f"厂房补贴之{number}", full_text=f"租用标准厂房的企业可以申请第{number}类补贴。")
    page = desk.get("/knowledge", q="场房补贴").text
    assert 'href="/knowledge?q=%E5%8E%82%E6%88%BF%E8%A1%A5%E8%B4%B4"' in page and "您是不是要找" in page


def test_filters_narrow_and_are_kept_in_the_form(city: City, app: Flask, desk: Desk) -> None:
    published(city, app)
    published(city, app, type="QA", title="厂房租金补贴问答", region_code="449900")
    assert len(titles(desk.get("/knowledge", q="厂房租金补贴").text)) == 2
    page = desk.get("/knowledge", q="厂房租金补贴", type="QA").text
    assert titles(page) == ["厂房租金补贴问答"] and '<option value="QA" selected>' in page
    assert titles(desk.get("/knowledge", q="厂房租金补贴", type="NOTICE").text) == []
    assert desk.get("/knowledge", q="厂房租金补贴", type="x", region="\x00").status_code == 200


def test_of_two_rules_on_one_matter_the_lower_one_points_to_the_higher(city: City, app: Flask, desk: Desk) -> None:
    here = published(city, app, category_code="040201")
    wide = {"title": "全市厂房租金补贴标准", "doc_number": "临府办〔2026〕8号", "region_code": "449900"}
    published(city, app, category_code="040201", **wide)
    page = desk.get("/knowledge", q="厂房租金补贴").text
    assert page.count("另有上级规定：全市厂房租金补贴标准") == 1
    assert "另有上级规定：全市厂房租金补贴标准" in desk.get(f"/knowledge/{here}").text
    desk.get("/desk?draft=new-draft-1")
    assert "另有上级规定" in desk.post("/desk/part/search", kb_q="厂房租金补贴").text


def test_what_is_not_in_force_is_found_on_request_only_and_never_first(city: City, app: Flask, desk: Desk) -> None:
    published(city, app, title="厂房租金补贴旧标准", expires_at="2026-03-20")
    published(city, app)
    assert "厂房租金补贴旧标准" not in desk.get("/knowledge", q="厂房租金补贴").text
    page = desk.get("/knowledge", q="厂房租金补贴", past="1").text
    assert titles(page) == [RENT, "厂房租金补贴旧标准"] and "已失效" in page


def test_a_search_is_recorded_with_the_entry_that_was_opened(city: City, app: Flask, desk: Desk) -> None:
    entry_id = published(city, app)
    page = desk.get("/knowledge", q="厂房租金补贴").text
    link = re.search(rf'href="(/knowledge/{entry_id}\?version=1&amp;search=\d+)"', page)
    assert link
    desk.get(link[1].replace("&amp;", "&"))
    kept = rows(city, SearchLog)
    assert [(one.question, one.hits, one.chosen_entry_id, one.chosen_version) for one in kept] == [
        ("厂房租金补贴", 1, entry_id, 1)
    ]
    assert RENT in desk.get("/knowledge").text, "what was taken is asked often"


def test_scripts_record_a_question_once_and_then_the_answer_taken(city: City, app: Flask, desk: Desk) -> None:
    entry_id = published(city, app)
    desk.get("/knowledge")
    search_id = desk.post("/knowledge/asked", q="厂房租金").json["search_id"]
    assert desk.post("/knowledge/asked", q="厂房租金", search_id=search_id, citation=f"{entry_id}:1").status_code == 200
    assert [(one.id, one.chosen_entry_id) for one in rows(city, SearchLog)] == [(search_id, entry_id)]
    for wrong in ("x", "1", "1:2:3", "99999:1", f"{'9' * 25}:1"):
        assert desk.post("/knowledge/asked", q="厂房租金", citation=wrong).status_code == 404


SHELTERED = (
    *({"appeal_type": kind} for kind in ("COMPLAINT", "TIP_OFF")),
    *({name: "1"} for name in ("is_confidential", "is_anonymous")),
    *({name: "WD"} for name in ("respondent_kind", "respondent_unit_code", "respondent_name", "respondent_login")),
)
OWN_WORDS = ({"title": "翡翠冷库 停电"}, {"body": "翡翠冷库停电三天无人处理"})


@pytest.mark.parametrize("appeal", (*SHELTERED, *OWN_WORDS), ids=str)
def test_no_word_of_an_appeal_becomes_an_unanswered_question_or_a_gap(
    city: City, app: Flask, desk: Desk, appeal: dict[str, str]
) -> None:
    entry_id = published(city, app)
    desk.get("/desk?draft=new-draft-1")
    asked = {"q": "翡翠冷库停电", "kb_q": "翡翠冷库停电", **appeal}
    assert desk.post("/knowledge/asked", **asked).json == {"search_id": None}
    assert desk.post("/knowledge/asked", **asked, citation=f"{entry_id}:1").json["search_id"]
    key = desk.hidden("idempotency_key")
    assert desk.post("/desk/insert", idempotency_key=key, insert=f"{entry_id}:1", **asked).status_code == 200
    assert [(one.question, one.chosen_entry_id) for one in rows(city, SearchLog)] == [("", entry_id)] * 2
    assert "近 30 天没有查不到答案的提问" in Desk(app, "kb1").get("/knowledge/unanswered").text
    if appeal in SHELTERED:
        missing = desk.post("/knowledge/missing", question="翡翠冷库停电", unit_code="GXJ", **appeal)
        assert missing.status_code == 422 and "不外派" in missing.json["message"]
        assert desk.post("/desk/gap", gap_question="翡翠冷库停电", gap_unit="GXJ", **appeal).status_code == 422
        assert rows(city, KnowledgeGap) == []


def test_without_scripts_an_inserted_answer_is_recorded_too(city: City, app: Flask, desk: Desk) -> None:
    entry_id = published(city, app)
    page = desk.get("/desk?draft=new-draft-1").text
    assert 'formaction="/desk/refresh?draft=new-draft-1"' in page
    key = desk.hidden("idempotency_key")
    answer = desk.post("/desk/insert", idempotency_key=key, kb_q="厂房租金", insert=f"{entry_id}:1")
    assert "每平方米每月补贴十元。（依据：" in answer.text
    assert [one.chosen_entry_id for one in rows(city, SearchLog)] == [entry_id]


def test_a_question_nothing_answers_is_given_to_a_unit_from_the_desk(city: City, app: Flask, desk: Desk) -> None:
    published(city, app)
    assert "/knowledge/gaps/new?q=" in desk.get("/knowledge", q="zzzz").text
    desk.get("/desk?draft=new-draft-1")
    form = {"idempotency_key": desk.hidden("idempotency_key"), "kb_q": "zzzz", "gap_question": "zzzz", "title": "未完"}
    assert desk.post("/desk/gap?draft=new-draft-1", **form, gap_unit="").status_code == 422
    answer = desk.post("/desk/gap?draft=new-draft-1", **form, gap_unit="GXJ")
    assert "已登记知识缺口" in answer.text and 'value="未完"' in answer.text
    assert desk.post("/knowledge/missing", question="zzzz", unit_code="?").status_code == 422
    assert desk.post("/knowledge/missing", question="yyyy", unit_code="GXJ").json["message"].startswith("已登记")
    assert [one.question for one in rows(city, KnowledgeGap)] == ["zzzz", "yyyy"]


def test_an_article_shows_answer_guide_basis_contact_and_leads_on(city: City, app: Flask, desk: Desk) -> None:
    other = published(city, app, title="人才公寓租金减免", doc_number="万府办〔2026〕4号")
    with city.database.transaction(write=False) as session:
        code = session.get_one(KbEntry, other).code
    related = published(city, app, related=code, contact_phone="0499-8123000", address="万东区政务中心")
    page = desk.get(f"/knowledge/{related}").text
    for words in ("每平方米每月补贴十元。", "惠及对象", "小微企业", "万东区政务中心", "0499-8123000", "下次复核"):
        assert words in page
    assert page.index("每平方米每月补贴十元。") < page.index("申报条件") < page.index("最长二十四个月")
    assert f'href="/knowledge/{other}"' in page


def test_clauses_of_one_document_lead_to_each_other(app: Flask, city: City, desk: Desk) -> None:
    fill_knowledge(city)
    page = desk.get("/knowledge/2").text
    assert "在原文件中的位置" in page and 'href="/knowledge/1"' in page and 'aria-current="true">第二条' in page


def test_versions_are_compared_and_the_answer_of_a_day_is_replayed(city: City, app: Flask, desk: Desk) -> None:
    city.at("2026-03-02 10:00")
    code = kb.made(city)
    city.at("2026-03-10 10:00")
    kb.revised(city, code, phone_answer="每平方米每月补贴十五元。", effective_from="2026-03-10")
    with kb.entry_of(city, code) as (_, entry):
        path = f"/knowledge/{entry.id}"
    assert "每月补贴<ins>十五</ins><del>" not in desk.get(f"{path}/compare").text, "what went stands before what came"
    page = desk.get(f"{path}/compare", old=1, new=2).text
    assert "<ins>五</ins>" in page or "<del>十元</del><ins>十五元</ins>" in page or "<ins>十五元" in page
    assert "当日的答复是第 1 版" in desk.get(path, on="2026-03-05").text
    assert "每平方米每月补贴十元。" in desk.page
    assert "没有有效答复" in desk.get(path, on="2026-03-01").text
    assert "日期应写作" in desk.get(path, on="昨天").text
    assert "请看现行的第 2 版" in desk.get(path, version=1).text


def test_a_replaced_entry_leads_to_its_successor(city: City, app: Flask, desk: Desk) -> None:
    old, new = kb.made(city), kb.made(city, title="新的租金补贴标准", doc_number="万府办〔2026〕9号")
    kb.act(city, kb.EDITOR, "name_successor", old, successor_code=new)
    with kb.entry_of(city, old) as (_, entry):
        page = desk.get(f"/knowledge/{entry.id}").text
    assert "不能作为今天的答复依据" in page and "请看替代它的条目" in page and "新的租金补贴标准" in page


def test_readers_judge_and_correct_an_entry(city: City, app: Flask, desk: Desk) -> None:
    path = f"/knowledge/{published(city, app)}"
    desk.get(path)
    assert desk.post(f"{path}/feedback", verdict="USEFUL", entry_version="1").status_code == 303
    assert 'aria-pressed="true">有用 1' in desk.get(path).text
    refused = desk.post(f"{path}/corrections", kind="WRONG", text="", entry_version="1")
    assert refused.status_code == 422 and "请填写说明" in refused.text and "WRONG" in refused.text
    done = desk.post(f"{path}/corrections", kind="WRONG", text="标准已改为十二元", entry_version="1")
    assert done.status_code == 303
    assert "2 个工作日内答复" in desk.get(path).text
    assert [(one.kind.value, one.text) for one in rows(city, CorrectionReport)] == [("WRONG", "标准已改为十二元")]


def test_an_urgent_notice_stands_on_every_desk_until_it_ends_and_is_ticked_off(city: City, app: Flask) -> None:
    city.now = utcnow()
    with city.database.transaction() as session:
        data = {"title": "台风停工", "text": "暂按统一口径答复。", "ends_at": city.now + timedelta(hours=4)}
        raise_notice(session, data, city.actor("super1"), city.now)
    for login, path in (("agent1", "/desk?draft=new-draft-1"), ("dispatch1", "/dispatch"), ("jrj.handler", "/queue")):
        assert "临时口径：台风停工" in Desk(app, login).get(path).text
    desk = Desk(app, "agent1")
    assert "pinned-one is-unread" in desk.get("/knowledge?q=停工").text
    answer = desk.post("/notices/1/read", back="/knowledge?q=停工")
    assert answer.status_code == 303
    assert desk.post("/notices/1/read", back="//elsewhere.example").headers["Location"] == "/"
    assert "pinned-one is-read" in desk.get("/knowledge").text and "is-unread" not in desk.page
    assert len(rows(city, UrgentNoticeRead)) == 1
    assert desk.post("/notices/99/read").status_code == 404
    assert "台风停工" not in Desk(app).get("/portal").text


def test_ticking_off_at_the_desk_without_scripts_keeps_what_was_typed(city: City, app: Flask, desk: Desk) -> None:
    city.now = utcnow()
    with city.database.transaction() as session:
        data = {"title": "台风停工", "text": "暂按统一口径答复。", "ends_at": city.now + timedelta(hours=4)}
        raise_notice(session, data, city.actor("super1"), city.now)
    desk.get("/desk?draft=new-draft-1")
    form = {"idempotency_key": desk.hidden("idempotency_key"), "body": "打到一半", "read_notice": "1"}
    answer = desk.post("/desk/refresh?draft=new-draft-1", **form)
    assert "打到一半" in answer.text and "is-unread" not in answer.text


def test_a_broken_index_is_marked_and_search_goes_on(city: City, app: Flask, tmp_path: Path, desk: Desk) -> None:
    published(city, app)
    for file in (tmp_path / "index").rglob("*"):
        if file.is_file():
            file.write_bytes(b"")
    page = desk.get("/knowledge", q="厂房租金补贴").text
    assert "索引正在重建" in page and titles(page) == [RENT]
    app.extensions["knowledge"].wait()
