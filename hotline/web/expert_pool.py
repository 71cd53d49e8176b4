"""专家库: the pool, kept by the recommending units and the supervisors."""

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from hotline.accounts.privacy import mask_phone
from hotline.errors import Forbidden, Invalid
from hotline.experts import pool, roster, roster_changes
from hotline.experts import schemas as forms
from hotline.experts.figures import DEFINITIONS, figures_of
from hotline.experts.models import LANGUAGES, Expert
from hotline.experts.pool import KEEPERS, may_keep
from hotline.ui.door import Door, door
from hotline.ui.format import duration_text
from hotline.web.access import demand
from hotline.web.advice_view import MEASURED
from hotline.web.expert_frame import ROLES, show
from hotline.web.form_page import FormPage, loaded
from hotline.web.kb_frame import run_form, say
from hotline.web.roster_preview import UNSEEN, Planned, run_change
from routing.experts import LEVELS

pages = Blueprint("expert_pool", __name__, template_folder="templates")
LEAD = "专家由单位推荐，代表本单位统一解答。同时办理的通话、书面咨询和面谈不会超过所填件数。"


@pages.get("/experts")
def index() -> ResponseReturnValue:
    """The experts this person may see, with presence, duty, work in hand and figures."""
    with door() as d:
        demand(d, ROLES)
        load, (acting, standing_by) = pool.loads(d.session, d.now), roster.on_duty(d.session, d.now)
        rows = [
            {
                "expert": one,
                "is_valid": pool.is_valid(one, d.now),
                "duty": "值班" if one.id in acting else "B角" if one.id in standing_by else "",
                "load": load[one.id],
                "fields": fields_in_words(one),
                "may_keep": may_keep(one.unit, d.actor),
            }
            for one in pool.listed(d.session, d.actor)
        ]
        return show(d, "web/experts.html", "pool", rows=rows, may_recommend=bool(d.actor.roles & KEEPERS))


@pages.get("/experts/<int:expert_id>")
def show_one(expert_id: int) -> ResponseReturnValue:
    """One expert: fields, period, masked telephone, figures."""
    with door() as d:
        return _page(d, expert_id)


@pages.post("/experts/<int:expert_id>/phone")
def phone(expert_id: int) -> ResponseReturnValue:
    """The full work telephone, with a reason that is kept."""
    with door(write=True) as d:
        expert = pool.get_expert(d.session, d.actor, expert_id)
        try:
            number = pool.unmask_phone(d.session, expert, request.form.get("reason", ""), d.actor, d.now)
        except (Invalid, Forbidden) as error:
            return _page(d, expert_id, message=error.message), error.status
        return _page(d, expert_id, number=number)


def _page(d: Door, expert_id: int, *, number: str = "", message: str = "") -> str:
    demand(d, ROLES)
    expert = pool.get_expert(d.session, d.actor, expert_id)
    figures = figures_of(d.session, expert, d.now - MEASURED)
    tiles = [
        ("接单率", figures.accepted, DEFINITIONS["accept_rate"]),
        ("采纳率", figures.adopted, DEFINITIONS["adopt_rate"]),
        ("好评率", figures.praised, DEFINITIONS["praise_rate"]),
    ]
    return show(
        d,
        "web/expert.html",
        "pool",
        expert=expert,
        fields=fields_in_words(expert),
        languages="、".join(LANGUAGES.get(code, code) for code in expert.languages),
        phone=number or mask_phone(expert.work_phone),
        is_masked=not number,
        may_unmask=d.actor.is_hotline or may_keep(expert.unit, d.actor),
        may_keep=may_keep(expert.unit, d.actor),
        tiles=tiles,
        first_response=duration_text(figures.first_response),
        definition=DEFINITIONS["first_response"],
        load=pool.loads(d.session, d.now)[expert.id],
        week=roster.week(d.session, d.today, [expert]),
        message=message,
    )


def fields_in_words(expert: Expert) -> list[str]:
    """ "贴息与上市（精通）", with the region where there is one."""
    return [
        f"{one.category.name}（{LEVELS[one.level]}{'，' + one.region.name if one.region else ''}）"
        for one in expert.fields
    ]


@pages.route("/experts/new", methods=["GET", "POST"])
def recommend() -> ResponseReturnValue:
    """推荐入库."""

    def build(d: Door) -> FormPage:
        demand(d, KEEPERS)
        values: dict[str, Any] = {"languages": ["zh"], "valid_from": d.today, "max_parallel": 3}
        return FormPage("推荐专家入库", forms.Recommend, "pool", "/experts", values, "推荐入库", LEAD, without=UNSEEN)

    def save(d: Door, _typed: dict[str, Any]) -> str:
        expert = pool.recommend(d.session, loaded(forms.Recommend), d.actor, d.now)
        say(f"{expert.account.name}已入专家库")
        return f"/experts/{expert.id}"

    return run_form(build, save, show)


@pages.route("/experts/<int:expert_id>/edit", methods=["GET", "POST"])
def edit(expert_id: int) -> ResponseReturnValue:
    """Change fields, languages, period, capacity, telephone."""

    def build(d: Door) -> FormPage:
        demand(d, KEEPERS)
        expert = pool.get_expert(d.session, d.actor, expert_id)
        lines = [_line(one) for one in expert.fields]
        names = ("title", "languages", "valid_from", "valid_to", "max_parallel")
        values = {name: getattr(expert, name) for name in names} | {"skills": "\n".join(lines)}
        return FormPage(
            f"修改：{expert.account.name}",
            forms.ExpertPlace,
            "pool",
            f"/experts/{expert_id}",
            values,
            "查看影响",
            LEAD,
            without=UNSEEN,
        )

    def plan(d: Door) -> Planned:
        data, expert = loaded(forms.ExpertPlace), pool.get_expert(d.session, d.actor, expert_id)
        change = roster_changes.amended(d.session, expert, data, d.now)

        def store(d: Door) -> None:
            roster_changes.amend(d.session, expert, data, d.actor, d.now, data["seen"])

        return Planned(change, f"/experts/{expert_id}", "已保存", data["seen"], data["text"], store)

    return run_change(build, plan, "修改")


def _line(field: Any) -> str:
    """As the form has a field: "0402 3 449902"."""
    return " ".join(filter(None, (field.category.code, str(field.level), field.region.code if field.region else "")))
