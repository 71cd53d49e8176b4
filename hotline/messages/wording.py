"""Who at the hotline and the unit hears of which action, and what the enterprise is told, in plain words."""

UNIT = ("handler", "liaison")

STAFF: dict[str, tuple[str, ...]] = {
    "submit": ("dispatcher_desk",),
    "supplement": ("dispatcher_desk",),
    "external_return": ("dispatcher_desk",),
    "dispatch": UNIT,
    "redispatch": UNIT,
    "overrule": UNIT,
    "object": ("dispatcher_desk", "follower"),
    "sign_by_default": (*UNIT, "unit_leader"),
    "assign_handler": ("handler",),
    "request_extension": ("supervisor",),
    "grant_extension": UNIT,
    "deny_extension": UNIT,
    "request_pause": ("supervisor",),
    "grant_pause": UNIT,
    "deny_pause": UNIT,
    "resume": UNIT,
    "reply": ("unit_leader", "reviewer_desk"),
    "sign_off": ("reviewer_desk",),
    "reject_sign_off": ("handler",),
    "return_reply": UNIT,
    "approve": ("callback_desk", "follower"),
    "follow_master": ("callback_desk",),
    "rework": (*UNIT, "unit_leader"),
    "urge": (*UNIT, "follower"),
    "supervise": ("unit_leader", "unit_chief", "handler"),
    "change_follower": ("follower",),
    "hand_over": ("handler", "follower"),
    "recompute": (*UNIT, "follower"),
    "request_review": ("supervisor", "follower"),
    "grant_review": (*UNIT, "unit_leader"),
    "reopen": (*UNIT, "dispatcher_desk"),
    "withdraw": (*UNIT, "follower"),
}

TRACK = "可凭工单号 {no} 和查询码 {code} 查询进度。"

ENTERPRISE_TEXTS: dict[str, str] = {
    "submit": "您的诉求已受理。" + TRACK,
    "answer": "您的诉求已当场答复。" + TRACK,
    "forward_praise": "感谢您的表扬，我们已转告相关单位。" + TRACK,
    "refuse": "您的诉求不属于热线受理范围，相应的法定途径已在电话中告知。" + TRACK,
    "return_for_supplement": "您的诉求（{no}）需要补充：{text}",
    "dispatch": "您的诉求（{no}）已转{unit}办理。",
    "redispatch": "您的诉求（{no}）已改由{unit}办理。",
    "grant_extension": "您的诉求（{no}）经批准延期办理；如有异议，请致电 12345。",
    "grant_pause": "您的诉求（{no}）因需等待，暂停计时；如有异议，请致电 12345。",
    "interim": "您的诉求（{no}）进展：{text}",
    "approve": "您的诉求（{no}）已有答复，热线将回访听取您的意见。",
    "close": "您的诉求（{no}）已办结，请对办理情况作出评价。" + TRACK,
    "deny_review": "您申请复核的诉求（{no}）经复核维持原答复：{text}",
    "grant_review": "您申请复核的诉求（{no}）将重新办理。",
}
