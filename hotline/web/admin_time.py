"""时限与日历: profiles, office hours, years. Whatever moves open clocks is previewed first, then confirmed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.operations import audit
from hotline.directory.holidays import calendar_after, read_notice, spans, stored_year
from hotline.directory.models import CalendarYear, SlaProfile, WorkingHours
from hotline.directory.operations import make_default, new_version, newest_version
from hotline.directory.time import WEEKLY, calendar_with_hours, rules_of, working_calendar
from hotline.errors import Conflict
from hotline.supervision.recompute import (
    Basis,
    Move,
    beside,
    import_notice,
    preview,
    recompute_by_hours,
    recompute_by_profile,
    uncovered_years,
)
from hotline.ui.door import Door, door
from hotline.ui.format import local_time
from hotline.ui.helpers import row_id
from hotline.web.access import demand
from hotline.web.admin import ADMINS, TIME_READERS, FormPage, found, record, run_form, show
from hotline.web.admin_forms import DAY_LABELS, HoursForm, YearForm, key_label, limit_cells, profile_form
from hotline.web.rule_change import Effects, RuleChange, Shift, preview_html, run_change
from routing.limits import Limit
from routing.profiles import ClockName, SlaRules

pages = Blueprint("admin_time", __name__, template_folder="templates")

TIME = "/admin/time"
WHOM = {
    "handler": "经办人", "liaison": "联络员", "deputy": "联络员(B角)", "lead_handler": "主办经办人",
    "unit_leader": "分管领导", "unit_chief": "主要领导", "follower": "跟办人",
    "dispatcher_desk": "派单岗", "reviewer_desk": "审核岗", "callback_desk": "回访岗", "supervisor": "督办员",
}  # fmt: skip
CHANNELS = {"inbox": "站内", "sms": "短信", "phone": "电话"}
EFFECTS = {
    "sign_by_default": "视为签收", "notice_of_urging": "发催办通知书", "supervise": "转督办", "resume": "恢复计时",
}  # fmt: skip
WINDOWS = ("objection_window", "pause_limit", "review_request_window")
COUNTS = ("max_objections", "extension_max_count", "pause_max_count", "callback_tries")


@pages.get(TIME)
def overview() -> ResponseReturnValue:
    """What counts now: years, office hours, profiles; and the alarm about years without a notice."""
    with door() as d:
        demand(d, TIME_READERS)
        covered = d.session.scalars(select(CalendarYear.year).order_by(CalendarYear.year.desc())).all()
        years = [stored_year(d.session, year) for year in covered]
        values: dict[str, Any] = {
            "missing": uncovered_years(d.session, d.now),
            "years": [(one, spans(one.holidays), spans(one.makeups)) for one in years if one],
            "hours": _hours_shown(_hours_text(d.session)),
            "profiles": _profiles(d.session),
        }
        return show(d, "admin/time.html", "time", **values)


def _profiles(session: Session) -> list[SlaProfile]:
    """Newest versions first, the default's before the others'."""
    rows = session.scalars(select(SlaProfile).order_by(SlaProfile.code, SlaProfile.version.desc())).all()
    default = {row.code for row in rows if row.is_default}
    return sorted(rows, key=lambda row: (row.code not in default, row.code, -row.version))


def _hours_text(session: Session) -> dict[str, str]:
    """Field name → "08:30-12:00 14:30-17:30"."""
    weekly = session.scalar(select(WorkingHours.weekly).order_by(WorkingHours.id.desc()).limit(1)) or WEEKLY
    return {day: " ".join("-".join(window) for window in weekly.get(day, ())) for day in DAY_LABELS}


def _hours_shown(hours: dict[str, str]) -> list[tuple[str, str]]:
    """Days with the same hours on one line: [("周一、周二", "08:30-12:00 14:30-17:30"), …]."""
    days: dict[str, list[str]] = {}
    for day, label in DAY_LABELS.items():
        days.setdefault(hours[day] or "休息", []).append(label)
    return [("、".join(labels), text) for text, labels in days.items()]


def _change(
    title: str, lines: list[tuple[str, str]], basis: Basis, carry_out: Callable[[Door], list[Move]]
) -> RuleChange:
    """A change of time: what it is called, by what it counts, and what does it."""
    return RuleChange(
        title=title,
        lines=lines,
        promise="确认后，下列在办时限在同一次操作中重算，每件工单记入台账并通知相关人员；"
        "起算时间、已停止的时限和已办结的工单不变。",
        effects=lambda d: _effects(preview(d.session, basis), beside(d.session)),
        carry_out=lambda d: _carried_out(carry_out(d)),
        columns=("时限", "原到期", "新到期"),
        submit="确认生效并重算",
        nothing="没有在办时限变化",
    )


def _effects(moves: list[Move], also: dict[str, int]) -> Effects:
    tickets, later = len({move.number for move in moves}), sum(move.after > move.before for move in moves)
    stats: list[tuple[str, int, str, str | None]] = [
        ("变化的在办时限", len(moves), "个", "warn" if moves else "ok"),
        ("涉及工单", tickets, "件", None),
        ("推后", later, "个", None),
        ("提前", len(moves) - later, "个", "bad" if len(moves) > later else None),
        ("一并重算的知识库时限", also["knowledge"], "个", None),
        ("一并重算的专家时限", also["experts"], "个", None),
    ]
    return Effects([_shift(move) for move in moves], stats)


def _shift(move: Move) -> Shift:
    word = ("推后", "warn", "arrow-right") if move.after > move.before else ("提前", "bad", "arrow-left")
    return Shift(move.number, move.clock, local_time(move.before), local_time(move.after), *word)


def _carried_out(moves: list[Move]) -> str:
    tickets = len({move.number for move in moves})
    flash(f"{len(moves)} 个在办时限已重算，涉及 {tickets} 件工单，均已记入台账并通知相关人员", "run")
    return TIME


@pages.route(f"{TIME}/years", methods=["GET", "POST"])
def import_a_year() -> ResponseReturnValue:
    """A year's notice: typed, previewed, imported."""

    def build(d: Door) -> FormPage:
        lead = "按国务院办公厅通知填写。确认前会列出哪些在办时限随之变化；已办结的工单和已停止的时限不变。"
        year = request.args.get("year", type=row_id)
        known = stored_year(d.session, year) if year else None
        values: dict[str, Any] = {"year": year}
        if known:
            texts = {"holidays": spans(known.holidays), "makeups": spans(known.makeups)}
            values = {"year": year, "notice": known.notice, **texts}
        return FormPage("导入放假安排", YearForm, "time", TIME, values, lead=lead, submit="预览影响")

    return run_change(build, _year_plan)


def _year_plan(d: Door, data: dict[str, Any]) -> RuleChange:
    notice = read_notice(data["year"], data["notice"], data["holidays"], data["makeups"])
    lines = [
        ("通知", notice.notice),
        ("放假", f"{len(notice.holidays)} 天：{spans(notice.holidays)}"),
        ("调休上班", f"{len(notice.makeups)} 天：{spans(notice.makeups)}" if notice.makeups else "无"),
    ]
    return _change(
        f"导入 {notice.year} 年放假安排",
        lines,
        Basis(calendar_after(d.session, notice)),
        lambda d: import_notice(d.session, d.actor, notice, d.now),
    )


@pages.route(f"{TIME}/hours", methods=["GET", "POST"])
def change_hours() -> ResponseReturnValue:
    """Office hours: typed, previewed, in force."""

    def build(d: Door) -> FormPage:
        lead = "一天可有多个时段，用空格隔开；休息日留空。"
        return FormPage("修改工作时间", HoursForm, "time", TIME, _hours_text(d.session), lead=lead, submit="预览影响")

    return run_change(build, _hours_plan)


def _hours_plan(d: Door, data: dict[str, Any]) -> RuleChange:
    weekly = {day: data[day] for day in DAY_LABELS if data[day]}
    lines = [(label, " ".join("-".join(w) for w in weekly.get(day, ())) or "休息") for day, label in DAY_LABELS.items()]
    basis = Basis(calendar_with_hours(d.session, weekly))
    return _change("修改工作时间", lines, basis, lambda d: recompute_by_hours(d.session, d.actor, weekly, d.now))


def _profile(d: Door, profile_id: int) -> SlaProfile:
    row: SlaProfile = found(d.session.get(SlaProfile, profile_id))
    return row


@pages.get(f"{TIME}/profiles/<int:profile_id>")
def profile(profile_id: int) -> ResponseReturnValue:
    """One version of a profile: its limits as a table, its ladders rung by rung."""
    with door() as d:
        demand(d, TIME_READERS)
        row = _profile(d, profile_id)
        rules = rules_of(row)
        values: dict[str, Any] = {
            "profile": row,
            "rules": rules,
            "limits": _limit_table(rules),
            "ladders": {_ladder_label(key): ladder for key, ladder in rules.ladders.items()},
            "is_newest": newest_version(d.session, row.code).id == row.id,
        }
        return show(d, "admin/profile.html", "time", WHOM=WHOM, CHANNELS=CHANNELS, EFFECTS=EFFECTS, **values)


def _limit_table(rules: SlaRules) -> list[tuple[str, list[tuple[str, Limit | None]]]]:
    return [
        (ClockName(clock).label, [(key_label(key), limit) for key, limit in rules.limits[clock].items()])
        for clock in ClockName
        if clock in rules.limits
    ]


def _ladder_label(key: str) -> str:
    clock, _, unit = key.partition("/")
    units = {"wd": "按工作日", "wh": "按工作小时", "h": "按自然小时"}
    name = "通用" if clock == "*" else ClockName(clock).label
    return f"{name}（{units[unit]}）" if unit else name


@pages.route(f"{TIME}/profiles/<int:profile_id>/edit", methods=["GET", "POST"])
def edit_profile(profile_id: int) -> ResponseReturnValue:
    """A new version, for tickets registered from now on."""

    def build(d: Door) -> FormPage:
        row = _profile(d, profile_id)
        rules = rules_of(row)
        values: dict[str, Any] = {"name": row.name, **{cell: limit.label for cell, _, _, limit in limit_cells(rules)}}
        values |= {name: getattr(rules, name).label for name in WINDOWS}
        values |= {name: getattr(rules, name) for name in COUNTS}
        lead = "只用于此后登记的工单；在办工单另行“按此版本重算”才会改变。写法：2 个工作日、4 个工作小时、24 小时。"
        back, title = f"{TIME}/profiles/{row.id}", f"修改“{row.name}”"
        return FormPage(title, profile_form(rules), "time", back, values, lead=lead, submit="保存为新版本")

    def save(d: Door, data: dict[str, Any]) -> str:
        row = _profile(d, profile_id)
        made = new_version(d.session, row, data["name"], _edited(rules_of(row), data), d.today)
        details = {"before": row.rules, "after": made.rules}
        audit(d.session, d.actor, "profile_edited", f"profile:{made.code}:{made.version}", d.now, details=details)
        return f"{TIME}/profiles/{made.id}"

    return run_form(build, save, done="已保存为新版本，此后登记的工单适用")


def _edited(rules: SlaRules, data: dict[str, Any]) -> SlaRules:
    limits = {clock: dict(table) for clock, table in rules.limits.items()}
    for cell, clock, key, _ in limit_cells(rules):
        limits[clock][key] = data[cell]
    return replace(rules, limits=limits, **{name: data[name] for name in (*WINDOWS, *COUNTS)})


@pages.post(f"{TIME}/profiles/<int:profile_id>/default")
def choose_profile(profile_id: int) -> ResponseReturnValue:
    """New tickets get this profile."""
    with door(write=True) as d:
        demand(d, ADMINS)
        record(d, "profile_default", make_default(d.session, _profile(d, profile_id)))
    flash("已设为新工单的默认方案", "ok")
    return redirect(TIME)


@pages.route(f"{TIME}/profiles/<int:profile_id>/recompute", methods=["GET", "POST"])
def apply_profile(profile_id: int) -> ResponseReturnValue:
    """Open tickets of older versions go over to this one, when confirmed."""
    write = request.method == "POST"
    with door(write=write) as d:
        demand(d, ADMINS)
        row = _profile(d, profile_id)
        if newest_version(d.session, row.code).id != row.id:
            raise Conflict("只能按最新版本重算", code="stale_version")
        if write:
            return redirect(_carried_out(recompute_by_profile(d.session, d.actor, row, d.now)))
        lines = [("方案", row.name), ("版本", f"第 {row.version} 版")]
        change = _change(
            f"按第 {row.version} 版重算在办工单", lines, Basis(working_calendar(d.session), row), lambda _: []
        )
        return preview_html(d, change, None, f"{TIME}/profiles/{row.id}", "time")
