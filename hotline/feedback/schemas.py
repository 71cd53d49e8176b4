"""Forms of the feedback stage."""

from typing import Any

from marshmallow import ValidationError, validates_schema

from hotline.ticket.models.codes import ContactResult, Satisfaction, UnresolvedReason
from hotline.ticket.schemas import Form, code, flag, text

YES_NO = [("true", "是"), ("false", "否")]


class Callback(Form):
    """登记回访: what an answered call says is asked of answered calls only."""

    result = code(ContactResult, "接通情况", required=True, widget="radio")
    was_contacted = flag("承办单位是否联系过", None, widget="radio", choices=YES_NO)
    is_resolved = flag("诉求是否解决", None, widget="radio", choices=YES_NO)
    satisfaction = code(Satisfaction, "办理结果满意度", widget="radio")
    process_satisfaction = code(Satisfaction, "办理过程满意度", widget="radio")
    text = text("回访记录", rows=3)

    @validates_schema
    def _complete(self, data: dict[str, Any], **_: Any) -> None:
        if data["result"] is not ContactResult.REACHED:
            return
        asked = {"was_contacted": "承办单位是否联系过", "is_resolved": "诉求是否解决", "satisfaction": "办理结果满意度"}
        missing = {name: [f"已接通的回访请填写{label}"] for name, label in asked.items() if data.get(name) is None}
        if missing:
            raise ValidationError(missing)


class Rework(Form):
    """退回重办."""

    text = text("重办要求", required=True, rows=3)


class Close(Form):
    """办结: 未解决 only with a reason."""

    is_resolved = flag("诉求是否解决", None, widget="radio", choices=YES_NO, hint="不填则以最近一次有效回访为准")
    unresolved_reason = code(UnresolvedReason, "未解决原因")
    text = text("办结说明", rows=2)


class Rate(Form):
    """评价: a bad one says why."""

    satisfaction = code(Satisfaction, "总体评价", required=True, widget="radio")
    text = text("评价内容", rows=3)

    @validates_schema
    def _bad_says_why(self, data: dict[str, Any], **_: Any) -> None:
        if data["satisfaction"].is_bad and not data["text"]:
            raise ValidationError({"text": ["请告诉我们不满意的原因，以便整改"]})


class ReviewRequesting(Form):
    """申请复核."""

    text = text("复核理由", required=True, rows=3)
