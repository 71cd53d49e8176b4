"""The two profiles that come with the system, as plain data; a city edits its own copy.

A figure marked "recommended" is this project's proposal and must not be shown as a regulation.
"""

from typing import Any

Table = dict[str, str | None]

_UNIT = ("handler", "liaison")


def _rung(name: str, whom: tuple[str, ...], at: float | str, *channels: str, **more: Any) -> dict[str, Any]:
    moment = {"after": at} if isinstance(at, str) else {"fraction": at}
    return {"name": name, "whom": whom, "channels": ("inbox", *channels), **moment, **more}


def _handling(red: str, supervised: str, escalated: str) -> list[dict[str, Any]]:
    """The unit's ladder. A bureau's rule sends the 催办通知书 the day after due; the other steps are recommended."""
    return [
        _rung("reminder", _UNIT, 0.5),
        _rung("urge", _UNIT, 0.8, "sms"),
        _rung("yellow", ("liaison", "unit_leader"), 1.0, "sms", acknowledge=True),
        _rung("red", ("unit_leader",), red, "sms", acknowledge=True, effect="notice_of_urging"),
        _rung("supervised", ("unit_chief", "supervisor"), supervised, "sms", acknowledge=True, effect="supervise"),
        _rung("escalated", ("unit_chief", "supervisor"), escalated, "sms", "phone", acknowledge=True),
    ]


def _stage(clock: str, first: tuple[str, ...], then: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
    """A short step's ladders: those who owe it, then those above. Emergencies by the clock: no waiting for morning."""
    all_of_them = tuple(dict.fromkeys(first + then))

    def ladder(unit: str) -> list[dict[str, Any]]:
        return [
            _rung("reminder", first, 0.5),
            _rung("urge", first, 1.0, "sms"),
            _rung("yellow", all_of_them, f"1{unit}", "sms", acknowledge=True),
            _rung("red", then, f"4{unit}", "sms", acknowledge=True),
        ]

    return {clock: ladder("wh"), f"{clock}/h": ladder("h")}


_RULING = (("supervisor",), ("supervisor", "follower"))
"""What supervisors alone may rule has nobody above them: it stays theirs, and the follower, who asks for it, hears."""
ADDED_LADDERS: dict[str, list[dict[str, Any]]] = {  # recommended, all of them
    "DECISION": [
        _rung("reminder", _UNIT, 0.5),
        _rung("urge", _UNIT, 0.8, "sms"),
        _rung("yellow", ("liaison", "unit_leader", "follower"), 1.0, "sms", acknowledge=True),
        _rung("red", ("unit_chief", "supervisor"), "1wd", "sms", acknowledge=True),
    ],
    **_stage("DISPUTE", *_RULING),
}
ADDED_LIMITS: dict[str, dict[str, str | None]] = {
    "DECISION": {"PRAISE": None, "*": "3wd", "*/EMERGENCY": "12h"},
    "DISPUTE": {"PRAISE": None, "*": "1wd", "*/EMERGENCY": "2h"},
}
"""Clocks that came after the first profiles were written; stored profiles take them from here."""
_LADDERS = ADDED_LADDERS | {
    # TOTAL, REWORK, CONTACT and whatever has no ladder of its own
    "*": _handling("1wd", "3wd", "5wd"),
    "*/wh": _handling("1wh", "2wh", "4wh"),
    "*/h": _handling("1h", "2h", "4h"),
    "SIGN": [  # unsigned after its time counts as signed, so that not signing gains nothing
        _rung("reminder", _UNIT, 0.5, "sms"),
        _rung("urge", ("liaison", "unit_leader"), 1.0, "sms", effect="sign_by_default"),
    ],
    **_stage("DISPATCH", ("dispatcher_desk",), ("supervisor",)),
    **_stage("OBJECTION", ("dispatcher_desk",), ("supervisor",)),
    **_stage("SUPPLEMENT", ("follower",), ("supervisor",)),
    **_stage("REVIEW", ("reviewer_desk",), ("supervisor",)),
    **_stage("CALLBACK", ("callback_desk",), ("supervisor",)),
    **_stage("EXTERNAL", ("follower",), ("supervisor",)),
    **_stage("EXTENSION_RULING", *_RULING),
    **_stage("PAUSE_RULING", *_RULING),
    **_stage("REVIEW_REQUEST", *_RULING),
    "PAUSE_LIMIT": [  # a pause that has lasted long enough ends by itself
        _rung("reminder", _UNIT, 0.8, "sms"),
        _rung("urge", (*_UNIT, "supervisor"), 1.0, "sms", effect="resume"),
    ],
    **_stage("SIGN_OFF", ("unit_leader",), ("unit_chief", "follower")),
    **_stage("SUPPORT", _UNIT, ("unit_leader", "follower")),
    **_stage("DELEGATE", _UNIT, ("unit_leader", "follower")),
    **_stage("CONSULTATION", _UNIT, ("unit_leader", "follower")),
}


def _unless_praise(**limits: str) -> Table:
    """表扬 goes to the unit for information: once dispatched it has no clock. ALL = "*", EMERGENCY = "*/EMERGENCY"."""
    names = {"ALL": "*", "EMERGENCY": "*/EMERGENCY", "URGENT": "*/URGENT"}
    return {"PRAISE": None, **{names.get(key, key): text for key, text in limits.items()}}


_COMMON: dict[str, Table] = ADDED_LIMITS | {  # recommended, all of them
    "SUPPLEMENT": {"*": "1wd", "*/EMERGENCY": "1h"},
    "EXTERNAL": {"*": "5wd"},
    "REVIEW": _unless_praise(ALL="4wh", EMERGENCY="2h"),
    "CALLBACK": _unless_praise(ALL="1wd"),  # a bureau's rule: the day after closing
    "EXTENSION_RULING": _unless_praise(ALL="4wh", EMERGENCY="1h"),
    "PAUSE_RULING": _unless_praise(ALL="4wh", EMERGENCY="1h"),
    "REVIEW_REQUEST": _unless_praise(ALL="3wd"),
    "SIGN_OFF": _unless_praise(ALL="4wh", EMERGENCY="1h"),
    "CONSULTATION": _unless_praise(ALL="1wd", EMERGENCY="2h"),
}

_ZHUHAI_124: dict[str, Any] = {
    # 珠海市进一步强化市场主体诉求响应服务工作方案 (2023-05): the hotline's dispatch starts the units' clock
    "total_starts_at": "dispatch",
    "limits": _COMMON
    | {
        # The same plan: dispatched "at once in working time", without a figure; 30 and 15 minutes are recommended.
        "DISPATCH": {"*": "30wm", "*/EMERGENCY": "15m"},
        "SIGN": _unless_praise(ALL="2wh", EMERGENCY="30m"),  # recommended
        "OBJECTION": _unless_praise(ALL="2wh", EMERGENCY="30m"),  # recommended
        # The same plan: "1" = the unit contacts the enterprise within one working hour. Emergency: recommended.
        "CONTACT": _unless_praise(ALL="1wh", EMERGENCY="1h"),
        # The same plan: "2" = consultations in two working days, "4" = others in four. URGENT, EMERGENCY: recommended.
        "TOTAL": _unless_praise(CONSULTATION="2wd", ALL="4wd", URGENT="2wd", EMERGENCY="24h"),
        "REWORK": _unless_praise(CONSULTATION="1wd", ALL="2wd", EMERGENCY="12h"),  # recommended
        "SUPPORT": _unless_praise(ALL="1wd", EMERGENCY="8h"),  # recommended
        "DELEGATE": _unless_praise(ALL="1wd", EMERGENCY="8h"),  # recommended
    },
    "ladders": _LADDERS,
    "objection_window": "4wh",  # recommended; 4 to 8 working hours are common
    "pause_limit": "10wd",  # recommended
    "review_request_window": "5wd",  # recommended
}

_GUANGDONG: dict[str, Any] = {
    # 广东省 12345 热线办法 (in force 2022-09-01): working days counted from receipt
    "total_starts_at": "receipt",
    "limits": _COMMON
    | {
        "DISPATCH": {"*": "4wh", "*/EMERGENCY": "15m"},  # recommended
        "SIGN": _unless_praise(
            ALL="1wd", EMERGENCY="30m"
        ),  # one working day: a city of the "red and yellow light" kind
        "OBJECTION": _unless_praise(ALL="1wd", EMERGENCY="30m"),  # recommended
        "CONTACT": _unless_praise(ALL="1wd", EMERGENCY="1h"),  # recommended
        # The same rule: 2 for consultations, 10 for help and suggestions, 15 for complaints and tip-offs.
        "TOTAL": _unless_praise(CONSULTATION="2wd", HELP="10wd", SUGGESTION="10wd", ALL="15wd", EMERGENCY="24h"),
        "REWORK": _unless_praise(CONSULTATION="1wd", ALL="5wd", EMERGENCY="12h"),  # recommended
        "SUPPORT": _unless_praise(CONSULTATION="1wd", ALL="5wd", EMERGENCY="8h"),  # recommended
        "DELEGATE": _unless_praise(CONSULTATION="1wd", ALL="5wd", EMERGENCY="8h"),  # recommended
    },
    "ladders": _LADDERS,
    "objection_window": "2wd",  # Shandong's figure for returning a ticket, with a reason
    "pause_limit": "10wd",  # recommended
    "review_request_window": "5wd",  # recommended
}

STANDARD: dict[str, dict[str, Any]] = {"124": _ZHUHAI_124, "guangdong": _GUANGDONG}
