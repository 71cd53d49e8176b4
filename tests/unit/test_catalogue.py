"""派单目录: exactly one answer or a reported gap, the most specific row, and a sentence that names it."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.catalogue import Catalogue, Choice, Matter, Place, Row, Topic, Way, catalogue_of, number

DAY = date(2026, 3, 18)
LONG_AGO = date(2020, 1, 1)
TYPES = ("COMPLAINT", "HELP")
TOPICS = (
    Topic("04", "惠企政策", is_leaf=False),
    Topic("0402", "资金兑付", "04", is_leaf=False),
    Topic("040201", "贷款贴息", "0402"),
    Topic("040202", "稳岗补贴", "0402"),
)
PLACES = (
    Place("CITY", "临海湾市"),
    Place("WD", "湾东区", "CITY"),
    Place("WD-HT", "海棠街道", "WD"),
    Place("ZONE", "高新区", "CITY", is_zone=True),
)
NAMES = {
    "BUREAU": "市金融局", "OTHER": "市工信局", "WD-GOV": "湾东区政府", "ZONE-GOV": "高新区管委会",
    "CITY-GOV": "市政府", "COMPLAINT": "投诉", "HELP": "求助",
}  # fmt: skip
UNITS = ("BUREAU", "OTHER", "WD-GOV", "ZONE-GOV", "CITY-GOV")


def row(lead: str = "BUREAU", category: str | None = "040201", **more: Any) -> Row:
    return Row(**{"serial": 1, "category": category, "lead": lead, "starts": LONG_AGO, **more})


OWN = (row("WD-GOV", None, region="WD"), row("ZONE-GOV", None, region="ZONE", fallback="CITY-GOV"))
"""The regions' own rows: a district's fallback, a zone's target."""


def catalogue(*rows: Row, closed: Collection[str] = ()) -> Catalogue:
    numbered = (replace(one, serial=serial) for serial, one in enumerate((*rows, *OWN), 1))
    return catalogue_of(numbered, TOPICS, PLACES, NAMES, closed)


def chosen(book: Catalogue, region: str = "WD", category: str = "040201", **more: Any) -> Choice:
    return book.choose(Matter(category, region, **{"day": DAY, **more}))


def said(book: Catalogue, region: str = "WD", **more: Any) -> str:
    matter = Matter("040201", region, DAY, **more)
    return book.explain(matter, book.choose(matter))


@pytest.mark.parametrize(
    ("more_specific", "less"),
    [
        (row("OTHER", region="WD-HT"), row(region="WD")),
        (row("OTHER", region="WD"), row()),
        (row("OTHER", region="WD"), row(region="CITY")),
        (row("OTHER", region="CITY"), row()),
        (row("OTHER", region="WD"), row(appeal_type="HELP")),
        (row("OTHER", appeal_type="HELP"), row()),
        (row("OTHER", starts=date(2026, 1, 1)), row()),
        (row("OTHER"), row(category="0402", region="WD-HT", appeal_type="HELP", starts=date(2026, 1, 1))),
        (row("OTHER", "0402"), row(category="04")),
    ],
)
def test_the_more_specific_row_counts_whichever_was_written_first(more_specific: Row, less: Row) -> None:
    for rows in ((more_specific, less), (less, more_specific)):
        assert chosen(catalogue(*rows), "WD-HT", appeal_type="HELP").unit == "OTHER"


def test_a_row_for_another_type_region_or_time_is_no_answer() -> None:
    strangers = (row(appeal_type="COMPLAINT"), row(region="ZONE"), row(ends=date(2026, 3, 17)),
                 row(starts=date(2026, 3, 19)), row(category="040202"))  # fmt: skip
    choice = chosen(catalogue(*strangers), "WD", appeal_type="HELP")
    assert (choice.way, choice.unit, choice.instead) == (Way.PLACE_FALLBACK, "WD-GOV", None)
    assert chosen(catalogue(*strangers), "CITY", appeal_type="HELP").way is Way.NOBODY


def test_a_row_counts_on_its_first_and_on_its_last_day() -> None:
    book = catalogue(row(starts=DAY, ends=DAY))
    found = [chosen(book, day=DAY + timedelta(days)).way for days in (-1, 0, 1)]
    assert found == [Way.PLACE_FALLBACK, Way.ROW, Way.PLACE_FALLBACK]


def test_a_zone_answers_for_itself_unless_a_row_names_the_zone() -> None:
    assert chosen(catalogue(row()), "ZONE").unit == "ZONE-GOV"
    assert chosen(catalogue(row(), row("OTHER", region="ZONE")), "ZONE").unit == "OTHER"
    assert chosen(catalogue(row(), row("OTHER", "04", region="ZONE")), "ZONE").unit == "OTHER"
    assert chosen(catalogue(row()), "WD").unit == "BUREAU"


def test_who_cannot_receive_is_passed_over_for_the_fallback_units() -> None:
    rows = (row(fallback="OTHER"),)
    expected = {frozenset({"BUREAU"}): "OTHER", frozenset({"BUREAU", "OTHER"}): "WD-GOV"}
    for closed, unit in expected.items():
        choice = chosen(catalogue(*rows, closed=closed))
        assert choice.unit == unit and choice.is_gap and set(choice.passed) == closed
    nobody = chosen(catalogue(*rows, closed=frozenset(NAMES)))
    assert (nobody.unit, nobody.way) == (None, Way.NOBODY)


def test_the_supporting_units_come_with_the_row_but_never_the_lead_among_them() -> None:
    book = catalogue(row(support=("OTHER", "ZONE-GOV")))
    assert chosen(book).support == ("OTHER", "ZONE-GOV")
    assert chosen(book, "ZONE").support == ("OTHER",)


@pytest.mark.parametrize(
    ("rows", "region", "kind", "sentence"),
    [
        ([row(region="WD")], "WD-HT", None, "派单目录 4.2.1 · 湾东区：由市金融局主办"),
        ([row()], "WD", "HELP", "派单目录 4.2.1 · 全市：由市金融局主办"),
        ([row(appeal_type="HELP")], "WD", "HELP", "派单目录 4.2.1 · 全市 · 求助：由市金融局主办"),
        ([row(category="04")], "WD", None, "派单目录 4 · 全市（按上级事项“惠企政策”）：由市金融局主办"),
        ([row()], "ZONE", None, "派单目录 4.2.1 · 高新区：目录未单列，功能区事项由高新区管委会主办"),
        ([], "WD", None, "派单目录 4.2.1 · 湾东区：没有登记承办单位，由区域兜底单位湾东区政府承接"),
        ([], "CITY", None, "派单目录 4.2.1 · 临海湾市：没有登记承办单位，请派单员判断"),
    ],
)
def test_the_explanation_names_the_row_it_stands_on(rows: list[Row], region: str, kind: str, sentence: str) -> None:
    assert said(catalogue(*rows), region, appeal_type=kind) == sentence


def test_the_explanation_says_who_was_passed_over() -> None:
    book = catalogue(row(fallback="OTHER"), closed=frozenset({"BUREAU"}))
    assert said(book) == "派单目录 4.2.1 · 全市：市金融局暂不能接收，由兜底单位市工信局承接"
    assert said(replace(book, closed=UNITS)).endswith("市金融局、市工信局、湾东区政府暂不能接收，请派单员判断")


def test_a_category_outside_the_two_digit_scheme_is_numbered_as_it_stands() -> None:
    assert [number(code) for code in ("040201", "12", "A1-2", "123")] == ["4.2.1", "12", "A1-2", "123"]


def test_overlaps_are_two_rows_for_one_key_on_one_day_and_nothing_else() -> None:
    early, late = row(ends=date(2026, 6, 30)), row("OTHER", starts=date(2026, 6, 30))
    assert [(one.lead, other.lead) for one, other in catalogue(late, early).overlaps(DAY)] == [("BUREAU", "OTHER")]
    assert not list(catalogue(early, replace(late, starts=date(2026, 7, 1))).overlaps(DAY))
    assert not list(catalogue(early, replace(late, region="WD")).overlaps(DAY))
    assert not list(catalogue(early, late).overlaps(date(2026, 7, 1)))


def test_rows_that_name_a_unit_that_cannot_receive_are_told_with_the_unit() -> None:
    book = catalogue(row(support=("OTHER",)), row(ends=LONG_AGO), closed=("OTHER", "CITY-GOV"))
    assert [(one.serial, unit) for one, unit in book.broken(DAY)] == [(1, "OTHER"), (4, "CITY-GOV")]


def test_a_gap_for_some_types_names_them() -> None:
    gaps = list(catalogue(row(appeal_type="HELP"), row(category="040202")).gaps(DAY, TYPES))
    assert {(gap.topic.code, gap.place.code, gap.appeal_types) for gap in gaps} == {
        ("040201", place, ("COMPLAINT",)) for place in ("CITY", "WD", "WD-HT")
    }


rows_of = st.lists(
    st.builds(
        Row,
        serial=st.just(0),
        category=st.sampled_from([topic.code for topic in TOPICS]),
        lead=st.sampled_from(UNITS),
        starts=st.dates(DAY - timedelta(3), DAY + timedelta(2)),
        ends=st.none() | st.dates(DAY - timedelta(2), DAY + timedelta(3)),
        region=st.none() | st.sampled_from([place.code for place in PLACES]),
        appeal_type=st.none() | st.sampled_from(TYPES),
        fallback=st.none() | st.sampled_from(UNITS),
    ),
    max_size=7,
)
closed_of = st.frozensets(st.sampled_from(UNITS), max_size=3)


def model(rows: tuple[Row, ...], matter: Matter) -> Row | None:
    """The row that counts where no zone speaks up: every rule as one comparison after the other."""
    regions = {"WD-HT": ["WD-HT", "WD", "CITY", None], "WD": ["WD", "CITY", None], "CITY": ["CITY", None]}
    for category in (matter.category, matter.category[:4], matter.category[:2]):
        for region in regions[matter.region]:
            for kind in dict.fromkeys((matter.appeal_type, None)):
                alike = [one for one in rows if one.key == (category, region, kind) and one.in_force(matter.day)]
                if alike:
                    return sorted(alike, key=lambda one: (one.starts, one.serial))[-1]
    return None


@settings(max_examples=100, deadline=None)
@given(rows_of, st.sampled_from(["CITY", "WD", "WD-HT"]), st.sampled_from([None, *TYPES]))
def test_the_row_is_the_one_an_independent_model_finds(rows: list[Row], region: str, kind: str | None) -> None:
    book = catalogue(*rows)
    matter = Matter("040201", region, DAY, kind)
    choice = book.choose(matter)
    found = model(book.rows, matter)
    assert choice.row == found or (found is None and choice.way in (Way.PLACE_FALLBACK, Way.NOBODY))


@settings(max_examples=100, deadline=None)
@given(rows_of, closed_of)
def test_every_matter_has_exactly_one_answer_or_is_a_reported_gap(rows: list[Row], closed: frozenset[str]) -> None:
    book = catalogue(*rows, closed=closed)
    gaps = {(g.topic.code, g.place.code, kind) for g in book.gaps(DAY, TYPES) for kind in g.appeal_types or TYPES}
    for topic in ("040201", "040202"):
        for place in PLACES:
            for kind in TYPES:
                matter = Matter(topic, place.code, DAY, kind)
                choice = book.choose(matter)
                assert choice.is_gap == ((topic, place.code, kind) in gaps)
                assert choice.unit not in closed
                if choice.way is Way.ROW:
                    assert choice.row and choice.row.lead == choice.unit and choice.row.in_force(DAY)
                    assert number(choice.row.category) in book.explain(matter, choice)
