"""The ticket's code tables, each with its Chinese label. The values are those of real hotlines."""

from hotline.labelled import Labelled


class TicketStatus(Labelled):
    AWAITING_SUPPLEMENT = "AWAITING_SUPPLEMENT", "待补充"
    AWAITING_DISPATCH = "AWAITING_DISPATCH", "待派单"
    AWAITING_SIGN = "AWAITING_SIGN", "待签收"
    OBJECTED = "OBJECTED", "退单待裁定"
    HANDLING = "HANDLING", "办理中"
    UNDER_REVIEW = "UNDER_REVIEW", "答复待审核"
    AWAITING_CALLBACK = "AWAITING_CALLBACK", "待回访"
    MERGED = "MERGED", "已并单"
    AWAITING_EXTERNAL = "AWAITING_EXTERNAL", "外地办理中"
    CLOSED = "CLOSED", "已办结"
    REFUSED = "REFUSED", "不予受理"
    TRANSFERRED = "TRANSFERRED", "已转紧急热线"
    WITHDRAWN = "WITHDRAWN", "已撤回"

    @property
    def is_end(self) -> bool:
        """Whether the ticket rests here."""
        return self in ENDS

    @property
    def takes_in(self) -> bool:
        """Whether others may be merged into a ticket here: open, not merged itself, not answered yet."""
        return self in MASTERS


ENDS = frozenset({TicketStatus.CLOSED, TicketStatus.REFUSED, TicketStatus.TRANSFERRED, TicketStatus.WITHDRAWN})
OPEN = tuple(status for status in TicketStatus if status not in ENDS)
ANSWERED = frozenset({TicketStatus.UNDER_REVIEW, TicketStatus.AWAITING_CALLBACK})
MASTERS = frozenset(OPEN) - ANSWERED - {TicketStatus.MERGED}


class AppealType(Labelled):
    CONSULTATION = "CONSULTATION", "咨询"
    HELP = "HELP", "求助"
    COMPLAINT = "COMPLAINT", "投诉"
    TIP_OFF = "TIP_OFF", "举报"
    SUGGESTION = "SUGGESTION", "建议"
    PRAISE = "PRAISE", "表扬"


class Urgency(Labelled):
    NORMAL = "NORMAL", "一般"
    URGENT = "URGENT", "紧急"
    EMERGENCY = "EMERGENCY", "特急"


class RespondentKind(Labelled):
    UNIT = "UNIT", "单位"
    ENTERPRISE = "ENTERPRISE", "企业"
    PERSON = "PERSON", "个人"


class RefusalReason(Labelled):
    OUT_OF_JURISDICTION = "OUT_OF_JURISDICTION", "不属于本行政区域管辖"
    PARTY_COURT_ARMY = "PARTY_COURT_ARMY", "属于党委、人大、政协、监委、法院、检察院或军队事项"
    EMERGENCY_110 = "EMERGENCY_110", "属于 110、119、120、122 等紧急热线事项"
    LEGAL_ROUTE = "LEGAL_ROUTE", "应当通过诉讼、仲裁、纪检监察、行政复议、政府信息公开等程序解决"
    PETITION = "PETITION", "已进入信访程序"
    SECRET_PRIVACY = "SECRET_PRIVACY", "涉及国家秘密、商业秘密或个人隐私"
    UNLAWFUL_ABUSE = "UNLAWFUL_ABUSE", "违反法律法规、公序良俗，或无实质内容、恶意骚扰"
    REPEAT_NO_NEW_FACT = "REPEAT_NO_NEW_FACT", "正在办理或已经办结，同一事实同一理由重复提出"
    OTHER_LAW = "OTHER_LAW", "法律法规另有规定"


class ObjectionReason(Labelled):
    NOT_OUR_DUTY = "NOT_OUR_DUTY", "非本单位职责"
    WRONG_PLACE = "WRONG_PLACE", "属地不符"
    UNCLEAR_OWNER = "UNCLEAR_OWNER", "权属不清"
    OVERLAPPING_DUTY = "OVERLAPPING_DUTY", "职能交叉"
    INCOMPLETE = "INCOMPLETE", "信息不全"
    DUPLICATE = "DUPLICATE", "重复"
    LEGAL_ROUTE = "LEGAL_ROUTE", "应走法定途径"


class ExtensionReason(Labelled):
    COMPLEX = "COMPLEX", "案情复杂"
    SEVERAL_UNITS = "SEVERAL_UNITS", "需多部门配合"
    APPRAISAL = "APPRAISAL", "需检测鉴定"
    STATUTORY = "STATUTORY", "法定期限更长"
    WAITING_MATERIAL = "WAITING_MATERIAL", "等待材料"


class PauseReason(Labelled):
    WAITING_MATERIAL = "WAITING_MATERIAL", "等待诉求人补充材料"
    APPRAISAL = "APPRAISAL", "等待司法或专家鉴定"
    STATUTORY = "STATUTORY", "法定程序期间"


class UnresolvedReason(Labelled):
    BEYOND_POWERS = "BEYOND_POWERS", "超出行政范围"
    NO_POLICY = "NO_POLICY", "政策不支持"
    LEGACY = "LEGACY", "历史遗留"
    IN_PROGRESS = "IN_PROGRESS", "正在推进"
    GIVEN_UP = "GIVEN_UP", "诉求人放弃"


class Satisfaction(Labelled):
    """The five levels, and only these words (国办发〔2019〕51号, GB/T 39735-2020)."""

    VERY_SATISFIED = "VERY_SATISFIED", "非常满意"
    SATISFIED = "SATISFIED", "满意"
    FAIRLY_SATISFIED = "FAIRLY_SATISFIED", "基本满意"
    DISSATISFIED = "DISSATISFIED", "不满意"
    VERY_DISSATISFIED = "VERY_DISSATISFIED", "非常不满意"

    @property
    def is_bad(self) -> bool:
        """差评."""
        return self in (Satisfaction.DISSATISFIED, Satisfaction.VERY_DISSATISFIED)


class AssignmentKind(Labelled):
    LEAD = "LEAD", "主办"
    SUPPORT = "SUPPORT", "协办"
    DELEGATE = "DELEGATE", "下派"
    INFORM = "INFORM", "知悉"


class ContactResult(Labelled):
    REACHED = "REACHED", "已联系上"
    NO_ANSWER = "NO_ANSWER", "无人接听"
    REFUSED = "REFUSED", "对方拒绝沟通"
    WRONG_NUMBER = "WRONG_NUMBER", "号码有误"


class Ruling(Labelled):
    PENDING = "PENDING", "待裁定"
    GRANTED = "GRANTED", "同意"
    DENIED = "DENIED", "不同意"
