"""A year's notice as an administrator types it, and the calendar it makes."""

from datetime import date

import pytest
from sqlalchemy import func, select

from hotline.directory.holidays import KNOWN, calendar_after, import_year, read_notice, spans, stored_year
from hotline.directory.models import CalendarDay
from hotline.directory.time import working_calendar
from hotline.errors import Invalid
from tests.city import START, City

NOTICE = read_notice(2027, "2027 年节假日安排（测试）", "01-01..01-03 02-05..02-11", "01-30 02-20")


@pytest.mark.parametrize(
    ("holidays", "makeups", "code"),
    [
        ("元旦三天", "", "calendar_dates"),
        ("02-30", "", "calendar_dates"),
        ("01-01", "01-01", "calendar_conflict"),
        ("01-01", "01-29", "calendar_makeup"),  # a Friday
        ("", "", "calendar_incomplete"),
    ],
)
def test_a_notice_that_cannot_be_right_is_refused_in_words(holidays: str, makeups: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_notice(2027, "通知", holidays, makeups)
    assert refused.value.code == code


@pytest.mark.parametrize("notice", KNOWN, ids=lambda notice: str(notice.year))
def test_days_written_as_spans_read_back_as_the_same_days(notice) -> None:
    typed = spans(notice.holidays), spans(notice.makeups)
    assert read_notice(notice.year, notice.notice, *typed) == notice


def test_the_previewed_calendar_is_the_one_the_import_makes(city: City) -> None:
    with city.database.transaction() as session:
        planned = calendar_after(session, NOTICE)
        assert not working_calendar(session).covers(2027)
        import_year(session, NOTICE, START)
        assert working_calendar(session) == planned
        assert planned.covers(2027) and planned.covers(2026)


def test_a_corrected_notice_replaces_the_years_days_and_no_others(city: City) -> None:
    with city.database.transaction() as session:
        before = stored_year(session, 2026)
        import_year(session, NOTICE, START)
        import_year(session, read_notice(2027, "更正", "01-01", ""), START)
        count = select(func.count()).select_from(CalendarDay).where(CalendarDay.day >= date(2027, 1, 1))
        assert session.scalar(count) == 1
        assert stored_year(session, 2026) == before
        assert stored_year(session, 2028) is None
