"""回避 through every door: the complained-of side, whatever its role, opens each page there is and finds nothing.

The doors come from the app itself, so that a new one is walked from its first day.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from zipfile import ZipFile

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from hotline.messages import senders
from hotline.outbox.operations import deliver
from hotline.ticket.models import Attachment
from tests.api.client import ROOT, Api
from tests.city import City
from tests.factories import act, make
from tests.meta.stage import Rehearsal
from tests.web.client import Desk

SECRET, ENTERPRISE, NAME, PHONE = "翡翠七号冷库", "湾东翡翠远洋食品有限公司", "欧阳静雯", "13812345678"
CANARIES = (SECRET, ENTERPRISE, NAME, PHONE)
SIDES = {
    "WD": ({"respondent_unit_code": "WD"}, "wd.handler wd.leader wd.ht.reader"),
    **{who: ({"respondent_login": who}, who) for who in ("dispatch2", "super2", "expert.tax", "audit1")},
}
"""What is complained of, and the people who must not learn of it."""
SKIPPED = {"/static/<path:filename>", "/logout"}


def complaint(city: City, app: Flask, about: dict[str, str]) -> str:
    """A complaint with the canaries in whatever can be written about it, answered by the supervising unit."""
    told = {"title": f"{SECRET}停电无人处理", "body": SECRET, "wish": SECRET, "place": SECRET}
    who = {"enterprise_name": ENTERPRISE, "contact_name": NAME, "contact_phone": PHONE}
    number = make(city, "registered", appeal_type="COMPLAINT", **told, **who, **about)
    act(city, "dispatch1", "dispatch", number, unit_code="SFB")
    act(city, "agent1", "tell_by_phone", number, person=NAME, phone=PHONE, text=SECRET)
    act(city, "sfb.handler", "sign", number)
    act(city, "super1", "raise_task_force", number, name=SECRET, text=SECRET, unit_codes=["JRJ"], member_logins="")
    act(city, "super1", "decide", number, unit_code="JRJ", text=SECRET)
    act(city, "sfb.handler", "confer", number, attendees=NAME, agreed=SECRET)
    act(city, "sfb.handler", "contact", number, text=SECRET, phone=PHONE)
    desk = Desk(app, "sfb.handler")
    desk.get(f"/tickets/{number}")
    sent = desk.post(f"/tickets/{number}/attachments", file=(BytesIO(SECRET.encode()), f"{SECRET}.txt"))
    assert sent.status_code == 303, sent.get_data(as_text=True)[:500]
    act(city, "jrj.handler", "fulfil", number, text=SECRET)
    act(city, "sfb.handler", "reply", number, public_text=f"{ENTERPRISE}：{SECRET}已恢复供电", internal_note=NAME)
    act(city, "sfb.leader", "sign_off", number)
    act(city, "review1", "approve", number)
    deliver(city.database, lambda: city.now, senders())
    return number


@contextmanager
def rehearsed(api: Api) -> Iterator[None]:
    """Each side has the city to itself: what was complained of before is gone."""
    stage = Rehearsal(api.city.database)
    kept, api.city.database = api.city.database, stage
    api.app.extensions["hotline"].database = stage
    api._tokens.clear()
    try:
        with stage.undone():
            yield
    finally:
        stage.end()
        api.city.database = api.app.extensions["hotline"].database = kept
        api._tokens.clear()


def doors(app: Flask, number: str, file_id: int) -> Iterator[str]:
    """The address of every page that can be opened."""
    values = {"no": number, "login": "wd.handler", "code": "WD", "key": "new", "action": "reply", "_action": "submit",
              "_step": "reply", "attachment_id": file_id, "file_id": file_id}  # fmt: skip
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.rule not in SKIPPED:
            filled = {name: values.get(name, 1) for name in rule.arguments}
            with app.test_request_context():
                yield app.url_map.bind("localhost").build(rule.endpoint, filled)
    for query in (SECRET, PHONE):
        yield from (f"{path}?view=all&q={query}" for path in ("/queue", "/queue.csv", f"{ROOT}/tickets"))
        yield f"/search?q={query}"


def words(answer: TestResponse) -> str:
    """What an answer says; of a workbook, what its parts say."""
    body = answer.get_data()
    if not body.startswith(b"PK"):
        return body.decode(errors="replace")
    with ZipFile(BytesIO(body)) as parts:
        return "".join(parts.read(name).decode(errors="replace") for name in parts.namelist())


def found_in(text: str, path: str, login: str) -> list[str]:
    """Canaries of an answer, also as JSON writes them, that its address did not bring along itself."""
    said = [canary for canary in CANARIES if canary in text or json.dumps(canary).strip('"') in text]
    return [f"{login} {path}: {canary}" for canary in said if canary not in path]


def leaks(api: Api, login: str, number: str, paths: list[str]) -> Iterator[str]:
    """What this person finds behind these doors."""
    desk = Desk(api.app, login)
    for path in paths:
        answer = api.call(login, path.removeprefix(ROOT), method="GET") if path.startswith(ROOT) else desk.get(path)
        assert answer.status_code < 500, f"{login} {path}"
        yield from found_in(words(answer), path, login)


def refusals(api: Api, login: str, number: str) -> Iterator[str]:
    """What this person is told when it presses the ticket's buttons all the same."""
    desk = Desk(api.app, login)
    desk.get("/inbox")
    for path in (f"/tickets/{number}/unmask", f"/tickets/{number}/knowledge", f"/tickets/{number}/attachments"):
        refused = desk.post(path, reason="核实")
        assert refused.status_code in (403, 404), f"{login} {path}"
        yield from found_in(words(refused), path, login)


def test_the_complained_of_side_finds_nothing_behind_any_door(
    sqlite_city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    city, api = sqlite_city, Api(sqlite_city, monkeypatch)
    found, walked = [], 0
    for about, people in SIDES.values():
        with rehearsed(api):
            number = complaint(city, api.app, about)
            with city.ticket(number) as (session, _):
                file_id = session.scalars(select(Attachment.id)).one()
            paths = list(doors(api.app, number, file_id))
            for login in people.split():
                found += [*leaks(api, login, number, paths), *refusals(api, login, number)]
                walked += len(paths)
    assert walked > 400
    assert found == []


def test_nor_does_a_person_find_the_master_that_answers_the_complaint_about_him(
    sqlite_city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    city, api = sqlite_city, Api(sqlite_city, monkeypatch)
    told = {"title": f"{SECRET}停电无人处理", "body": SECRET, "enterprise_name": ENTERPRISE}
    master = city.register(**told)
    child = city.register(**told, appeal_type="COMPLAINT", respondent_login="dispatch2", master_no=master)
    for number in (master, child):
        paths = [path for path in doors(api.app, number, 1) if number in path or "?" in path or "mass" in path]
        assert list(leaks(api, "dispatch2", number, [*paths, "/dispatch"])) == []
    assert list(leaks(api, "dispatch1", master, ["/dispatch", f"/tickets/{master}"]))


def test_the_walk_would_notice(sqlite_city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    city, api = sqlite_city, Api(sqlite_city, monkeypatch)
    number = complaint(city, api.app, SIDES["WD"][0])
    paths = [f"/tickets/{number}", "/queue?view=all", f"{ROOT}/tickets/{number}", "/attachments/1", "/inbox"]
    assert len(list(doors(api.app, number, 1))) > 60
    assert {path.split(":")[0].split(" ")[1] for path in leaks(api, "sfb.leader", number, paths)} == set(paths)
