"""Instants and durations as Chinese text. Pure functions: callers pass `now`."""

from dataclasses import dataclass
from datetime import datetime

from hotline.clock import to_local

MINUTE, HOUR, DAY = 60, 3600, 86400
WARN_SHARE = 0.2
"""A clock turns amber when this share of its span, or less, is left."""

ICONS = {
    "ok": "clock",
    "warn": "hourglass-split",
    "bad": "exclamation-octagon-fill",
    "off": "dash-circle",
    "paused": "pause-circle",
}


@dataclass(frozen=True)
class DueView:
    """What macro due_badge draws. `level`: ok, warn, bad, off, paused; `icon`: Bootstrap's name; `at`: local or ''."""

    level: str
    label: str
    icon: str
    at: str
    provisional: bool = False


def local_time(at: datetime | None, seconds: bool = False) -> str:
    """An aware instant as '2026-03-18 10:42' in Asia/Shanghai; '—' for None."""
    return to_local(at).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M") if at else "—"


def local_date(at: datetime | None) -> str:
    """An aware instant as '2026-03-18' in Asia/Shanghai; '—' for None."""
    return to_local(at).strftime("%Y-%m-%d") if at else "—"


def duration_text(seconds: float | None) -> str:
    """Elapsed clock time in at most two units: '2 天 3 小时', '3 小时 20 分钟', '45 秒'; '—' for None."""
    if seconds is None:
        return "—"
    left = int(abs(seconds))
    if left < MINUTE:
        return f"{left} 秒"
    if left < HOUR:
        return f"{left // MINUTE} 分钟"
    if left < DAY:
        return _two_units(left, HOUR, "小时", MINUTE, "分钟")
    return _two_units(left, DAY, "天", HOUR, "小时")


def _two_units(seconds: int, big: int, big_name: str, small: int, small_name: str) -> str:
    rest = seconds % big // small
    return f"{seconds // big} {big_name}" + (f" {rest} {small_name}" if rest else "")


def working_text(seconds: float, clock_hours: bool = False) -> str:
    """Working time as '6 工作小时', '40 工作分钟'; rounded down, so that it never promises more than is left."""
    kind = "" if clock_hours else "工作"
    left = int(abs(seconds))
    if left < MINUTE:
        return f"不足 1 {kind}分钟"
    return f"{left // MINUTE} {kind}分钟" if left < HOUR else f"{left // HOUR} {kind}小时"


def due_view(
    due_at: datetime | None,
    now: datetime,
    remaining_working_seconds: float | None,
    span_working_seconds: float | None,
    state: str = "running",
    provisional: bool = False,
    clock_hours: bool = False,
) -> DueView:
    """How a clock stands at `now` (the instant it stopped, for state 'stopped'; case of `state` does not matter).

    Seconds are working seconds (clock seconds when `clock_hours`); negative remaining = past due. `state`: running,
    paused, stopped. `provisional`: the calendar year is not published yet.
    """
    state = state.lower()
    if due_at is None:
        return _view("off", "不计时限", "", provisional)
    at = _short_local(due_at, now)
    left = remaining_working_seconds if remaining_working_seconds is not None else (due_at - now).total_seconds()
    if state == "stopped":
        return _view("off", "按时完成" if now <= due_at else "超期完成", at, provisional)
    if state == "paused":
        return _view("paused", _phrase("挂起中，剩余", max(left, 0), clock_hours), "", provisional)
    if now > due_at or left < 0:
        return _view("bad", _phrase("已超期", left, clock_hours), at, provisional)
    is_short = span_working_seconds is not None and left <= span_working_seconds * WARN_SHARE
    return _view("warn" if is_short else "ok", _phrase("剩余", left, clock_hours), at, provisional)


def _phrase(word: str, seconds: float, clock_hours: bool) -> str:
    text = working_text(seconds, clock_hours)
    return f"{word} {text}" if text[0].isdigit() else word + text


def _view(level: str, label: str, at: str, provisional: bool) -> DueView:
    return DueView(level=level, label=label, icon=ICONS[level], at=at, provisional=provisional)


def _short_local(at: datetime, now: datetime) -> str:
    """'03-31 18:00'; with the year when it is another one than now's."""
    local = to_local(at)
    return local.strftime("%m-%d %H:%M" if local.year == to_local(now).year else "%Y-%m-%d %H:%M")
