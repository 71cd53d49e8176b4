"""Forms of supervision."""

from marshmallow import fields

from hotline.ticket.schemas import LINE, SHORT, Form, instant, line, reference, references, text


class ChangeFollower(Form):
    """变更跟办人."""

    follower_login = line("跟办人", SHORT, required=True, widget="select", source="desk")
    text = text("原因", rows=2)


class HandOver(Form):
    """交接: what one person holds in a ticket goes to another."""

    from_login = line("移交人工号", SHORT, required=True)
    to_login = line("接收人工号", SHORT, required=True)
    text = text("交接说明", required=True, rows=2)


class Note(Form):
    """添加备注."""

    text = text("备注", required=True, rows=3)


class RaiseTaskForce(Form):
    """成立专班."""

    name = line("专班名称", SHORT, required=True)
    follower_login = line("专班跟进人", SHORT, required=True, widget="select", source="desk", hint="全程跟进到结束")
    unit_codes = references("成员单位", "units")
    member_logins = line("成员工号", hint="个人成员，多个用逗号分开")
    text = text("目标任务", required=True, rows=3)


class JoinTaskForce(Form):
    """增加专班成员."""

    unit_codes = references("成员单位", "units")
    member_logins = line("成员工号", hint="个人成员，多个用逗号分开")
    text = text("说明", rows=2)


def chosen(label: str, source: str) -> fields.Integer:
    """One row that hangs on the ticket, by its id; `source` names the list a page offers."""
    return fields.Integer(
        required=True,
        metadata={"label": label, "widget": "select", "source": source},
        error_messages={"required": f"请选择{label}", "invalid": f"请选择{label}"},
    )


class LeaveTaskForce(Form):
    """移出专班成员."""

    member = chosen("成员", "members")
    text = text("原因", required=True, rows=2)


class Decide(Form):
    """专班决定."""

    unit_code = reference("落实单位", "units", required=True)
    due_at = instant("完成时限", hint="不填即按时限方案")
    text = text("决定内容", required=True, rows=3)


class Fulfil(Form):
    """落实专班决定."""

    decision = chosen("决定", "decisions")
    text = text("落实情况", required=True, rows=3)


class DropDecision(Form):
    """撤销专班决定."""

    decision = chosen("决定", "decisions")
    text = text("撤销理由", required=True, rows=2)


class EndTaskForce(Form):
    """专班结束."""

    text = text("专班结论", required=True, rows=3)


class LeaveNote(Form):
    """留言交班."""

    text = text("交班事项", required=True, rows=3, hint="不要写企业联系人的姓名和电话")
    numbers = line("涉及工单号", LINE, hint="多个用空格或逗号分开")


class Substitute(Form):
    """代办: to whom, until when."""

    to_login = line("代办人", SHORT, required=True, widget="select")
    last_day = fields.Date(
        required=True,
        metadata={"label": "代办至（含当日）", "widget": "date"},
        error_messages={"required": "请填写结束日期", "invalid": "日期的格式不对"},
    )
    reason = line("原因", LINE, required=True, placeholder="如：年休假、病假、外出培训")
