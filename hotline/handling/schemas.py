"""Forms of the handling stage."""

from marshmallow import fields, validate

from hotline.ticket.models.codes import ContactResult, ExtensionReason, ObjectionReason, PauseReason
from hotline.ticket.schemas import (
    INTERNAL_CONFIRMED,
    LINE,
    SHORT,
    Form,
    citations,
    code,
    day,
    flag,
    instant,
    line,
    reference,
    text,
)


class Objecting(Form):
    """退单: reason, legal basis, and whose it is instead."""

    reason = code(ObjectionReason, "退单原因", required=True)
    legal_basis = text("法律或职责依据", required=True, rows=2)
    suggested_unit_code = reference("建议承办单位", "units")
    text = text("具体说明", required=True, rows=3)


class AssignHandler(Form):
    """指派经办人."""

    handler_login = line("经办人", SHORT, required=True, widget="select", source="handlers")
    text = text("交办意见", rows=2)


class Delegate(Form):
    """下派 to a unit below."""

    unit_code = reference("下派单位", "units_below", required=True)
    text = text("下派事项", required=True, rows=2)


class Contribute(Form):
    """协办或下派单位的意见."""

    opinion = text("办理意见", required=True)


class Contacting(Form):
    """先行联系."""

    result = code(ContactResult, "联系结果", required=True, widget="radio")
    phone = line("联系号码", SHORT, widget="tel", hint="不填即为工单登记的号码")
    text = text("沟通情况", required=True, rows=3)


class Interim(Form):
    """阶段反馈."""

    text = text("进展情况", required=True)
    is_public = flag("告知企业", True)


def _days(label: str) -> fields.Integer:
    return fields.Integer(
        required=True,
        validate=validate.Range(1, 60, error=f"{label}须在 1 至 60 之间"),
        metadata={"label": label, "widget": "number"},
        error_messages={"required": f"请填写{label}", "invalid": f"{label}须为整数"},
    )


class RequestExtension(Form):
    """申请延期. `agreed_*`: the record of 上级同意, without which a due time set from above does not move."""

    reason = code(ExtensionReason, "延期原因", required=True)
    working_days = _days("延期工作日数")
    legal_basis = text("依据", required=True, rows=2)
    text = text("具体说明", required=True, rows=2, hint="企业会看到这段说明")
    agreed_by = line("上级同意人", SHORT, hint="同意延期的上级单位和人员")
    agreed_ref = line("上级同意文号", 120)
    agreed_on = day("上级同意日期")


class RequestPause(Form):
    """申请挂起."""

    reason = code(PauseReason, "挂起原因", required=True)
    legal_basis = text("依据", required=True, rows=2)
    text = text("具体说明", required=True, rows=2, hint="企业会看到这段说明")


class Replying(Form):
    """提交答复: what the enterprise reads, and what stays inside."""

    public_text = text("公开答复", required=True, rows=6, hint="企业会看到这段文字")
    internal_note = text("内部办理情况", rows=3, hint="仅热线和承办单位可见")
    legal_basis = line("政策或法律依据", LINE, required=True)
    citations = citations(hint="答复所依据的条目；内部条目只留存备查，企业看不到")
    internal_confirmed = flag(INTERNAL_CONFIRMED, silent=True)
    is_true = flag("诉求属实", None, widget="radio", choices=[("true", "属实"), ("false", "不属实")])


class Conferring(Form):
    """登记会商."""

    held_at = instant("会商时间", hint="不填即为现在")
    attendees = text("参加单位和人员", required=True, rows=2)
    agreed = text("议定事项（纪要）", required=True, rows=4)
    legal_basis = text("依据", required=True, rows=2)


class Disputing(Form):
    """对延期或挂起提出异议."""

    text = text("异议理由", required=True, rows=3)
