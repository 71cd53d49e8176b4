"""Forms of the administration pages. They stand here because their building blocks (`ticket.schemas`) lie above the
directory and the accounts."""

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from hotline.accounts.models import Post, Role
from hotline.accounts.operations import MIN_PASSWORD
from hotline.directory.models import UnitKind
from hotline.ticket.models import AppealType, Urgency
from hotline.ticket.schemas import LONG, SHORT, Form, flag, line, reference, text
from routing.calendar import WEEKDAYS
from routing.deadlines import Limit
from routing.profiles import ClockName, SlaRules

CODE = re.compile(r"[A-Za-z0-9_.-]+")
STAFF_ROLES = [(role.value, role.label) for role in Role if role not in (Role.ENTERPRISE, Role.SYSTEM)]


def _code(label: str, limit: int = 32) -> fields.String:
    made = line(label, limit, required=True, width=4, hint="字母、数字，建立后不再改变")
    made.validators.append(validate.Regexp(CODE.pattern + r"\Z", error="只能用字母、数字、点、横线和下划线"))
    return made


def _day(label: str, **meta: Any) -> fields.Date:
    return fields.Date(required=True, metadata={"label": label, **meta})


def _whole(label: str, low: int, high: int, **meta: Any) -> fields.Integer:
    within = validate.Range(low, high, error=f"{label}须为 {low} 至 {high}")
    meta = {"label": label, **meta}
    return fields.Integer(required=True, validate=within, metadata=meta)


def _choice(label: str, choices: list[tuple[str, str]], **meta: Any) -> fields.String:
    one_of = validate.OneOf([value for value, _ in choices], error=f"请选择{label}")
    messages: dict[str, Any] = {"required": f"请选择{label}"}
    meta = {"label": label, "widget": "select", "choices": choices, **meta}
    return fields.String(required=True, validate=one_of, metadata=meta, error_messages=messages)


class UnitForm(Form):
    """A unit's facts."""

    name = line("全称", 100, required=True, width=8)
    short_name = line("简称", 40, required=True, width=4)
    kind = _choice("类型", [(kind.value, kind.label) for kind in UnitKind], width=4)
    parent_code = reference("上级单位", "units", width=4)
    region_code = reference("所在区域", "regions", width=4)
    supervising_unit_code = reference("监督单位", "units", width=8, hint="本单位被投诉时由谁办理；不能是本单位或其下级")
    sign_off_levels = _whole("答复审签级数", 0, 5, width=4, hint="0 = 经办人直接提交")
    duty_phone = line("值班电话", 32, widget="tel", width=4)
    duties = text("主要职责", LONG, rows=3)


class SupervisorForm(Form):
    """Who handles complaints against a unit."""

    supervising_unit_code = reference("监督单位", "units", required=True, width=8)


class NewUnit(UnitForm):
    """A unit that is not there yet."""

    code = _code("单位代码")

    class Meta(Form.Meta):
        fields = ("version", "code", *(name for name in UnitForm._declared_fields if name != "version"))


class Ending(Form):
    """停用 after a day."""

    effective_to = _day("最后有效日", width=4, hint="当日仍有效，次日起停用；历史工单不受影响")


class Appointment(Form):
    """Who holds a post, from a day on."""

    post = _choice("职务", [(post.value, post.label) for post in Post], width=4)
    account_login = line("人员", SHORT, required=True, widget="select", width=4)
    effective_from = _day("自", width=4, hint="原任职至前一日止")


class SourceForm(Form):
    """A source of appeals."""

    name = line("名称", 40, required=True, width=4)
    is_platform = flag("是外部平台（保留其编号）", width=4)
    must_report_back = flag("须向其回传办理状态", width=4)
    webhook_url = line("状态回传地址", 300, widget="url", hint="http:// 或 https:// 开头；留空则不推送")

    @validates_schema
    def _address(self, data: dict[str, Any], **_: Any) -> None:
        url = data.get("webhook_url", "")
        if url and not re.match(r"https?://[^\s/]+", url):
            raise ValidationError("回传地址须以 http:// 或 https:// 开头", "webhook_url")


class NewSource(SourceForm):
    """A source that is not there yet."""

    code = _code("来源代码")

    class Meta(Form.Meta):
        fields = ("version", "code", "name", "is_platform", "must_report_back", "webhook_url")


def _roles() -> "fields.List[Any]":
    at_least_one = validate.Length(1, error="至少选择一个岗位")
    inner = fields.String(validate=validate.OneOf([value for value, _ in STAFF_ROLES], error="没有这个岗位"))
    meta = {"label": "岗位", "widget": "checkbox", "choices": STAFF_ROLES}
    messages: dict[str, Any] = {"required": "至少选择一个岗位"}
    return fields.List(inner, required=True, validate=at_least_one, metadata=meta, error_messages=messages)


def _password(label: str, autocomplete: str = "new-password", **meta: Any) -> fields.String:
    return line(label, 200, required=True, widget="password", autocomplete=autocomplete, **meta)


class AccountForm(Form):
    """Who a person is in the house."""

    name = line("姓名", 40, required=True, width=4)
    unit_code = reference("所在单位", "units", required=True, width=8)
    roles = _roles()


class NewAccount(AccountForm):
    """A person who has no account yet."""

    login = _code("工号", 40)
    password = _password("初始密码", width=8, hint=f"至少 {MIN_PASSWORD} 位，请本人登录后修改")

    class Meta(Form.Meta):
        fields = ("version", "login", "name", "unit_code", "roles", "password")


class PasswordReset(Form):
    """A new password set by an administrator."""

    password = _password("新密码", hint=f"至少 {MIN_PASSWORD} 位；其所有登录将立即失效")


class OwnPassword(Form):
    """A new password set by oneself."""

    old_password = _password("原密码", "current-password")
    password = _password("新密码", hint=f"至少 {MIN_PASSWORD} 位")
    again = _password("再输一次新密码")

    @validates_schema
    def _same(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("password") != data.get("again"):
            raise ValidationError("两次输入的新密码不一致", "again")


class TokenForm(Form):
    """A machine's token."""

    name = line("用途", 60, required=True, width=8, placeholder="如：省平台工单推送")
    days = _whole("有效天数", 1, 730, width=4)


class HandOverForm(Form):
    """交接 of everything an account holds."""

    to_login = line("接收人", SHORT, required=True, widget="select")
    reason = line("交接原因", 200, required=True, placeholder="如：岗位调整、离职、休假")


class YearForm(Form):
    """One year's 放假安排 as the State Council's notice has it."""

    year = _whole("年份", 2020, 2100, width=4)
    notice = line("通知名称", 200, required=True, width=8, placeholder="国务院办公厅关于……部分节假日安排的通知")
    holidays = line("放假日期", 400, required=True, hint="含连休的周末，多个用空格隔开，如 01-01..01-03 02-05..02-11")
    makeups = line("调休上班的周末", 400, hint="如 01-30 02-20；没有则留空")


UNITS = {"工作日": "wd", "工作小时": "wh", "工作分钟": "wm", "小时": "h", "分钟": "m"}
LIMIT = re.compile(rf"([0-9]{{1,6}})个?({'|'.join((*UNITS, *UNITS.values()))})")


class LimitField(fields.Field[Limit]):
    """A limit as people write it: "2 个工作日", "30 工作分钟", "24 小时", or "2wd"."""

    def _serialize(self, value: Limit | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return value.label if value else None

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Limit:
        read = LIMIT.fullmatch(str(value).replace(" ", ""))
        if read is None or int(read[1]) < 1:
            raise ValidationError("请写成 2 个工作日、4 个工作小时、30 个工作分钟、24 小时或 15 分钟")
        return Limit.parse(f"{int(read[1])}{UNITS.get(read[2], read[2])}")


def _limit(label: str, **meta: Any) -> LimitField:
    meta = {"label": label, "widget": "text", "width": 3, **meta}
    return LimitField(required=True, metadata=meta)


APPEALS = {**{one.value: one.label for one in AppealType}, "*": "一般"}


def key_label(key: str) -> str:
    """A key of a profile's limits in words: "*/EMERGENCY" → "特急", "HELP" → "求助"."""
    appeal, _, urgency = key.partition("/")
    words = [APPEALS[appeal]] if appeal != "*" or not urgency else []
    return " · ".join([*words, Urgency[urgency].label] if urgency else words)


def limit_cells(rules: SlaRules) -> list[tuple[str, str, str, Limit]]:
    """Every limit of a profile that is a length of time: (field name, clock, key, limit)."""
    tables = [(clock, rules.limits[clock]) for clock in ClockName if clock in rules.limits]
    cells = [(clock, key, limit) for clock, table in tables for key, limit in table.items() if limit]
    return [(f"limit_{number}", clock, key, limit) for number, (clock, key, limit) in enumerate(cells)]


def profile_form(rules: SlaRules) -> type[Schema]:
    """The form of one profile: its own limits, and the windows every profile has."""
    limits = {
        name: _limit(f"{ClockName(clock).label}（{key_label(key)}）") for name, clock, key, _ in limit_cells(rules)
    }
    rest = {
        "name": line("方案名称", 60, required=True),
        **limits,
        "objection_window": _limit("退单期限"),
        "pause_limit": _limit("挂起上限"),
        "review_request_window": _limit("申请复核期限"),
        "max_objections": _whole("退单次数上限", 0, 9, width=3),
        "extension_max_count": _whole("延期次数上限", 0, 9, width=3),
        "pause_max_count": _whole("挂起次数上限", 0, 9, width=3),
        "callback_tries": _whole("未接通回访次数", 1, 9, width=3),
    }
    return type("ProfileForm", (Form,), rest)


DAY_LABELS = dict(zip(WEEKDAYS, ("周一", "周二", "周三", "周四", "周五", "周六", "周日"), strict=True))
HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


class HoursField(fields.Field[list[list[str]]]):
    """One weekday's windows: "08:30-12:00 14:30-17:30"; nothing for a closed day."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[list[str]]:
        windows = [window.split("-") for window in str(value).split() if HOURS.fullmatch(window)]
        flat = [moment for window in windows for moment in window]
        if len(windows) != len(str(value).split()) or sorted(set(flat)) != flat or max(flat, default="") > "24:00":
            raise ValidationError("请写成 08:30-12:00 14:30-17:30，先后有序、互不重叠；休息日留空")
        return windows


class HoursForm(Form):
    """Office hours by weekday."""

    mon, tue, wed, thu, fri, sat, sun = (
        HoursField(load_default=list, metadata={"label": DAY_LABELS[day], "widget": "text", "width": 4})
        for day in WEEKDAYS
    )

    @validates_schema
    def _not_shut(self, data: dict[str, Any], **_: Any) -> None:
        if not any(data.get(day) for day in WEEKDAYS):
            raise ValidationError("至少有一天上班", "mon")
