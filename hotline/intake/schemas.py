"""Forms of the intake stage."""

from marshmallow import fields, validate

from hotline.ticket.models.codes import AppealType, RefusalReason, RespondentKind, Urgency
from hotline.ticket.schemas import (
    INTERNAL_CONFIRMED,
    LINE,
    SHORT,
    Form,
    citations,
    code,
    flag,
    instant,
    line,
    reference,
    text,
)

CALL_TIMES = ["工作时间均可", "上午", "下午", "晚间"]
LANGUAGES = ["普通话", "粤语", "英语", "其他"]


class Respondent(Form):
    """Whom an appeal is about."""

    respondent_kind = code(RespondentKind, "被反映对象")
    respondent_unit_code = reference("被反映单位", "units")
    respondent_name = line("被反映的企业或个人", 120)
    respondent_login = line("被反映人员工号", SHORT, hint="被反映人是系统用户时填写，其本人将自动回避")


class Registration(Respondent):
    """What is registered of an appeal, whichever way it goes from there."""

    appeal_type = code(AppealType, "诉求类型", required=True, widget="radio")
    title = line("标题", 120, required=True)
    category_code = reference("事项分类", "categories", required=True)
    region_code = reference("涉及区域", "regions", required=True)
    body = text("诉求内容", 20_000, required=True, hint="时间、地点、对象、经过、请求", rows=6)
    wish = text("期望结果", rows=2)
    place = line("具体地点")
    urgency = code(Urgency, "紧急程度")
    enterprise_name = line("企业名称", 120)
    uscc = line("统一社会信用代码", SHORT, hint="18 位，选填")
    contact_name = line("联系人", SHORT)
    contact_phone = line("联系电话", SHORT, widget="tel")
    call_time = line("方便接听时间", SHORT, widget="select", choices=[(value, value) for value in CALL_TIMES])
    language = line("语言", 20, widget="select", choices=[(value, value) for value in LANGUAGES])
    is_confidential = flag("身份保密")
    is_anonymous = flag("匿名")
    wants_callback = flag("需要回访", True)
    source_code = reference("诉求来源", "sources")
    external_no = line("来源平台编号", 64)
    imposed_due_at = instant("上级要求办结时间")
    imposed_due_confirmed = flag("确认按已过时限登记")
    previous_no = line("关联工单号", 24)


class Submission(Registration):
    """提交转办."""


class Answer(Registration):
    """直接答复办结: the answer given on the telephone, and the entries it stood on."""

    public_text = text("现场答复", required=True, rows=4)
    legal_basis = text("政策依据", LINE, rows=1)
    citations = citations(widget="hidden")
    internal_confirmed = flag(INTERNAL_CONFIRMED, silent=True)


class Praise(Registration):
    """转单位知悉."""

    unit_code = reference("受表扬单位", "units", required=True)


class Refusal(Form):
    """不予受理, for a ticket that exists."""

    refusal_reason = code(RefusalReason, "不予受理原因", required=True)
    legal_route = text("已告知的法定途径", required=True, rows=2)
    text = text("说明", rows=2)


class RefusalAtDesk(Registration, Refusal):
    """不予受理, on the telephone."""


LINES = [
    ("110", "110 报警"),
    ("119", "119 消防"),
    ("120", "120 急救"),
    ("122", "122 交通事故"),
    ("UTILITY", "水电气抢修"),
]


class Transfer(Form):
    """转紧急热线, for a ticket that exists."""

    transferred_to = fields.String(
        required=True,
        validate=validate.OneOf([value for value, _ in LINES], error="请选择紧急热线"),
        metadata={"label": "紧急热线", "widget": "select", "choices": LINES},
        error_messages={"required": "请选择紧急热线"},
    )
    text = text("说明", rows=2)


class TransferAtDesk(Registration, Transfer):
    """转紧急热线, on the telephone."""


class Supplement(Form):
    """补充材料: the enterprise's own words are added, never replaced."""

    text = text("补充内容", required=True)


class Amendment(Respondent):
    """修改登记: only what is given changes; `respondent_withdrawn` takes back what was said of a respondent before."""

    title = line("标题", 120)
    category_code = reference("事项分类", "categories")
    region_code = reference("涉及区域", "regions")
    place = line("具体地点")
    urgency = code(Urgency, "紧急程度")
    respondent_withdrawn = flag("原登记的被反映对象有误，予以撤销", silent=True)
    is_confidential = flag("身份保密", None, widget="radio", choices=[("true", "改为保密"), ("false", "解除保密")])
    text = text("修改原因", required=True, rows=2)
