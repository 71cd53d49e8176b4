"""临时口径: raised, signed, ended, reviewed; and who of the desks has not read it yet."""

from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from hotline.errors import NotFound
from hotline.knowledge import notices
from hotline.knowledge import schemas as forms
from hotline.knowledge.clocks import NOTICE
from hotline.knowledge.notice_steps import STEPS, is_live, shown_to, steps_of
from hotline.knowledge.notices import RAISERS, SIGNERS
from hotline.knowledge.records import NoticeStatus, UrgentNotice
from hotline.ui.door import Door, door
from hotline.web.access import demand
from hotline.web.form_page import FormPage, loaded
from hotline.web.kb_duties import Refused, dues, panel, settle
from hotline.web.kb_frame import EVERYBODY, run_form, say, show

pages = Blueprint("kb_notices", __name__, template_folder="templates")

PAST_SHOWN = 20


@pages.get("/knowledge/notices")
def index() -> ResponseReturnValue:
    """What holds now, what waits for a signature or a review, what was."""
    with door() as d:
        return _page(d)


def _page(d: Door, refused: Refused | None = None) -> str:
    demand(d, EVERYBODY)
    may_manage = bool(d.actor.roles & RAISERS)
    due = dues(d.session, NOTICE, d.now)
    rows = [_row(d, one, due, refused) for one in shown_to(d.session, d.actor, d.now)]
    groups = [
        ("正在使用", [row for row in rows if row["is_live"]]),
        ("等待签发或复核", [row for row in rows if not row["is_live"] and row["waits"]]),
        ("以往", [row for row in rows if not row["is_live"] and not row["waits"]][:PAST_SHOWN]),
    ]
    message = refused.error.message if refused else ""
    return show(d, "web/kb_notices.html", "notices", groups=groups, may_raise=may_manage, message=message)


def _row(d: Door, notice: UrgentNotice, due: dict[int, Any], refused: Refused | None) -> dict[str, Any]:
    stands = is_live(notice, d.now)
    panels = [_panel(d, notice, name, refused) for name in steps_of(notice, d.actor, d.now)]
    watches = stands and bool(d.actor.roles & RAISERS)
    return {
        "notice": notice,
        "is_live": stands,
        "waits": notice.status in (NoticeStatus.RAISED, NoticeStatus.LIVE),
        "due": due.get(notice.id),
        "unread": [one.name for one in notices.unread_by(d.session, notice)] if watches else None,
        "panels": panels,
    }


def _panel(d: Door, notice: UrgentNotice, name: str, refused: Refused | None) -> dict[str, Any]:
    step = STEPS[name]
    drawn = panel(d, step.label, step.schema, f"/knowledge/notices/{notice.id}/{name}", notice.id, refused)
    fields = [one for one in drawn["fields"] if one["name"] != "version"]
    return {**drawn, "fields": fields, "primary": name in ("sign", "review"), "danger": name in ("refuse", "end")}


@pages.route("/knowledge/notices/new", methods=["GET", "POST"])
def raise_one() -> ResponseReturnValue:
    """拟发; a supervisor's own is live at once."""

    def build(d: Door) -> FormPage:
        demand(d, RAISERS)
        signs = bool(d.actor.roles & SIGNERS)
        lead = "签发后立即置顶到每个席位，要求已阅；最长 30 天，到期自动停用并须在 1 个工作日内复核。"
        return FormPage(
            "拟发临时口径",
            forms.RaiseNotice,
            "notices",
            "/knowledge/notices",
            {},
            "签发" if signs else "提交签发",
            lead,
        )

    def save(d: Door, typed: dict[str, Any]) -> str:
        notice = notices.raise_notice(d.session, loaded(forms.RaiseNotice), d.actor, d.now)
        say("已签发，各席位立即可见" if notice.status is NoticeStatus.LIVE else "已提交，等待督办员签发")
        return "/knowledge/notices"

    return run_form(build, save)


@pages.post("/knowledge/notices/<int:notice_id>/<name>")
def take(notice_id: int, name: str) -> ResponseReturnValue:
    """One step of a notice."""
    if name not in STEPS:
        raise NotFound("没有这个操作", code="unknown_action")
    step = STEPS[name]

    def do(d: Door, data: dict[str, Any]) -> str:
        notice = notices.get_notice(d.session, d.actor, notice_id)
        step.do(d.session, notice, data, d.actor, d.now)
        say(f"“{notice.title}”{step.done}")
        return "/knowledge/notices"

    return settle(notice_id, step.schema, do, _page)
