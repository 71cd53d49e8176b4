"""Instants and durations as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from hotline.ui.format import due_view, duration_text, local_date, local_time

HOUR = 3600
NOW = datetime(2026, 3, 18, 2, 42, tzinfo=UTC)
LATER = NOW + timedelta(days=2)
EARLIER = NOW - timedelta(hours=5)


def test_instants_are_shown_in_shanghai():
    late = datetime(2026, 3, 17, 16, 30, 5, tzinfo=UTC)
    assert local_time(late) == "2026-03-18 00:30"
    assert local_time(late, seconds=True) == "2026-03-18 00:30:05"
    assert local_date(late) == "2026-03-18"
    assert local_time(None) == local_date(None) == "—"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "—"),
        (0, "0 秒"),
        (59.9, "59 秒"),
        (60, "1 分钟"),
        (3599, "59 分钟"),
        (3600, "1 小时"),
        (12000, "3 小时 20 分钟"),
        (86400, "1 天"),
        (183600, "2 天 3 小时"),
        (-90, "1 分钟"),
    ],
)
def test_durations_use_at_most_two_units(seconds, text):
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("left", "level", "label"),
    [
        (40 * HOUR, "ok", "剩余 40 工作小时"),
        (8 * HOUR + 1, "ok", "剩余 8 工作小时"),
        (8 * HOUR, "warn", "剩余 8 工作小时"),
        (HOUR - 1, "warn", "剩余 59 工作分钟"),
        (30, "warn", "剩余不足 1 工作分钟"),
    ],
)
def test_a_clock_turns_amber_at_a_fifth_of_its_span(left, level, label):
    view = due_view(LATER, NOW, left, 40 * HOUR)
    assert (view.level, view.label) == (level, label)


def test_a_passed_clock_says_by_how_much():
    view = due_view(EARLIER, NOW, -3 * HOUR, 40 * HOUR)
    assert (view.level, view.label, view.at) == ("bad", "已超期 3 工作小时", "03-18 05:42")


def test_a_clock_passed_in_the_night_is_overdue_before_any_working_time_has_gone():
    assert due_view(EARLIER, NOW, 0, 40 * HOUR).label == "已超期不足 1 工作分钟"


def test_urgent_limits_count_clock_hours():
    assert due_view(LATER, NOW, 2 * HOUR, 24 * HOUR, clock_hours=True).label == "剩余 2 小时"


def test_a_paused_clock_shows_what_is_left_and_no_due_time():
    view = due_view(LATER, NOW, 9 * HOUR, 40 * HOUR, "PAUSED")
    assert (view.level, view.label, view.at) == ("paused", "挂起中，剩余 9 工作小时", "")


@pytest.mark.parametrize(("due_at", "label"), [(LATER, "按时完成"), (NOW, "按时完成"), (EARLIER, "超期完成")])
def test_a_stopped_clock_says_whether_it_was_in_time(due_at, label):
    view = due_view(due_at, NOW, None, None, "stopped")
    assert (view.level, view.label) == ("off", label)


def test_no_limit_is_said_in_words():
    assert due_view(None, NOW, None, None).label == "不计时限"


def test_a_due_time_in_another_year_shows_the_year():
    assert due_view(datetime(2027, 1, 4, 10, 0, tzinfo=UTC), NOW, 80 * HOUR, 90 * HOUR).at == "2027-01-04 18:00"
