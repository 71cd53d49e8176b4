"""The forms of the knowledge base: one an action, serving page, API, OpenAPI and checks alike."""

from datetime import date
from typing import Any

from marshmallow import fields, validate

from hotline.knowledge.models import (
    MAX_CONTACT,
    MAX_DOC_NUMBER,
    MAX_PLACE,
    MAX_TITLE,
    MAX_URL,
    EntryType,
)
from hotline.knowledge.records import MAX_QUESTION, CorrectionKind, Verdict
from hotline.ticket.schemas import BODY, SHORT, Checked, Form, code, flag, instant, line, reference, text

MAX_FULL_TEXT = 200_000


def day(label: str, *, required: bool = False, **meta: Any) -> fields.Date:
    """A day, written 2026-03-18."""
    default: dict[str, Any] = {} if required else {"load_default": None, "allow_none": True}
    wrong: dict[str, Any] = {"invalid": f"{label}应写作 2026-03-18 的样子", "required": f"请填写{label}"}
    sane = validate.Range(date(1949, 10, 1), date(2199, 12, 31), error=f"{label}不像是真的日期，请核对")
    return fields.Date(
        required=required, validate=sane, metadata={"label": label, **meta}, error_messages=wrong, **default
    )


class EntryContent(Form):
    """What a version says. Several question variants, tags or related codes: one a line."""

    title = line("标题", MAX_TITLE, required=True)
    phone_answer = text("电话口径", hint="话务员可直接念出的简短答复")
    full_text = text("完整答复", MAX_FULL_TEXT, required=True, rows=10)
    question_variants = text("相近问法", BODY, hint="每行一种问法")
    doc_number = line("文号", MAX_DOC_NUMBER, width=6)
    source_title = line("文件标题", MAX_TITLE, width=6)
    place = line("条款位置", MAX_PLACE, width=6)
    url = line("原文网址", MAX_URL, width=6)
    effective_from = day("生效日期", required=True, width=4)
    expires_at = day("有效期至", hint="含当日；不填为长期有效", width=4)
    review_due = day("复核日期", hint="不填为发布后一年", width=4)
    contact_phone = line("联系电话", MAX_CONTACT, width=6)
    contact_hours = line("服务时间", MAX_CONTACT, width=6)
    related = text("关联条目", BODY, hint="每行一个条目编号")
    beneficiaries = text("惠及对象", BODY)
    conditions = text("申报条件", BODY)
    payout_limit = text("兑现时限", BODY)
    address = text("受理地址", BODY)
    enquiry_phone = line("咨询电话", MAX_CONTACT)


class Classification(Form):
    """Where an entry belongs and who may read it."""

    category_code = reference("事项分类", "categories", width=6)
    region_code = reference("适用区域", "regions", hint="不填为全市", width=6)
    audience = text("适用对象标签", BODY, hint="每行一个，例如“小微企业”")
    is_public = flag("公众可见", False)


class Draft(EntryContent, Classification):
    """A new entry."""

    type = code(EntryType, "类型", required=True, width=6)
    unit_code = reference("责任单位", "units", hint="不填为本单位", width=6)


class Publish(Form):
    """复审通过并发布."""

    is_checked = flag("存疑之处已对照原文核对")
    text = text("说明", rows=2)


class Confirm(Form):
    """A version stays as it is until it is looked at again."""

    review_due = day("下次复核日期", hint="不填为一年后")
    text = text("复核说明")


class Successor(Form):
    """Which entry takes this one's place."""

    successor_code = line("替代条目编号", SHORT, required=True)
    text = text("说明")


class Keepers(Form):
    """Who keeps an entry."""

    maintainer_login = line("维护人账号", SHORT, width=6)
    deputy_login = line("B 角账号", SHORT, width=6)


class FromReply(Checked):
    """Which ticket's answer is to become a draft."""

    number = line("工单号", SHORT, required=True)


class RaiseNotice(Checked):
    """临时口径."""

    title = line("标题", MAX_TITLE, required=True)
    basis = text("依据")
    ends_at = instant("截止时间")
    entry_code = line("暂时替代的条目编号", SHORT)
    text = text("统一口径", BODY, required=True)


class Report(Checked):
    """纠错."""

    kind = code(CorrectionKind, "问题", required=True)
    text = text("说明", required=True)
    entry_version = fields.Integer(load_default=None, allow_none=True, metadata={"label": "条目版本"})


class AnswerCorrection(Checked):
    """The owning unit's answer to a correction."""

    is_accepted = flag("采纳")
    text = text("答复", required=True)


class Feedback(Checked):
    """What a reader thinks of a version."""

    verdict = code(Verdict, "评价", required=True)
    entry_version = fields.Integer(load_default=None, allow_none=True, metadata={"label": "条目版本"})


class OpenGap(Checked):
    """登记知识缺口并派给单位."""

    question = line("问题", MAX_QUESTION, required=True)
    unit_code = reference("责任单位", "units", required=True)
    text = text("说明")


class NameEntry(Checked):
    """Which entry closes a gap or a submission."""

    entry_code = line("条目编号", SHORT, required=True)
    text = text("说明")
