import json
from datetime import date
from pathlib import Path

import pytest

from routing.evaluate import evaluate_calendar
from tests.calendars import CHINA_2026, shared_data

VECTORS = shared_data("calendar_vectors.json")


@pytest.mark.skipif(not VECTORS.exists(), reason="calendar_vectors.json is not beside the repository")
def test_every_shared_vector_passes() -> None:
    score = evaluate_calendar(VECTORS)
    assert score["failed"] == []
    assert score["passed"] == score["total"] >= 103


def test_a_wrong_expectation_and_an_unknown_kind_are_reported_by_id(tmp_path: Path) -> None:
    calendar = {"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]]}}
    right = {"id": "right", "kind": "is_open", "calendar": calendar, "at": "2024-01-01T10:00:00", "expected": True}
    wrong = right | {"id": "wrong", "expected": False}
    unknown = right | {"id": "unknown", "kind": "is_lucky"}
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps({"vectors": [right, wrong, unknown]}), encoding="utf-8")
    assert evaluate_calendar(path) == {"total": 3, "passed": 1, "failed": ["wrong", "unknown"]}


def test_a_vector_with_the_next_open_boundary_is_due_at_the_next_opening(tmp_path: Path) -> None:
    vector = {
        "id": "runs-out-at-close",
        "kind": "deadline",
        "calendar": {"tz": "UTC", "weekly": {"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]]}},
        "start": "2024-01-01T16:00:00",
        "span_seconds": 3600,
    }
    path = tmp_path / "vectors.json"
    by_default = vector | {"expected": "2024-01-01T17:00:00"}
    by_peer = vector | {"boundary": "next_open", "expected": "2024-01-02T09:00:00"}
    path.write_text(json.dumps({"vectors": [by_default, by_peer]}), encoding="utf-8")
    assert evaluate_calendar(path)["failed"] == []


@pytest.mark.parametrize(
    ("received", "days", "expected"),
    [
        ("2026-09-30", 2, "2026-10-09"),
        ("2026-09-30", 5, "2026-10-13"),
        ("2026-02-13", 2, "2026-02-24"),
        ("2026-09-18", 1, "2026-09-20"),  # a Sunday
        ("2026-04-30", 4, "2026-05-09"),  # a Saturday
        ("2026-12-24", 5, "2026-12-31"),
    ],
)
def test_working_days_of_2026_are_counted_around_holidays_and_makeup_days(
    received: str, days: int, expected: str
) -> None:
    assert CHINA_2026.add_days(date.fromisoformat(received), days) == date.fromisoformat(expected)


def test_2026_has_248_working_days() -> None:
    assert CHINA_2026.count_workdays(date(2026, 1, 1), date(2026, 12, 31), "both") == 248
