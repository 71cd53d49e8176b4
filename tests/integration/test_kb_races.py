"""Two at one entry at the same time: one wins, the other is told and keeps what he wrote; on both databases."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from hotline.errors import IllegalAction
from hotline.knowledge.models import KbEntryVersion
from hotline.knowledge.records import KbHistory
from tests.api.client import Api
from tests.city import City
from tests.integration.test_races import race
from tests.kb import AUTHOR, CONTENT, EDITOR, LEADER, OTHER_AUTHOR, OTHER_EDITOR, act, entry_of, made, statuses
from tests.web.client import Desk

TEXTS = {AUTHOR: "甲写的：每平方米每月补贴十元。", OTHER_AUTHOR: "乙写的：每平方米每月补贴十二元。"}


@pytest.fixture
def app(city: City, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The whole app at the city's time, on either database."""
    yield Api(city, monkeypatch).app


def taken(city: City, code: str, action: str) -> int:
    """How often an action stands in the entry's history."""
    with entry_of(city, code) as (session, entry):
        return len(session.scalars(select(KbHistory).filter_by(entry_id=entry.id, action=action)).all())


def test_of_two_editors_who_save_at_once_one_is_stored_and_the_other_gets_a_409_with_his_text(
    app: Flask, city: City
) -> None:
    code = made(city, "DRAFT")
    with entry_of(city, code) as (_, entry):
        path = f"/knowledge/{entry.id}/edit"
    desks = {login: Desk(app, login) for login in TEXTS}
    forms = {}
    for login, desk in desks.items():
        desk.get(path)
        forms[login] = {**CONTENT, "full_text": TEXTS[login], "version": desk.hidden("version")}
    answers = race(*(lambda who=who: desks[who].post(path, **forms[who]) for who in TEXTS))  # type: ignore[misc]
    said = dict(zip(TEXTS, answers, strict=True))
    assert sorted(answer.status_code for answer in answers) == [303, 409], answers
    [loser] = [login for login, answer in said.items() if answer.status_code == 409]
    [winner] = set(TEXTS) - {loser}
    assert TEXTS[loser] in said[loser].text
    assert "刚被他人修改" in said[loser].text
    with city.database.transaction(write=False) as session:
        assert session.scalars(select(KbEntryVersion.full_text)).all() == [TEXTS[winner]]
    assert taken(city, code, "edit") == 1


def test_of_two_reviewers_who_publish_at_once_one_does(city: City) -> None:
    code = made(city, "SECOND_REVIEW")
    for login in (EDITOR, OTHER_EDITOR):
        city.actor(login)
    results = race(*(lambda who=who: act(city, who, "publish", code) for who in (EDITOR, OTHER_EDITOR)))  # type: ignore[misc]
    [lost] = [result for result in results if result != code]
    assert isinstance(lost, IllegalAction), lost
    assert statuses(city, code) == ["PUBLISHED"]
    assert taken(city, code, "publish") == 1


def test_publishing_and_returning_at_once_are_one_decision(city: City) -> None:
    code = made(city, "SECOND_REVIEW")
    for login in (EDITOR, OTHER_EDITOR):
        city.actor(login)
    results = race(
        lambda: act(city, EDITOR, "publish", code),
        lambda: act(city, OTHER_EDITOR, "return_draft", code, text="依据不全"),
    )
    assert sum(isinstance(result, IllegalAction) for result in results) == 1, results
    assert taken(city, code, "publish") + taken(city, code, "return_draft") == 1


def test_two_who_revise_at_once_open_one_draft(city: City) -> None:
    code = made(city)
    for login in (AUTHOR, OTHER_AUTHOR):
        city.actor(login)
    results = race(*(lambda who=who: act(city, who, "revise", code) for who in (AUTHOR, OTHER_AUTHOR)))  # type: ignore[misc]
    assert sum(isinstance(result, IllegalAction) for result in results) == 1, results
    assert statuses(city, code) == ["PUBLISHED", "DRAFT"]
    act(city, AUTHOR, "submit", code)
    act(city, LEADER, "pass_review", code)
