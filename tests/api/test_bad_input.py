"""Whatever is sent: 4xx in Chinese that names the field, never a 5xx, and nothing stored."""

import re
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, select

from hotline.actions import ACTIONS, CREATING
from hotline.database import Database
from hotline.ticket.ledger import LedgerEntry
from hotline.ticket.models import Ticket
from hotline.ticket.schemas import Form
from tests.api.client import Api
from tests.city import APPEAL, City
from tests.conftest import city_on
from tests.factories import PAYLOADS, make

ENGLISH = re.compile(r"\b(?:not|must|missing|field|valid|length|invalid|unknown|longer|than)\b", re.IGNORECASE)
DEEP = '{"title": ' + "[" * 100_000 + "]" * 100_000 + "}"
WRONG: dict[str, dict[str, Any]] = {
    "uscc of a wrong check digit": {"uscc": "91350100M000100Y44"},
    "uscc of letters": {"uscc": "统一社会信用代码"},
    "ten megabytes": {"body": "长" * 3_500_000},
    "nul": {"body": "前\x00后"},
    "lone surrogate": {"title": "标题\ud800"},
    "unknown category": {"category_code": "999999"},
    "category of level 2": {"category_code": "0402"},
    "unknown region": {"region_code": "110000"},
    "unknown source": {"source_code": "CARRIER_PIGEON"},
    "unknown respondent": {"respondent_unit_code": "NIRGENDS"},
    "unknown login": {"respondent_login": "nobody"},
    "unknown previous": {"previous_no": "QY202603180000019"},
    "unknown type": {"appeal_type": "WHIM"},
    "list for a string": {"title": ["一", "二"]},
    "object for a string": {"body": {"text": "正文"}},
    "number for a string": {"title": 12345},
    "nan for a string": {"wish": float("nan")},
    "list for an enum": {"appeal_type": ["HELP"]},
    "number for an enum": {"urgency": 7},
    "word for a flag": {"is_confidential": "也许"},
    "object for a flag": {"wants_callback": {}},
    "word for an instant": {"imposed_due_at": "明天"},
    "list for a version": {"version": [1]},
    "nan for a version": {"version": float("nan")},
    "telephone of words": {"contact_phone": "请打我手机"},
    "empty title": {"title": "   "},
    "no title": {"title": None},
    "too long a title": {"title": "长" * 121},
}


def count(city: City) -> tuple[int | None, int | None]:
    with city.database.transaction(write=False) as session:
        return tuple(session.scalar(select(func.count()).select_from(model)) for model in (Ticket, LedgerEntry))  # type: ignore[return-value]


def in_chinese(answer: Any) -> None:
    """Every sentence of an error is Chinese."""
    fields = answer.json.get("fields", {})
    said = [answer.json["message"], *(text for texts in fields.values() for text in flat(texts))]
    assert all(re.search(r"[一-鿿]", text) and not ENGLISH.search(text) for text in said), said


def flat(texts: Any) -> list[str]:
    if isinstance(texts, dict):
        return [text for value in texts.values() for text in flat(value)]
    return list(texts) if isinstance(texts, list) else [texts]


def test_a_wrong_registration_is_told_by_field_in_chinese_and_leaves_nothing(api: Api) -> None:
    before = count(api.city)
    for name, wrong in WRONG.items():
        payload = {**APPEAL, "category_code": api.city.category, **wrong}
        answer = api.post("agent1", "/tickets/new/submit", **payload)
        assert answer.status_code == 422, f"{name}: {answer.status_code} {answer.text[:200]}"
        assert set(answer.json.get("fields", {answer.json.get("field"): []})) == set(wrong), (
            f"{name}: {answer.text[:300]}"
        )
        in_chinese(answer)
    assert count(api.city) == before


def test_wrong_forms_of_every_action_are_never_a_fault_of_ours(api: Api) -> None:
    number = make(api.city, "handling")
    before = count(api.city)
    nasty: list[Any] = ["\x00", "\ud800", ["\x00"], [[]], {"a": 1}, 10**400, -1, float("inf"), True, "x" * 30_000]
    for turn, (action, spec) in enumerate(sorted(ACTIONS.items())):
        login = ("wd.handler", "dispatch1", "super1", "agent1")[turn % 4]
        for value in (nasty[turn % len(nasty)], nasty[(turn + 3) % len(nasty)]):
            filled = {**PAYLOADS[action], **dict.fromkeys(spec.schema().fields, value)}
            answer = api.act(login, number, action, **filled)
            assert 400 <= answer.status_code < 500, f"{action} {value!r:.40}: {answer.status_code}"
            in_chinese(answer)
    assert count(api.city) == before


def test_lists_are_cleaned_like_texts(api: Api) -> None:
    number = make(api.city, "registered")
    for value in (["\x00"], ["\ud800"], "JRJ", [["JRJ"]], [{}], [""], ["X" * 61], ["JRJ"] * 21):
        answer = api.act("dispatch1", number, "dispatch", unit_code="WD", support_unit_codes=value)
        assert answer.status_code == 422, f"{value!r:.40}: {answer.text}"
        in_chinese(answer)


def test_no_field_of_any_form_complains_in_the_librarys_english() -> None:
    for action in (*ACTIONS.values(), *CREATING.values()):
        assert issubclass(action.schema, Form)
        for field in action.schema().fields.values():
            said = {key: str(text) for key, text in field.error_messages.items()}
            assert not [text for text in said.values() if ENGLISH.search(text)], said


def test_every_character_people_write_is_kept(api: Api) -> None:
    for value in ("𠮷野家（中国）有限公司", "表情😀与🇨🇳", "繁體與ＡＢＣ", "'; DROP TABLE ticket; --", "%_\\"):
        payload = {**APPEAL, "category_code": api.city.category, "title": value, "body": value}
        number = api.post("agent1", "/tickets/new/submit", **payload).json["no"]
        seen = api.get("agent1", f"/tickets/{number}").json
        assert (seen["title"], seen["body"]) == (value, value)
        assert [ticket["no"] for ticket in api.get("agent1", "/tickets", q=value).json["tickets"]] == [number]


def test_odd_numbers_keys_and_queries_are_refused_in_words(api: Api) -> None:
    payload = {**APPEAL, "category_code": api.city.category}
    long_key = api.post("agent1", "/tickets/new/submit", headers={"Idempotency-Key": "k" * 101}, **payload)
    assert (long_key.status_code, long_key.json["code"]) == (422, "idempotency_key_invalid")
    for path in ("/tickets/%00", "/tickets/QY%ED%A0%80", "/tickets/QY202603180000011", "/tickets/%F0%A0%AE%B7/ledger"):
        assert api.get("agent1", path).status_code == 404, path
    for query in ({"page": "0"}, {"page": "viele"}, {"size": "1000"}, {"view": "private"}, {"q": "x" * 101}):
        answer = api.get("agent1", "/tickets", **query)
        assert answer.status_code == 422, query
        assert set(answer.json["fields"].get("query", answer.json["fields"])) == set(query)
    assert api.get("agent1", "/tickets", q="\x00").status_code in (200, 422)


def test_requests_that_are_not_json_objects_are_refused_in_words(api: Api) -> None:
    for path in ("/tickets/new/submit", f"/tickets/{make(api.city, 'sent')}/actions/sign", "/inbound"):
        for body in ("", "[]", "null", '"text"', "{", "{'a': 1}", DEEP, '{"a": ' + "9" * 5000 + "}"):
            answer = api.call("wd.handler", path, method="POST", data=body, content_type="application/json")
            assert 400 <= answer.status_code < 500, f"{path} {body[:20]} {answer.status_code}"
            in_chinese(answer)
        answer = api.call("wd.handler", path, method="POST", data="title=x")
        assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")


def test_odd_credentials_are_refused_in_words(api: Api) -> None:
    odd: list[Any] = ["\x00", "\ud800", "a" * 300, "", None, 5, ["x"]]
    for field, secret in [(field, secret) for field in ("login", "password") for secret in odd]:
        answer = api.post("", "/tokens", **{"login": "agent1", "password": "wrong password", field: secret})
        assert answer.status_code in (401, 422), answer.text
        in_chinese(answer)


def test_a_full_disk_is_told_in_words_and_stores_nothing(sqlite_database: Database, monkeypatch: Any) -> None:
    api = Api(city_on(sqlite_database), monkeypatch)
    token = api.token("agent1")
    assert token
    before = count(api.city)
    path = str(sqlite_database.engine.url.database)
    with sqlite3.connect(path) as raw:
        pages = raw.execute("PRAGMA page_count").fetchone()[0]
    cap_pages(sqlite_database, pages)
    payload = {**APPEAL, "category_code": api.city.category, "body": "长" * 20_000}
    answer = api.post("agent1", "/tickets/new/submit", **payload)
    assert (answer.status_code, answer.json["code"]) == (503, "database_unavailable")
    in_chinese(answer)
    assert count(api.city) == before


def cap_pages(database: Database, pages: int) -> None:
    """No page more than there are: what a full disk looks like to SQLite."""
    database.engine.dispose()
    event.listen(database.engine, "connect", lambda raw, _: raw.execute(f"PRAGMA max_page_count={pages}"))


def test_a_database_that_cannot_be_written_is_told_in_words(sqlite_database: Database, monkeypatch: Any) -> None:
    api = Api(city_on(sqlite_database), monkeypatch)
    api.token("agent1")
    sqlite_database.engine.dispose()
    event.listen(sqlite_database.engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only=ON"))
    answer = api.post("agent1", "/tickets/new/submit", **{**APPEAL, "category_code": api.city.category})
    assert (answer.status_code, answer.json["code"]) == (503, "database_unavailable")
    assert api.get("agent1", "/tickets").status_code == 200
    assert Path(str(sqlite_database.engine.url.database)).exists()
