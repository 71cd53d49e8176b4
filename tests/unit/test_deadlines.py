from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.calendar import WorkingCalendar
from routing.deadlines import Limit, LimitUnit, due, explain, later, part_way, resume_due, sentence
from tests.calendars import CHINA_2026, CHINA_2026_DATA, local

DAY, HOUR, CLOCK = LimitUnit.WORKING_DAY, LimitUnit.WORKING_HOUR, LimitUnit.CLOCK_HOUR


def due_at(start: str, limit: str, **options: str) -> datetime:
    return due(CHINA_2026, local(start), Limit.parse(limit), **options).at  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("2wd", "2 个工作日"),
        ("1wh", "1 个工作小时"),
        ("30wm", "30 个工作分钟"),
        ("24h", "24 小时"),
        ("15m", "15 分钟"),
    ],
)
def test_a_limit_reads_back_as_written_and_has_a_chinese_label(text: str, label: str) -> None:
    assert str(Limit.parse(text)) == text
    assert Limit.parse(text).label == label


@pytest.mark.parametrize("text", ["", "2", "wd", "0wd", "-1wd", "2 wd", "2d", "1.5h", "２wd", "9999999h"])
def test_a_limit_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="limit"):
        Limit.parse(text)


def test_the_day_of_receipt_is_not_counted_whatever_the_hour() -> None:
    for received in ("2026-09-30 00:01", "2026-09-30 10:12", "2026-09-30 23:59"):
        assert due_at(received, "2wd") == local("2026-10-09 17:30")


def test_a_day_limit_may_end_at_midnight_instead_of_close() -> None:
    assert due_at("2026-09-30 10:12", "2wd", day_ends="midnight") == local("2026-10-10 00:00")


def test_working_hours_start_at_the_next_opening_and_clock_hours_at_once() -> None:
    assert due_at("2026-09-30 18:40", "1wh") == local("2026-10-08 09:30")
    assert due_at("2026-09-30 18:40", "30wm") == local("2026-10-08 09:00")
    assert due_at("2026-09-30 18:40", "24h") == local("2026-10-01 18:40")
    assert due_at("2026-09-30 18:40", "15m") == local("2026-09-30 18:55")


def test_a_limit_that_reaches_an_uncovered_year_is_provisional_unless_it_runs_by_the_clock() -> None:
    start = local("2026-12-24 09:00")
    assert due(CHINA_2026, start, Limit.parse("15wd")).provisional
    assert not due(CHINA_2026, start, Limit.parse("5wd")).provisional
    assert not due(CHINA_2026, start, Limit.parse("240h")).provisional


def test_an_extension_by_days_keeps_the_kind_of_end() -> None:
    one_day = Limit.parse("1wd")
    assert later(CHINA_2026, local("2026-09-30 17:30"), one_day) == local("2026-10-08 17:30")
    assert later(CHINA_2026, local("2026-10-01 00:00"), one_day) == local("2026-10-09 00:00")
    assert later(CHINA_2026, local("2026-09-30 15:00"), one_day) == local("2026-10-08 15:00")


def test_an_extension_to_a_shorter_day_ends_at_the_close_of_that_day() -> None:
    shorter = WorkingCalendar.from_dict(CHINA_2026_DATA | {"shifts": {"2026-03-03": [["08:30", "12:00"]]}})
    assert later(shorter, local("2026-03-02 17:30"), Limit.parse("1wd")) == local("2026-03-03 12:00")


def test_an_extension_by_hours_is_working_or_plain_time() -> None:
    assert later(CHINA_2026, local("2026-09-30 17:30"), Limit.parse("2wh")) == local("2026-10-08 10:30")
    assert later(CHINA_2026, local("2026-09-30 17:30"), Limit.parse("2h")) == local("2026-09-30 19:30")


def test_a_pause_gives_back_the_whole_working_days_that_were_left() -> None:
    due_friday = local("2026-03-06 17:30")
    resumed = resume_due(CHINA_2026, due_friday, local("2026-03-03 10:00"), local("2026-03-09 10:00"), DAY)
    assert resumed == local("2026-03-12 17:30")  # Wednesday to Friday were left: so are Tuesday to Thursday


def test_a_pause_within_one_day_or_over_closed_days_moves_no_day_limit() -> None:
    due_monday = local("2026-03-09 17:30")
    for paused, resumed in (("2026-03-03 09:00", "2026-03-03 17:00"), ("2026-03-06 18:00", "2026-03-08 12:00")):
        assert resume_due(CHINA_2026, due_monday, local(paused), local(resumed), DAY) == due_monday


def test_what_was_not_overdue_when_paused_is_not_overdue_on_resuming() -> None:
    due_friday = local("2026-03-06 17:30")
    saturday = resume_due(CHINA_2026, due_friday, local("2026-03-06 10:00"), local("2026-03-07 09:00"), DAY)
    assert saturday == local("2026-03-09 17:30")


def test_a_pause_moves_hour_limits_by_the_working_or_plain_time_it_lasted() -> None:
    paused, resumed = local("2026-03-03 16:30"), local("2026-03-04 09:30")
    assert resume_due(CHINA_2026, local("2026-03-03 17:30"), paused, resumed, HOUR) == local("2026-03-04 10:30")
    assert resume_due(CHINA_2026, local("2026-03-03 17:30"), paused, resumed, CLOCK) == local("2026-03-04 10:30")


def test_a_pause_without_working_time_leaves_a_due_time_at_close_where_it_is() -> None:
    close = local("2026-03-03 17:30")
    assert resume_due(CHINA_2026, close, local("2026-03-02 18:00"), local("2026-03-02 20:00"), HOUR) == close


@given(st.integers(0, 30 * 24), st.integers(0, 20 * 24), st.sampled_from([DAY, HOUR, CLOCK]))
def test_a_pause_never_moves_a_due_time_earlier(begin: int, length: int, unit: LimitUnit) -> None:
    paused = local("2026-09-01 00:00") + timedelta(hours=begin)
    at = due(CHINA_2026, paused, Limit.parse("3wd")).at
    resumed = paused + timedelta(hours=length)
    moved = resume_due(CHINA_2026, at, paused, resumed, unit)
    assert moved >= at
    assert moved > resumed


def test_part_of_the_way_is_working_time_and_never_past_due() -> None:
    start, end = local("2026-03-02 08:30"), local("2026-03-02 17:30")
    assert part_way(CHINA_2026, start, end, 0.5, DAY) == local("2026-03-02 11:45")
    assert part_way(CHINA_2026, start, end, 0.5, CLOCK) == local("2026-03-02 13:00")
    night = local("2026-03-02 20:00")
    assert part_way(CHINA_2026, night, night + timedelta(hours=1), 0.5, DAY) == night + timedelta(hours=1)


def test_an_explanation_has_one_segment_a_day_with_the_reason() -> None:
    start, limit = local("2026-09-30 10:12"), Limit.parse("3wd")
    segments = explain(CHINA_2026, start, limit, due_at("2026-09-30 10:12", "3wd"))
    assert [segment.day for segment in segments] == [date(2026, 9, 30) + timedelta(days=n) for n in range(11)]
    assert [segment.note for segment in segments if segment.note != "法定节假日"] == [
        "收件当日不计",
        "第 1 个工作日",
        "第 2 个工作日",
        "调休上班日，第 3 个工作日，到期",
    ]
    assert [segment.counted_seconds for segment in segments] == [0] * 8 + [23400] * 3
    assert segments[1].opens is None
    assert segments[8].opens == local("2026-10-08 08:30")


def test_the_counted_seconds_of_an_hour_limit_add_up_to_it() -> None:
    for text in ("9wh", "30h"):
        limit = Limit.parse(text)
        segments = explain(CHINA_2026, local("2026-09-30 16:40"), limit, due_at("2026-09-30 16:40", text))
        assert sum(segment.counted_seconds for segment in segments) == limit.seconds


def test_an_explanation_marks_provisional_and_moved_days() -> None:
    start, limit = local("2026-12-30 09:00"), Limit.parse("2wd")
    notes = [s.note for s in explain(CHINA_2026, start, limit, local("2027-01-04 17:30"))]
    assert notes == [
        "收件当日不计",
        "第 1 个工作日",
        "第 2 个工作日（暂定）",
        "周末（暂定）",
        "周末（暂定）",
        "顺延（暂定），到期",
    ]


@pytest.mark.parametrize(
    ("start", "limit", "end", "expected"),
    [
        (
            "2026-09-30 10:12",
            "2wd",
            "2026-10-09 17:30",
            "自 2026-09-30 10:12 起 2 个工作日，收件当日不计，跳过 10-01 至 10-07 法定节假日，至 10-09 17:30 到期",
        ),
        (
            "2026-09-18 18:40",
            "1wd",
            "2026-09-20 17:30",
            "自 2026-09-18 18:40 起 1 个工作日，收件当日不计，跳过 09-19 周末，09-20 调休计入，至 09-20 17:30 到期",
        ),
        (
            "2026-03-03 18:40",
            "1wh",
            "2026-03-04 09:30",
            "自 2026-03-03 18:40 起 1 个工作小时，从 03-04 08:30 起算，至 03-04 09:30 到期",
        ),
        (
            "2026-03-03 18:40",
            "24h",
            "2026-03-04 12:00",
            "自 2026-03-03 18:40 起 24 小时，节假日照常计时，至 03-04 12:00 到期（原定 03-04 18:40）",
        ),
        (
            "2026-12-31 09:00",
            "1wd",
            "2027-01-01 17:30",
            "自 2026-12-31 09:00 起 1 个工作日，收件当日不计，至 2027-01-01 17:30 到期（放假安排尚未公布，暂定）",
        ),
    ],
)
def test_the_sentence_tells_the_whole_way(start: str, limit: str, end: str, expected: str) -> None:
    assert sentence(CHINA_2026, local(start), Limit.parse(limit), local(end)) == expected


def test_a_due_time_at_midnight_is_shown_as_24_hours_of_its_day() -> None:
    start, limit = local("2026-03-02 09:00"), Limit.parse("1wd")
    end = due(CHINA_2026, start, limit, day_ends="midnight").at
    assert sentence(CHINA_2026, start, limit, end, day_ends="midnight").endswith("至 03-03 24:00 到期")
    assert explain(CHINA_2026, start, limit, end, day_ends="midnight")[-1].note == "第 1 个工作日，到期"
