"""The life of an entry from its draft to the archive, on both databases."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from hotline.errors import Conflict, DomainError, Forbidden, IllegalAction, Invalid
from hotline.knowledge import queries
from hotline.knowledge.actions import actions_on
from hotline.knowledge.force import State, in_force, said_at, state_of
from hotline.knowledge.history import history_of_entry
from hotline.knowledge.models import KbEntryVersion
from hotline.knowledge.records import KbHistory
from tests.calendars import local
from tests.city import City
from tests.kb import (
    AUTHOR,
    CONTENT,
    DRAFT,
    EDITOR,
    LEADER,
    OTHER_AUTHOR,
    OTHER_EDITOR,
    act,
    brought,
    delivered,
    entry_of,
    made,
    revised,
    running,
    statuses,
    tick,
)


def answers_on(city: City, code: str, day: date) -> list[int]:
    with entry_of(city, code) as (session, entry):
        rows = session.scalars(in_force(day, public_only=True).where(KbEntryVersion.entry_id == entry.id))
        return [version.version for version in rows]


def test_an_entry_is_written_reviewed_twice_and_published_and_each_step_is_kept(city: City) -> None:
    code = made(city)
    with entry_of(city, code) as (session, entry):
        [version] = entry.versions
        assert (version.status.label, version.published_at, entry.current_version) == ("已发布", city.now, 1)
        assert version.review_due == date(2027, 3, 18)
        steps = [(row.action, row.to_status, row.actor_name) for row in history_of_entry(session, entry.id)]
        names = [city.actor(login).name for login in (AUTHOR, AUTHOR, LEADER, EDITOR)]
        reached = ["DRAFT", "FIRST_REVIEW", "SECOND_REVIEW", "PUBLISHED"]
        assert steps == list(zip(["draft", "submit", "pass_review", "publish"], reached, names, strict=True))
    assert answers_on(city, code, date(2026, 3, 18)) == [1]


def test_whoever_must_act_next_is_told_and_has_a_clock(city: City) -> None:
    code = act(city, AUTHOR, "draft", None, **DRAFT)
    assert running(city) == ["KB_DRAFT"]
    act(city, AUTHOR, "submit", code)
    assert running(city) == ["KB_FIRST_REVIEW"]
    act(city, LEADER, "pass_review", code)
    assert running(city) == ["KB_SECOND_REVIEW"]
    act(city, EDITOR, "publish", code)
    assert running(city) == ["KB_TURN"]
    told = delivered(city)
    title = f"{code} {CONTENT['title']}"
    assert f"提交初审：{title}" in told[city.actor(LEADER).account_id]
    assert told[city.actor(EDITOR).account_id] == told[city.actor(OTHER_EDITOR).account_id] == [f"初审通过：{title}"]
    assert told[city.actor(AUTHOR).account_id] == [f"复审通过并发布：{title}"]


@pytest.mark.parametrize(
    ("status", "login", "action", "error"),
    [
        ("DRAFT", "jrj.handler", "edit", Forbidden),
        ("DRAFT", "agent1", "submit", DomainError),
        ("DRAFT", EDITOR, "publish", IllegalAction),
        ("FIRST_REVIEW", "szf.leader", "publish", IllegalAction),
        ("FIRST_REVIEW", AUTHOR, "pass_review", Forbidden),
        ("FIRST_REVIEW", AUTHOR, "edit", IllegalAction),
        ("SECOND_REVIEW", LEADER, "publish", Forbidden),
        ("PUBLISHED", LEADER, "withdraw", Forbidden),
        ("PUBLISHED", EDITOR, "archive", IllegalAction),
        ("PUBLISHED", "agent1", "revise", Forbidden),
        ("PUBLISHED", "jrj.handler", "revise", IllegalAction),
    ],
)
def test_a_step_out_of_turn_or_by_the_wrong_person_is_refused(
    city: City, status: str, login: str, action: str, error: type[DomainError]
) -> None:
    code = made(city, status)
    with pytest.raises(DomainError) as refused:
        act(city, login, action, code, **{**CONTENT, "text": "不合规"})
    assert isinstance(refused.value, error) or refused.value.status == 404
    assert statuses(city, code) == [status]


def test_nobody_reviews_what_he_wrote_himself(city: City) -> None:
    code = brought(city, act(city, EDITOR, "draft", None, **DRAFT, unit_code="WD"), "SECOND_REVIEW")
    with pytest.raises(IllegalAction, match="自己起草"):
        act(city, EDITOR, "publish", code)
    act(city, OTHER_EDITOR, "publish", code)
    assert statuses(city, code) == ["PUBLISHED"]


def test_a_returned_draft_says_why_to_its_author_and_can_be_mended(city: City) -> None:
    code = made(city, "SECOND_REVIEW")
    with pytest.raises(Invalid):
        act(city, EDITOR, "return_draft", code)
    act(city, EDITOR, "return_draft", code, text="请写明依据")
    assert statuses(city, code) == ["DRAFT"]
    assert delivered(city)[city.actor(AUTHOR).account_id] == [f"复审退回：{code} {CONTENT['title']}"]
    act(city, OTHER_AUTHOR, "edit", code, **{**CONTENT, "full_text": "依据第三条，每平方米十元。"})
    brought(city, code)
    with entry_of(city, code) as (_, entry):
        assert entry.versions[0].full_text == "依据第三条，每平方米十元。"


def test_the_old_answer_stands_until_the_new_ones_first_day(city: City) -> None:
    code = made(city)
    revised(city, code, full_text="每平方米十五元。", effective_from="2026-04-01")
    with entry_of(city, code) as (_, entry):
        assert [state_of(one, date(2026, 3, 18)) for one in entry.versions] == [State.IN_FORCE, State.UPCOMING]
    assert answers_on(city, code, date(2026, 3, 31)) == [1]
    assert answers_on(city, code, date(2026, 4, 1)) == [2]
    tick(city, "2026-03-31 23:59")
    assert statuses(city, code) == ["PUBLISHED", "PUBLISHED"]
    tick(city, "2026-04-01 00:00")
    assert statuses(city, code) == ["REPLACED", "PUBLISHED"]


def test_the_last_day_is_a_day_of_force_and_the_record_follows_at_midnight(city: City) -> None:
    code = made(city, expires_at="2026-05-31")
    assert answers_on(city, code, date(2026, 5, 31)) == [1]
    assert answers_on(city, code, date(2026, 6, 1)) == []
    tick(city, "2026-05-01 00:00")
    tick(city, "2026-05-31 23:59")
    assert statuses(city, code) == ["PUBLISHED"]
    tick(city, "2026-06-01 00:00")
    assert statuses(city, code) == ["EXPIRED"]
    assert running(city) == []
    told = [title.split("：")[0] for title in delivered(city)[city.actor(AUTHOR).account_id]]
    assert told == ["复审通过并发布", "即将失效", "到期失效"]


def test_a_year_later_the_keeper_is_asked_and_the_leader_confirms(city: City) -> None:
    code = made(city)
    tick(city, "2027-03-18 09:00")
    assert statuses(city, code) == ["REVIEW_DUE"]
    assert answers_on(city, code, date(2027, 3, 18)) == [1]
    assert running(city) == ["KB_REVIEW"]
    with pytest.raises(Invalid):
        act(city, LEADER, "confirm", code, review_due="2027-03-18")
    act(city, LEADER, "confirm", code, review_due="2027-09-01")
    assert (statuses(city, code), running(city)) == (["PUBLISHED"], ["KB_TURN"])


def test_a_withdrawn_entry_is_gone_at_once_and_its_words_stay_for_who_asks_what_was_said(city: City) -> None:
    code = made(city)
    city.at("2026-03-20 10:00")
    act(city, EDITOR, "withdraw", code, text="文件已废止")
    assert answers_on(city, code, date(2026, 3, 20)) == []
    with entry_of(city, code) as (session, entry):
        assert queries.replay(session, entry.id, 1).phone_answer == CONTENT["phone_answer"]
        before, after = said_at(entry, local("2026-03-19 10:00")), said_at(entry, local("2026-03-21 10:00"))
        assert before is entry.versions[0]
        assert after is None
    act(city, EDITOR, "archive", code)
    assert statuses(city, code) == ["ARCHIVED"]


def test_a_version_withdrawn_before_its_day_leaves_the_old_one_in_force(city: City) -> None:
    code = made(city)
    revised(city, code, effective_from="2026-04-01")
    act(city, EDITOR, "withdraw", code, text="发早了")
    assert answers_on(city, code, date(2026, 4, 2)) == [1]
    with entry_of(city, code) as (_, entry):
        assert state_of(entry.versions[0], date(2026, 4, 2)) is State.IN_FORCE
    tick(city, "2026-04-02 09:00")
    assert statuses(city, code) == ["PUBLISHED", "WITHDRAWN"]


def test_a_replaced_rule_answers_until_its_successor_begins_and_points_to_it(city: City) -> None:
    old, new = made(city), made(city, title="厂房租金补贴（2026年修订）", effective_from="2026-04-01")
    act(city, EDITOR, "name_successor", old, successor_code=new)
    assert answers_on(city, old, date(2026, 3, 31)) == [1]
    assert answers_on(city, old, date(2026, 4, 1)) == []
    tick(city, "2026-04-01 00:00")
    with entry_of(city, old) as (_, entry):
        assert entry.replaced_by is not None
        assert (entry.versions[0].status.value, entry.replaced_by.code) == ("REPLACED", new)
        assert state_of(entry.versions[0], date(2026, 4, 1)) is State.REPLACED
    with pytest.raises(Invalid, match="绕回"):
        act(city, EDITOR, "name_successor", new, successor_code=new)


def test_two_editors_of_one_draft_get_one_conflict_that_names_the_newer_state(city: City) -> None:
    code = act(city, AUTHOR, "draft", None, **DRAFT)
    with entry_of(city, code) as (_, entry):
        seen = entry.row_version
    act(city, AUTHOR, "edit", code, version=seen, **{**CONTENT, "title": "先改的"})
    with pytest.raises(Conflict) as stale:
        act(city, OTHER_AUTHOR, "edit", code, version=seen, **{**CONTENT, "title": "后改的"})
    assert stale.value.payload()["code"] == "stale_version"
    with entry_of(city, code) as (_, entry):
        assert entry.versions[0].title == "先改的"


def test_an_entry_has_one_open_version_also_by_the_databases_word(city: City) -> None:
    code = made(city)
    act(city, AUTHOR, "revise", code)
    with pytest.raises(IllegalAction, match="正在起草"):
        act(city, AUTHOR, "revise", code)
    with pytest.raises(IntegrityError), city.database.transaction() as session:
        session.execute(update(KbEntryVersion).values(status="DRAFT"))


def test_what_is_published_cannot_be_rewritten_and_history_only_grows(city: City) -> None:
    code = made(city)
    for change in (lambda entry: setattr(entry.versions[0], "full_text", "改写"), lambda entry: None):
        with (
            pytest.raises(RuntimeError, match=r"publish a new one|append-only"),
            city.database.transaction() as session,
        ):
            entry = queries.by_code(session, code, actor=city.actor(EDITOR))
            change(entry)
            session.scalars(select(KbHistory)).first().text = "改写"
            session.flush()


def test_a_draft_is_seen_by_those_who_work_on_it_and_offered_to_nobody_else(city: City) -> None:
    code = made(city, "DRAFT")
    with entry_of(city, code) as (session, entry):
        for login, may in ((AUTHOR, True), (LEADER, True), (EDITOR, True), ("jrj.handler", False), ("agent1", False)):
            assert queries.may_see_drafts(city.actor(login), entry) is may
            if not may:
                with pytest.raises(DomainError):
                    queries.by_code(session, code, actor=city.actor(login))
        assert {row.action for row in actions_on(entry, city.actor(AUTHOR))} == {"edit", "submit", "discard"}


def test_a_late_sweep_records_what_the_dates_had_decided(city: City) -> None:
    code = made(city, expires_at=(date(2026, 3, 18) + timedelta(days=10)).isoformat())
    tick(city, "2026-06-01 12:00")
    assert statuses(city, code) == ["EXPIRED"]
