"""Forms of the expert desk, the pool, the roster and the consultations."""

from marshmallow import fields as kinds
from marshmallow import validate

from hotline.experts.models import LANGUAGES, Presence
from hotline.experts.records import MeetingMode
from hotline.ticket.models import Satisfaction
from hotline.ticket.schemas import LINE, SHORT, Form, code, day, flag, line, reference, text

FIELDS_HINT = "每行一个：分类代码 程度（1 了解、2 熟悉、3 精通） 区域代码（全市不填），如 0402 3 449902"


class AskExpert(Form):
    """请专家解答."""

    expert_login = line(
        "政策专家", SHORT, required=True, widget="select", source="experts", hint="按领域、值班、在办和采纳情况排序"
    )
    question = text("咨询问题", required=True, rows=3)


class ExpertAnswer(Form):
    """专家答复: the unit's word."""

    answer = text("专家答复", required=True, rows=5)
    legal_basis = line("政策依据", LINE, required=True)


class ExpertDecline(Form):
    """转其他专家."""

    expert_login = line("转给专家", SHORT, required=True, widget="select", source="experts")
    text = text("原因", required=True, rows=2)


class Invite(Form):
    """请专家通话: for a draft or a ticket."""

    ticket_no = line("工单号", SHORT)
    draft_key = line("草稿编号", SHORT)
    question = text("咨询问题", required=True, rows=2)
    category_code = reference("事项分类", "categories")
    region_code = reference("所属区域", "regions")
    language = line("语言", 20)
    appeal_type = line("诉求类型", SHORT)
    respondent_unit_code = reference("被反映单位", "units")
    respondent_login = line("被反映人账号", SHORT)


class Consent(Form):
    """三方通话: the caller's own answer."""

    is_consented = kinds.Boolean(
        required=True,
        metadata={
            "label": "来电人是否同意与专家三方通话",
            "widget": "radio",
            "choices": [("true", "同意"), ("false", "不同意，由我转述")],
        },
        error_messages={"required": "请先征询来电人是否同意", "invalid": "请选择同意或不同意"},
    )


class RecordAnswer(ExpertAnswer):
    """记录答复, with a summary of the call."""

    summary = text("通话摘要", rows=2)


class Book(Form):
    """预约: a slot as the list of slots names it."""

    ticket_no = line("工单号", SHORT)
    slot = line("时段", SHORT, required=True)
    mode = code(MeetingMode, "方式", required=True, widget="radio")
    question = text("想咨询的问题", required=True, rows=3)


class RateAdvice(Form):
    """评价 of a consultation."""

    satisfaction = code(Satisfaction, "对专家解答的评价", required=True, widget="radio")


class Previewed(Form):
    """A change that is shown before it is done. `seen`: the mark of the preview that is confirmed."""

    seen = line("影响预览", SHORT)


class ExpertPlace(Previewed):
    """专家库中的一位专家."""

    title = line("专长或职务", SHORT)
    skills = text("领域", 2000, required=True, rows=4, hint=FIELDS_HINT, placeholder="0402 3")
    languages = kinds.List(
        kinds.String(validate=validate.OneOf(LANGUAGES, LANGUAGES.values())),
        load_default=lambda: ["zh"],
        validate=validate.Length(1, 6, error="请至少选择一种语言"),
        metadata={"label": "语言", "widget": "checkbox", "choices": list(LANGUAGES.items())},
    )
    valid_from = kinds.Date(
        required=True,
        metadata={"label": "有效期自", "widget": "date", "width": 4},
        error_messages={"required": "请填写有效期自"},
    )
    valid_to = day("有效期至", width=4, hint="不填为长期")
    max_parallel = kinds.Integer(
        load_default=3,
        validate=validate.Range(1, 50, error="最多同时办理须为 1 至 50 件"),
        metadata={"label": "最多同时办理（件）", "width": 4},
    )
    work_phone = line("工作电话", 32, widget="tel", hint="仅显示掩码；修改时留空则不变")
    text = text("推荐说明", rows=2)


class Recommend(ExpertPlace):
    """推荐入库."""

    login = line("专家账号", SHORT, required=True, widget="select", source="expert_accounts")


class SetPresence(Form):
    """在线状态."""

    presence = code(Presence, "状态", required=True, widget="radio")


class LayOut(Previewed):
    """排班."""

    expert_id = kinds.Integer(required=True, metadata={"label": "专家（A角）", "widget": "select"})
    substitute_id = kinds.Integer(
        load_default=None,
        allow_none=True,
        metadata={"label": "B角", "widget": "select", "hint": "同一单位的另一位专家"},
    )
    day = kinds.Date(required=True, metadata={"label": "日期", "widget": "date", "width": 4})
    starts = kinds.Time(required=True, metadata={"label": "开始", "width": 4, "placeholder": "08:30"})
    ends = kinds.Time(required=True, metadata={"label": "结束", "width": 4, "placeholder": "12:00"})
    until = kinds.Date(
        load_default=None,
        allow_none=True,
        metadata={"label": "每周重复至", "widget": "date", "width": 4, "hint": "不填只排这一天"},
    )
    on_holidays = flag("节假日也值班")


class Remove(Previewed):
    """撤班."""

    text = line("原因", LINE)


class Swap(Previewed):
    """替班."""

    is_absent = flag("A角缺勤，由B角替班")
    substitute_id = kinds.Integer(load_default=None, allow_none=True, metadata={"label": "B角", "widget": "select"})
    text = line("说明", LINE)
