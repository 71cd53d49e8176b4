import json
from typing import Any

import pytest

from routing.deadlines import Limit, LimitUnit
from routing.profiles import APPEAL_TYPES, BUILT_IN, URGENCIES, ClockName, SlaRules

ZHUHAI, GUANGDONG = BUILT_IN["124"], BUILT_IN["guangdong"]


def limit(rules: SlaRules, clock: str, appeal_type: str, urgency: str = "NORMAL") -> str | None:
    found = rules.limit(clock, appeal_type, urgency)
    return None if found is None else str(found)


def test_124_means_one_working_hour_two_days_and_four_days_from_dispatch() -> None:
    assert limit(ZHUHAI, "CONTACT", "COMPLAINT") == "1wh"
    assert limit(ZHUHAI, "TOTAL", "CONSULTATION") == "2wd"
    assert {limit(ZHUHAI, "TOTAL", kind) for kind in ("HELP", "COMPLAINT", "TIP_OFF", "SUGGESTION")} == {"4wd"}
    assert ZHUHAI.total_starts_at == "dispatch"


def test_guangdong_means_two_ten_and_fifteen_days_from_receipt() -> None:
    kinds = ("CONSULTATION", "HELP", "SUGGESTION", "COMPLAINT", "TIP_OFF")
    assert [limit(GUANGDONG, "TOTAL", kind) for kind in kinds] == ["2wd", "10wd", "10wd", "15wd", "15wd"]
    assert GUANGDONG.total_starts_at == "receipt"


@pytest.mark.parametrize("rules", BUILT_IN.values(), ids=BUILT_IN.keys())
def test_an_emergency_runs_by_the_clock(rules: SlaRules) -> None:
    assert limit(rules, "TOTAL", "COMPLAINT", "EMERGENCY") == "24h"
    assert limit(rules, "CONTACT", "CONSULTATION", "EMERGENCY") == "1h"


@pytest.mark.parametrize("rules", BUILT_IN.values(), ids=BUILT_IN.keys())
def test_praise_has_no_clock_once_dispatched_whatever_its_urgency(rules: SlaRules) -> None:
    for urgency in URGENCIES:
        clocks = {name for name in ClockName if rules.limit(name, "PRAISE", urgency)}
        assert clocks == {ClockName.DISPATCH, ClockName.SUPPLEMENT, ClockName.EXTERNAL, ClockName.PAUSE_LIMIT}


@pytest.mark.parametrize("rules", BUILT_IN.values(), ids=BUILT_IN.keys())
def test_every_other_appeal_has_every_clock_and_every_clock_a_ladder(rules: SlaRules) -> None:
    for name in ClockName:
        for kind in APPEAL_TYPES - {"PRAISE"}:
            for urgency in URGENCIES:
                found = rules.limit(name, kind, urgency)
                assert found is not None, (name, kind, urgency)
                assert rules.ladder(name, found.unit)


def test_urgency_is_stronger_than_type_and_an_exact_pair_stronger_than_both() -> None:
    table = {"*": "4wd", "HELP": "3wd", "*/URGENT": "2wd", "HELP/URGENT": "1wd", "PRAISE": None}
    rules = SlaRules.from_dict(ZHUHAI.to_dict() | {"limits": {"TOTAL": table}})
    asked = [("COMPLAINT", "NORMAL"), ("HELP", "NORMAL"), ("COMPLAINT", "URGENT"), ("HELP", "URGENT")]
    assert [limit(rules, "TOTAL", *pair) for pair in asked] == ["4wd", "3wd", "2wd", "1wd"]
    assert limit(rules, "TOTAL", "PRAISE", "URGENT") is None
    assert limit(rules, "REVIEW", "HELP") is None


def test_the_ladder_follows_the_unit_and_minutes_climb_like_hours() -> None:
    def first_after(clock: str, unit: str) -> str:
        return next(str(rung.after) for rung in ZHUHAI.ladder(clock, LimitUnit(unit)) if rung.after)

    assert [first_after("TOTAL", unit) for unit in ("wd", "wh", "wm", "h", "m")] == ["1wd", "1wh", "1wh", "1h", "1h"]
    assert [first_after("DISPATCH", unit) for unit in ("wd", "wm", "m")] == ["1wh", "1wh", "1h"]


def test_an_unsigned_ticket_counts_as_signed_when_its_time_is_up() -> None:
    last = ZHUHAI.ladder("SIGN", LimitUnit.WORKING_HOUR)[-1]
    assert (last.fraction, last.effect) == (1.0, "sign_by_default")


def test_the_desks_are_reminded_before_the_supervisor_hears_of_it() -> None:
    ladder = ZHUHAI.ladder("REVIEW", LimitUnit.WORKING_HOUR)
    assert ladder[0].whom == ladder[1].whom == ("reviewer_desk",)
    assert "supervisor" in ladder[2].whom


@pytest.mark.parametrize("rules", BUILT_IN.values(), ids=BUILT_IN.keys())
def test_a_profile_survives_the_way_through_json(rules: SlaRules) -> None:
    assert SlaRules.from_dict(json.loads(json.dumps(rules.to_dict()))) == rules


def test_an_extension_is_as_long_as_the_original_or_has_a_length_of_its_own() -> None:
    assert ZHUHAI.extension_limit == "original"
    assert SlaRules.from_dict(ZHUHAI.to_dict() | {"extension_limit": "10wd"}).extension_limit == Limit.parse("10wd")


def test_every_clock_has_a_chinese_label_of_its_own() -> None:
    labels = {name.label for name in ClockName}
    assert len(labels) == len(ClockName) == 20
    assert all(label.isascii() is False for label in labels)


RUNGS = ZHUHAI.to_dict()["ladders"]["*"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"total_starts_at": "signing"}, "total_starts_at"),
        ({"day_ends": "noon"}, "day_ends"),
        ({"limits": {"LUNCH": {"*": "1wh"}}}, "unknown clock 'LUNCH'"),
        ({"limits": {"PAUSE_LIMIT": {"*": "1wd"}}}, "pause_limit"),
        ({"limits": {"TOTAL": {"RUMOUR": "1wh"}}}, "cannot read the key 'RUMOUR'"),
        ({"limits": {"TOTAL": {"HELP/LAZY": "1wh"}}}, "cannot read the key 'HELP/LAZY'"),
        ({"limits": {"TOTAL": {"*": "soon"}}}, "cannot read the limit 'soon'"),
        ({"limits": {"TOTAL": "4wd"}}, "wrong shape"),
        ({"limits": {"TOTAL": {"*": 4}}}, "wrong shape"),
        ({"ladders": {"TOTAL": RUNGS}}, "need a default"),
        ({"ladders": {"*": RUNGS, "LUNCH": RUNGS}}, "unknown clock 'LUNCH'"),
        ({"ladders": {"*": RUNGS, "TOTAL/weeks": RUNGS}}, "unknown unit 'weeks'"),
        ({"ladders": {"*": RUNGS[::-1]}}, "stands before its time"),
        ({"ladders": {"*": [{"whom": ["handler"]}]}}, "wrong shape"),
        ({"max_objections": -1}, "max_objections"),
        ({"callback_tries": "three"}, "callback_tries"),
        ({"delegate_share": 0}, "delegate_share"),
        ({"support_share": "most"}, "wrong shape"),
        ({"colour": "red"}, "unknown fields: colour"),
    ],
)
def test_a_profile_that_makes_no_sense_is_refused_in_words(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SlaRules.from_dict(ZHUHAI.to_dict() | change)


def test_a_profile_without_its_limits_names_what_is_missing() -> None:
    with pytest.raises(ValueError, match="missing fields: ladders, limits"):
        SlaRules.from_dict({"total_starts_at": "receipt"})
