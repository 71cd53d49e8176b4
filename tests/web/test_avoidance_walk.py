"""回避 through every door: the complained-of side, whatever its role, opens each page there is and finds nothing.

The doors come from the app itself, so that a new one is walked from its first day.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from zipfile import ZipFile

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from hotline.accounts.actor import SYSTEM
from hotline.dispatch.catalogue_changes import Changes, carry_out, entry_of
from hotline.experts.calls import attach
from hotline.messages import senders
from hotline.outbox.operations import deliver
from hotline.ticket.models import Attachment
from hotline.ticket.queries import get
from hotline.web.desk_parts import PARTS
from tests.api.client import ROOT, Api
from tests.city import LOAN_INTEREST, City
from tests.experts import FIRST, invite
from tests.factories import act, make
from tests.meta.stage import Rehearsal
from tests.web.client import Desk

SECRET, ENTERPRISE, NAME, PHONE = "翡翠七号冷库", "湾东翡翠远洋食品有限公司", "欧阳静雯", "13812345678"
CANARIES = (SECRET, ENTERPRISE, NAME, PHONE)
PERSONS = (
    *("agent2", "lead1", "dispatch2", "review2", "callback2", "kb1", "super2", "audit1"),
    *("expert.tax", FIRST),
)
SIDES = {
    "WD": ({"respondent_unit_code": "WD"}, "wd.handler wd.leader wd.ht.reader"),
    "HOTLINE": ({"respondent_unit_code": "HOTLINE"}, "agent2 dispatch2"),
    **{who: ({"respondent_login": who}, who) for who in PERSONS},
}
"""What is complained of, and the people who must not learn of it."""
ABOVE = "sfb.super"
"""Who acts in the hotline's place where the hotline itself is complained of."""
TOLD = {"title": f"{SECRET}停电无人处理", "body": SECRET, "wish": SECRET, "place": SECRET}
CALLER = {"enterprise_name": ENTERPRISE, "contact_name": NAME, "contact_phone": PHONE}
SKIPPED = {"/static/<path:filename>", "/logout"}


@dataclass(frozen=True)
class World:
    """The complaint, another of the same caller that waits, one merged into `master`, which all may see; a change of
    the catalogue; the complaint's file."""

    number: str
    waiting: str
    merged: str
    master: str
    change_id: int
    file_id: int

    @property
    def canaries(self) -> tuple[str, ...]:
        """Words and numbers that the complained-of side must not find."""
        return (*CANARIES, self.number, self.waiting, self.merged)


def hotline(about: dict[str, str], login: str) -> str:
    """Who acts for the hotline."""
    return ABOVE if about.get("respondent_unit_code") == "HOTLINE" else login


def complaint(city: City, app: Flask, about: dict[str, str]) -> str:
    """A complaint with the canaries in whatever can be written about it, answered by the supervising unit."""
    number = make(city, "registered", appeal_type="COMPLAINT", **TOLD, **CALLER, **about)
    dispatcher, supervisor, reviewer = (hotline(about, one) for one in ("dispatch1", "super1", "review1"))
    follower = hotline(about, "agent1")
    act(city, dispatcher, "dispatch", number, unit_code="SFB")
    act(city, dispatcher, "tell_by_phone", number, person=NAME, phone=PHONE, text=SECRET)
    act(city, "sfb.handler", "sign", number)
    members = {"unit_codes": ["JRJ"], "member_logins": "", "follower_login": follower}
    act(city, supervisor, "raise_task_force", number, name=SECRET, text=SECRET, **members)
    act(city, supervisor, "decide", number, unit_code="JRJ", text=SECRET)
    act(city, "sfb.handler", "confer", number, attendees=NAME, agreed=SECRET)
    act(city, "sfb.handler", "contact", number, text=SECRET, phone=PHONE)
    desk = Desk(app, "sfb.handler")
    desk.get(f"/tickets/{number}")
    sent = desk.post(f"/tickets/{number}/attachments", file=(BytesIO(SECRET.encode()), f"{SECRET}.txt"))
    assert sent.status_code == 303, sent.get_data(as_text=True)[:500]
    act(city, "jrj.handler", "fulfil", number, text=SECRET)
    act(city, "sfb.handler", "reply", number, public_text=f"{ENTERPRISE}：{SECRET}已恢复供电", internal_note=NAME)
    act(city, "sfb.leader", "sign_off", number)
    act(city, reviewer, "approve", number)
    kept = desk.post(f"/tickets/{number}/knowledge")
    assert kept.status_code == 422, "the answer to a complaint about somebody becomes no knowledge"
    return number


def world(city: City, app: Flask, about: dict[str, str]) -> World:
    """The complaint and what stands beside it at the desks."""
    number = complaint(city, app, about)
    waiting, merged = (make(city, "registered", appeal_type="COMPLAINT", **TOLD, **CALLER, **about) for _ in "12")
    plain = {"contact_name": "梁晓岚", "contact_phone": PHONE, "enterprise_name": ""}
    master = make(city, "registered", title="冷库停电无人处理", **plain)
    # whoever a merged complaint is about may not follow the master
    other = "agent1" if about.get("respondent_login") == "agent2" else "agent2"
    act(city, hotline(about, "dispatch1"), "change_follower", master, follower_login=hotline(about, other))
    act(city, hotline(about, "dispatch1"), "merge", merged, master_no=master)
    invite(city, question=f"{SECRET}如何处理", draft_key="draft-0001")
    with city.database.transaction() as session:
        attach(session, city.actor("agent1"), "draft-0001", get(session, SYSTEM, waiting), city.now)
    with city.database.transaction() as session:
        row = {"category_code": LOAN_INTEREST, "unit_code": "GXJ", "effective_from": city.now.date()}
        entry = entry_of(session, {**row, "support_unit_codes": []}, city.now.date())
        change = carry_out(session, Changes(puts=(entry,)), city.actor("super1"), "三定调整", city.now)
        session.flush()
        assert waiting in [move[0] for move in change.details["moves"]]
        file_id = session.scalars(select(Attachment.id)).one()
    deliver(city.database, lambda: city.now, senders())
    return World(number, waiting, merged, master, change.id, file_id)


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


def doors(app: Flask, there: World) -> Iterator[str]:
    """The address of every page that can be opened."""
    number, file_id = there.number, there.file_id
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
    for no in (there.master, there.waiting, there.merged):
        yield from (f"/dispatch?no={no}", f"/tickets/{no}", f"{ROOT}/tickets/{no}", f"{ROOT}/tickets/{no}/ledger")
    yield f"/catalogue/changes/{there.change_id}"


def words(answer: TestResponse) -> str:
    """What an answer says; of a workbook, what its parts say."""
    body = answer.get_data()
    if not body.startswith(b"PK"):
        return body.decode(errors="replace")
    with ZipFile(BytesIO(body)) as parts:
        return "".join(parts.read(name).decode(errors="replace") for name in parts.namelist())


def found_in(there: World, text: str, path: str, login: str) -> list[str]:
    """Canaries of an answer, also as JSON writes them, that its address did not bring along itself."""
    said = [canary for canary in there.canaries if canary in text or json.dumps(canary).strip('"') in text]
    return [f"{login} {path}: {canary}" for canary in said if canary not in path]


def leaks(api: Api, login: str, there: World, paths: list[str]) -> Iterator[str]:
    """What this person finds behind these doors."""
    desk = Desk(api.app, login)
    for path in paths:
        answer = api.call(login, path.removeprefix(ROOT), method="GET") if path.startswith(ROOT) else desk.get(path)
        assert answer.status_code < 500, f"{login} {path}"
        yield from found_in(there, words(answer), path, login)


def refusals(api: Api, login: str, there: World) -> Iterator[str]:
    """What this person is told when it presses the ticket's buttons all the same."""
    desk = Desk(api.app, login)
    desk.get("/inbox")
    for step in ("unmask", "knowledge", "attachments"):
        refused = desk.post(path := f"/tickets/{there.number}/{step}", reason="核实")
        assert refused.status_code in (403, 404), f"{login} {path}"
        yield from found_in(there, words(refused), path, login)


def typed(api: Api, login: str, there: World) -> Iterator[str]:
    """What the desk tells this person when the same caller calls again about the same, and what a preview tells."""
    desk = Desk(api.app, login)
    desk.get("/inbox")
    called = {"contact_phone": PHONE, "title": "冷库停电无人处理", "appeal_type": "HELP", "region_code": "449902"}
    form = {**called, "category_code": LOAN_INTEREST, "idempotency_key": "draft-0009"}
    for path in (*(f"/desk/part/{part}" for part in PARTS), "/desk/refresh"):
        yield from found_in(there, words(desk.post(path, **form)), f"{path} {form}", login)
    row = {"category_code": LOAN_INTEREST, "unit_code": "CZJ", "effective_from": "2026-03-19", "reason": "再调整"}
    yield from found_in(there, words(desk.post("/catalogue/new", **row)), "/catalogue/new", login)


def test_the_complained_of_side_finds_nothing_behind_any_door(
    sqlite_city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    city, api = sqlite_city, Api(sqlite_city, monkeypatch)
    found, walked = [], 0
    for about, people in SIDES.values():
        with rehearsed(api):
            there = world(city, api.app, about)
            paths = list(doors(api.app, there))
            for login in people.split():
                for way in (leaks(api, login, there, paths), refusals(api, login, there), typed(api, login, there)):
                    found += way
                walked += len(paths)
    assert walked > 2000
    assert found == []


def test_nor_does_a_person_find_the_master_that_answers_the_complaint_about_him(
    sqlite_city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    city, api = sqlite_city, Api(sqlite_city, monkeypatch)
    told = {"title": f"{SECRET}停电无人处理", "body": SECRET, "enterprise_name": ENTERPRISE}
    master = city.register(**told)
    child = city.register(**told, appeal_type="COMPLAINT", respondent_login="dispatch2", master_no=master)
    there = World(master, child, child, master, 1, 1)
    paths = [path for path in doors(api.app, there) if any(part in path for part in (master, child, "?", "mass"))]
    assert list(leaks(api, "dispatch2", there, [*paths, "/dispatch"])) == []
    assert list(leaks(api, "dispatch1", there, ["/dispatch", f"/tickets/{master}"]))


def test_the_walk_would_notice(sqlite_city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    city, api = sqlite_city, Api(sqlite_city, monkeypatch)
    there = world(city, api.app, SIDES["WD"][0])
    number, change = there.number, f"/catalogue/changes/{there.change_id}"
    paths = [f"/tickets/{number}", "/queue?view=all", f"{ROOT}/tickets/{number}", "/attachments/1", "/inbox"]
    assert len(list(doors(api.app, there))) > 60
    assert {path.split(":")[0].split(" ")[1] for path in leaks(api, "sfb.leader", there, paths)} == set(paths)
    desks = ["/consultations/1", f"/dispatch?no={there.master}", f"/tickets/{there.master}", change]
    seen = [*leaks(api, "super1", there, desks), *typed(api, "agent1", there), *typed(api, "super1", there)]
    parts = [f"/desk/part/{part}" for part in ("caller", "suggestion")]
    assert {line.split(":")[0].split(" ")[1] for line in seen} >= {*desks, *parts, "/desk/refresh", "/catalogue/new"}
