"""Tickets in every state, made by legal steps only: each stage says which one it grows out of, and by what steps.

The lead is always the district WD, which has bureaus below it (下派), a sign-off level (审签) and a supervisor above.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor, enterprise
from hotline.actions import perform
from hotline.ticket.models import Decision, TaskForceMember, Ticket
from hotline.ticket.queries import hanging
from tests.city import City

LEAD = "WD"
ENTERPRISE, OTHER_ENTERPRISE = "ENTERPRISE", "OTHER_ENTERPRISE"
PAYLOADS: dict[str, dict[str, Any]] = {
    "supplement": {"text": "补交验收单"},
    "amend": {"text": "更正标题", "title": "设备贷款贴息申报被退回"},
    "withdraw": {"text": "已自行解决"},
    "urge": {"text": "企业再次来电"},
    "refuse": {"refusal_reason": "LEGAL_ROUTE", "legal_route": "可向人民法院起诉"},
    "transfer_emergency": {"transferred_to": "119"},
    "dispatch": {"unit_code": LEAD},
    "redispatch": {"unit_code": "JRJ", "text": "由市金融局办理更合适"},
    "overrule": {"text": "职责清单已明确由属地办理"},
    "return_for_supplement": {"text": "请补充设备购置发票"},
    "transfer_external": {"transferred_to": "外省某市12345"},
    "external_reply": {"public_text": "对方已受理并答复"},
    "external_return": {"text": "对方称不属其管辖"},
    "merge": {"master_no": "{master}", "text": "同一企业同一事项"},
    "split": {"text": "两件诉求并不相同"},
    "add_support": {"unit_code": "GXJ", "text": "请核对技改备案"},
    "sign": {},
    "sign_by_default": {},
    "object": {"reason": "NOT_OUR_DUTY", "legal_basis": "三定方案", "text": "贴息由市级办理"},
    "assign_handler": {"handler_login": "wd.gxj.handler"},
    "delegate": {"unit_code": "WD-HT", "text": "请上门核实"},
    "contribute": {"opinion": "情况属实，建议受理"},
    "contact": {"result": "REACHED", "text": "已与联系人核对材料"},
    "interim": {"text": "正在会商"},
    "request_extension": {
        "reason": "COMPLEX", "working_days": 2, "legal_basis": "热线办法", "text": "需现场核查",
    },
    "grant_extension": {},
    "deny_extension": {"text": "理由不足"},
    "request_pause": {"reason": "WAITING_MATERIAL", "legal_basis": "热线办法", "text": "等待企业补件"},
    "grant_pause": {},
    "deny_pause": {"text": "不属挂起情形"},
    "resume": {},
    "reply": {"public_text": "补齐验收单后三个工作日内受理。", "legal_basis": "贴息办法第六条", "is_true": True},
    "sign_off": {},
    "reject_sign_off": {"text": "请写明依据"},
    "approve": {},
    "return_reply": {"text": "答非所问"},
    "callback": {"result": "REACHED", "was_contacted": True, "is_resolved": True, "satisfaction": "SATISFIED"},
    "rework": {"text": "请当面说明"},
    "close": {"is_resolved": False, "unresolved_reason": "IN_PROGRESS"},
    "rate": {"satisfaction": "SATISFIED"},
    "request_review": {"text": "答复未说明依据"},
    "grant_review": {"text": "重新核查"},
    "deny_review": {"text": "答复有据"},
    "reopen": {"text": "发现新情况"},
    "follow_master": {},
    "ask_expert": {"expert_login": "expert.tax", "question": "贴息能否与退税同享？"},
    "expert_answer": {"answer": "可以同享", "legal_basis": "财税文件"},
    "expert_decline": {"expert_login": "expert.labour", "text": "不属本人领域"},
    "change_follower": {"follower_login": "agent2"},
    "hand_over": {"from_login": "agent1", "to_login": "agent2", "text": "调离岗位"},
    "supervise": {"text": "企业反映强烈"},
    "lift_supervision": {"text": "已按要求整改"},
    "note": {"text": "企业明日来访"},
    "tell_by_phone": {"person": "值班员", "phone": "0499-2010001", "text": "已口头告知时限"},
    "confer": {"attendees": "区政府、科工局", "agreed": "由区政府牵头补件", "legal_basis": "首接负责制"},
    "raise_task_force": {
        "name": "贴息专班", "follower_login": "agent1", "unit_codes": ["WD-GXJ"], "member_logins": "jrj.handler",
        "text": "一周内解决申报通道问题",
    },
    "join_task_force": {"unit_codes": ["GXJ"]},
    "leave_task_force": {"member": "{member}", "text": "工作调整"},
    "decide": {"unit_code": "WD-GXJ", "due_at": "2026-03-19T17:00:00+08:00", "text": "核对技改备案并书面回复"},
    "fulfil": {"decision": "{decision}", "text": "已核对，备案有效"},
    "drop_decision": {"decision": "{decision}", "text": "情况有变"},
    "end_task_force": {"text": "申报通道已打开，转入常态办理"},
    "dispute": {"text": "材料早已交齐，不应再等"},
    "uphold_dispute": {"text": "材料已齐，恢复计时"},
    "reject_dispute": {"text": "鉴定结论尚未出具，须继续等待"},
}  # fmt: skip
"""A form for every action that a table's row would accept."""

CREATING_PAYLOADS: dict[str, dict[str, Any]] = {
    "submit": {},
    "answer": {"public_text": "请在贴息平台重新提交"},
    "forward_praise": {"appeal_type": "PRAISE", "unit_code": LEAD},
    "refuse": PAYLOADS["refuse"],
    "transfer_emergency": PAYLOADS["transfer_emergency"],
}

BAD_CALL = {**PAYLOADS["callback"], "is_resolved": False, "satisfaction": "DISSATISFIED", "text": "仍未受理"}

Step = tuple[str, str, dict[str, Any]]
"""Login, action, what the form says beyond PAYLOADS."""


@dataclass(frozen=True)
class Stage:
    """`status` is where it arrives; `after` the stage before, None = the ticket is made by `steps`' only action."""

    status: str
    after: str | None
    steps: tuple[Step, ...]


def _made(action: str, status: str) -> Stage:
    return Stage(status, None, (("agent1", action, {}),))


def _next(status: str, after: str, login: str, action: str, **form: Any) -> Stage:
    return Stage(status, after, ((login, action, form),))


STAGES: dict[str, Stage] = {
    "registered": _made("submit", "AWAITING_DISPATCH"),
    "answered_at_desk": _made("answer", "CLOSED"),
    "praised": _made("forward_praise", "CLOSED"),
    "refused": _made("refuse", "REFUSED"),
    "transferred": _made("transfer_emergency", "TRANSFERRED"),
    "returned": _next("AWAITING_SUPPLEMENT", "registered", "dispatch1", "return_for_supplement"),
    "elsewhere": _next("AWAITING_EXTERNAL", "registered", "dispatch1", "transfer_external"),
    "withdrawn": _next("WITHDRAWN", "registered", ENTERPRISE, "withdraw"),
    "merged": _next("MERGED", "registered", "dispatch1", "merge"),
    "sent": _next("AWAITING_SIGN", "registered", "dispatch1", "dispatch"),
    "objected": _next("OBJECTED", "sent", "wd.handler", "object"),
    "overruled": _next("AWAITING_SIGN", "objected", "dispatch1", "overrule"),
    "objected_twice": _next("OBJECTED", "overruled", "wd.handler", "object"),
    "overruled_twice": _next("AWAITING_SIGN", "objected_twice", "super1", "overrule"),
    "handling": _next("HANDLING", "sent", "wd.handler", "sign"),
    "supported": _next("HANDLING", "handling", "dispatch1", "add_support", unit_code="JRJ"),
    "delegated": _next("HANDLING", "handling", "wd.handler", "delegate", unit_code="WD-GXJ"),
    "consulted": _next("HANDLING", "handling", "wd.handler", "ask_expert", expert_login="expert.market"),
    "forced": _next("HANDLING", "handling", "super1", "raise_task_force"),
    "decided": _next("HANDLING", "forced", "super1", "decide"),
    "disputed": _next("HANDLING", "paused", ENTERPRISE, "dispute"),
    "supervised": _next("HANDLING", "handling", "super1", "supervise"),
    "extension_asked": _next("HANDLING", "handling", "wd.handler", "request_extension"),
    "extended": _next("HANDLING", "extension_asked", "super1", "grant_extension"),
    "pause_asked": _next("HANDLING", "handling", "wd.handler", "request_pause"),
    "paused": _next("HANDLING", "pause_asked", "super1", "grant_pause"),
    "drafted": _next("HANDLING", "handling", "wd.handler", "reply"),
    "reviewing": _next("UNDER_REVIEW", "drafted", "wd.leader", "sign_off"),
    "answered": _next("AWAITING_CALLBACK", "reviewing", "review1", "approve"),
    "called_badly": _next("AWAITING_CALLBACK", "answered", "callback1", "callback", **BAD_CALL),
    "called": _next("AWAITING_CALLBACK", "answered", "callback1", "callback"),
    "reworked": _next("HANDLING", "called_badly", "callback1", "rework"),
    "closed": _next("CLOSED", "called", "callback1", "close"),
    "rated": _next("CLOSED", "closed", ENTERPRISE, "rate"),
    "review_asked": _next("CLOSED", "closed", "agent1", "request_review"),
    "unheard": Stage("CLOSED", "reviewing", (("review1", "approve", {}),)),
}  # fmt: skip
"""Every status of the table, and the sub-states in which its guards answer differently."""

VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "confidential": {"is_confidential": True},
    "tip_off": {"appeal_type": "TIP_OFF"},
    "about_unit": {"appeal_type": "COMPLAINT", "respondent_unit_code": "WD-SJJ"},
    "about_person": {"appeal_type": "COMPLAINT", "respondent_login": "wd.handler2"},
    "anonymous": {"is_anonymous": True},
    "emergency": {"urgency": "EMERGENCY"},
}
"""What is registered beyond the plain appeal."""


def make(city: City, stage: str, /, **more: Any) -> str:
    """The number of a new ticket that went the legal way to this stage; `more` is registered with it."""
    spec = STAGES[stage]
    if stage == "unheard":
        more = {"wants_callback": False, **more}
    if spec.after is None:
        [(login, action, form)] = spec.steps
        return city.register(login, action, **CREATING_PAYLOADS[action], **{**form, **more})
    number = make(city, spec.after, **more)
    for login, action, form in spec.steps:
        act(city, login, action, number, **form)
    return number


def act(city: City, login: str, action: str, number: str, /, **form: Any) -> None:
    """One action with the form of PAYLOADS, changed by `form`, in a transaction of its own."""
    payload = filled(city, action, **form)
    with city.database.transaction() as session:
        filled_in = named(session, number, payload)
        perform(session, cast(city, login, number), action, filled_in, city.now, number=number)


def filled(city: City, action: str, /, **form: Any) -> dict[str, Any]:
    """The form of an action; a merge gets a master of its own unless one is named."""
    payload = {**PAYLOADS[action], **form}
    if payload.get("master_no") == "{master}":
        payload["master_no"] = city.register()
    return payload


HANGING = {"member": TaskForceMember, "decision": Decision}
"""Fields that name a row which hangs on the ticket: the newest."""


def named(session: Session, number: str, payload: dict[str, Any]) -> dict[str, Any]:
    """A form with the rows of this ticket in the place of their names in braces."""
    ticket = session.scalars(select(Ticket).filter_by(no=number)).one()
    found = {name: [row.id for row in hanging(session, model, ticket)] for name, model in HANGING.items()}
    wanted = {name for name in HANGING if payload.get(name) == f"{{{name}}}"}
    return payload | {name: found[name][-1] if found[name] else 0 for name in wanted}


def cast(city: City, login: str, number: str) -> Actor:
    """The actor behind a login; the words for the clock and for the enterprise of this or of another ticket too."""
    if login not in (ENTERPRISE, OTHER_ENTERPRISE):
        return city.actor(login)
    with city.ticket(number) as (_, ticket):
        return enterprise(ticket.id if login == ENTERPRISE else ticket.id + 1_000_000)
