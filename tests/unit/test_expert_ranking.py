"""Which expert is asked first: fixed examples, and properties over random pools."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.experts import Candidate, Duty, Presence, Skill, Wanted, rank, refusal

few = settings(max_examples=40)
DAY = date(2026, 3, 18)
NOW = datetime(2026, 3, 18, 1, 0, tzinfo=UTC)
LOAN = ("040201", "0402", "04")
WANTED = Wanted(DAY, categories=LOAN, regions=("449902", "4499"))


def expert(key: int = 1, **more: Any) -> Candidate:
    given: dict[str, Any] = {"skills": (Skill("0402", 2, label="融资"),), "max_parallel": 3, **more}
    return Candidate(key, **given)


skills = st.builds(
    Skill,
    category=st.sampled_from([*LOAN, "0201", "02"]),
    level=st.integers(1, 3),
    region=st.sampled_from([None, "449902", "4499", "449903"]),
)
candidates = st.builds(
    Candidate,
    key=st.just(0),
    skills=st.lists(skills, max_size=3).map(tuple),
    avoids=st.frozensets(st.integers(1, 4), max_size=2),
    languages=st.frozensets(st.sampled_from(["zh", "yue", "en"]), min_size=1),
    valid_from=st.sampled_from([date(2026, 1, 1), date(2026, 4, 1)]),
    valid_to=st.sampled_from([None, date(2026, 2, 1), date(2026, 12, 31)]),
    presence=st.sampled_from(Presence),
    duty=st.sampled_from(Duty),
    load=st.integers(0, 3),
    max_parallel=st.integers(1, 3),
    reviewed=st.integers(5, 9),
    adopted=st.integers(0, 5),
    last_invited_at=st.none() | st.integers(0, 50).map(lambda minutes: NOW - timedelta(minutes=minutes)),
)
pools = st.lists(candidates, max_size=7).map(lambda pool: [replace(one, key=key) for key, one in enumerate(pool)])
questions = st.builds(
    Wanted,
    day=st.just(DAY),
    categories=st.sampled_from([LOAN, ("0201", "02"), ()]),
    regions=st.sampled_from([("449902", "4499"), ("4499",), ()]),
    language=st.sampled_from(["", "zh", "yue"]),
    respondent_unit=st.none() | st.integers(1, 4),
    respondent=st.none() | st.integers(0, 6),
    tried=st.frozensets(st.integers(0, 6), max_size=2),
    live=st.booleans(),
)


@few
@given(pools, questions)
def test_nobody_is_asked_about_the_own_unit_or_himself(pool: list[Candidate], wanted: Wanted) -> None:
    asked = {one.key for one in rank(pool, wanted)}
    assert wanted.respondent not in asked
    assert not [one for one in pool if one.key in asked and wanted.respondent_unit in one.avoids]


@few
@given(pools, questions)
def test_nobody_is_asked_beyond_capacity_validity_or_twice(pool: list[Candidate], wanted: Wanted) -> None:
    by_key = {one.key: one for one in pool}
    for place in rank(pool, wanted):
        one = by_key[place.key]
        assert one.load < one.max_parallel
        assert one.valid_from <= DAY and (one.valid_to is None or one.valid_to >= DAY)
        assert one.key not in wanted.tried


@few
@given(pools, questions)
def test_everybody_is_either_ranked_once_or_refused_with_a_reason(pool: list[Candidate], wanted: Wanted) -> None:
    asked = [one.key for one in rank(pool, wanted)]
    refused = [one.key for one in pool if refusal(one, wanted)]
    assert sorted([*asked, *refused]) == sorted(one.key for one in pool)


@few
@given(pools, questions, st.randoms())
def test_the_order_does_not_depend_on_the_order_of_the_pool(pool: list[Candidate], wanted: Wanted, rng: Any) -> None:
    shuffled = rng.sample(pool, len(pool))
    assert rank(shuffled, wanted) == rank(pool, wanted)


@few
@given(pools, questions)
def test_each_place_is_explained_in_chinese(pool: list[Candidate], wanted: Wanted) -> None:
    for place in rank(pool, wanted):
        assert "在办" in place.why and "“" in place.why
        assert "None" not in place.why


@few
@given(pools, questions, st.sampled_from(["presence", "load", "level", "duty", "adopted"]))
def test_nobody_falls_behind_by_becoming_better(pool: list[Candidate], wanted: Wanted, what: str) -> None:
    before = [place.key for place in rank(pool, wanted)]
    if not before:
        return
    key = before[-1]
    better = [improved(one, what) if one.key == key else one for one in pool]
    after = [place.key for place in rank(better, wanted)]
    assert after.index(key) <= before.index(key)


def improved(one: Candidate, what: str) -> Candidate:
    best: dict[str, Any] = {
        "presence": Presence.ONLINE,
        "duty": Duty.ON,
        "load": 0,
        "adopted": one.reviewed,
        "level": None,
    }
    if what == "level":
        return replace(one, skills=tuple(replace(skill, level=3) for skill in one.skills))
    return replace(one, **{what: best[what]})


@few
@given(st.integers(2, 6), st.integers(1, 40))
def test_equals_are_asked_in_turns(people: int, rounds: int) -> None:
    pool, asked = [expert(key) for key in range(people)], Counter[int]()
    for minute in range(rounds):
        first = rank(pool, WANTED)[0].key
        asked[first] += 1
        pool[first] = replace(pool[first], last_invited_at=NOW + timedelta(minutes=minute))
    counts = [asked[key] for key in range(people)]
    assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"duty": Duty.ON}, {"duty": Duty.SUBSTITUTE}),
        ({"duty": Duty.SUBSTITUTE}, {"duty": Duty.OFF}),
        ({"presence": Presence.ONLINE}, {"presence": Presence.BUSY}),
        ({"skills": (Skill("040201", 1),)}, {"skills": (Skill("0402", 3),)}),
        ({"skills": (Skill("0402", 3),)}, {"skills": (Skill("0402", 2),)}),
        ({"skills": (Skill("0402", 2, "449902"),)}, {"skills": (Skill("0402", 2),)}),
        ({"load": 0}, {"load": 2}),
        ({"reviewed": 20, "adopted": 20}, {"reviewed": 20, "adopted": 10}),
        ({"last_invited_at": None}, {"last_invited_at": NOW}),
        ({"last_invited_at": NOW - timedelta(days=1)}, {"last_invited_at": NOW}),
    ],
)
def test_what_is_compared(better: dict[str, Any], worse: dict[str, Any]) -> None:
    """The key alone would put the worse one first."""
    places = rank([expert(1, **worse), expert(2, **better)], WANTED)
    assert [place.key for place in places] == [2, 1]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"avoids": frozenset({9})}, "回避"),
        ({"key": 5}, "回避"),
        ({"valid_to": date(2026, 3, 17)}, "有效期"),
        ({"valid_from": date(2026, 3, 19)}, "有效期"),
        ({"skills": (Skill("0201", 3),)}, "不负责"),
        ({"skills": (Skill("0402", 3, "449903"),)}, "区域"),
        ({"languages": frozenset({"en"})}, "语言"),
        ({"load": 3}, "3/3"),
        ({"presence": Presence.OFFLINE}, "离线"),
    ],
)
def test_who_is_kept_out_is_told_why(changes: dict[str, Any], why: str) -> None:
    wanted = replace(WANTED, respondent_unit=9, respondent=5, language="zh")
    key = changes.pop("key", 1)
    assert why in (refusal(expert(key, **changes), wanted) or "")


def test_somebody_on_duty_is_asked_although_his_switch_says_offline() -> None:
    assert refusal(expert(presence=Presence.OFFLINE, duty=Duty.ON), WANTED) is None


def test_a_question_in_writing_reaches_those_who_are_offline() -> None:
    assert refusal(expert(presence=Presence.OFFLINE), replace(WANTED, live=False)) is None


def test_a_meeting_ahead_needs_a_free_place_or_the_one_that_meetings_hold_already() -> None:
    later = replace(WANTED, live=False, later=True)
    assert refusal(expert(load=3), later) == "在办已满（3/3）"
    assert refusal(expert(load=3, meets=True), later) is None
    assert refusal(expert(load=3, meets=True), WANTED) == "在办已满（3/3）"


def test_a_meeting_ahead_is_not_judged_by_the_period_of_today() -> None:
    tomorrow = WANTED.day + timedelta(days=1)
    assert refusal(expert(valid_from=tomorrow), replace(WANTED, live=False, later=True)) is None
    assert refusal(expert(valid_from=tomorrow), WANTED) == "不在专家库有效期内"


def test_the_sentence_names_what_decided() -> None:
    [place] = rank([expert(duty=Duty.ON, load=1, reviewed=25, adopted=23)], WANTED)
    assert place.why == "值班，在线；熟悉“融资”；在办 1/3；采纳 23/25；尚未受邀"
