"""A change of the roster on its pages: form → what becomes of shifts and meetings → confirmed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from hotline.experts import appointments
from hotline.experts.models import RosterShift
from hotline.experts.moving import Move, Outcome
from hotline.experts.roster_changes import Change, Effects, ShiftChange, carry_out, effects
from hotline.ticket.models import Ticket
from hotline.ticket.queries import visible
from hotline.ui.door import Door
from hotline.web import form_page
from hotline.web.expert_frame import show
from hotline.web.form_page import FormPage
from hotline.web.kb_frame import drawing, run_form, say
from hotline.web.rule_change import Effects as Lines
from hotline.web.rule_change import RuleChange, Shift, preview_html

UNSEEN = frozenset({"seen"})
"""The preview's mark is nobody's to type."""
KINDS = {Outcome.MOVED: "run", Outcome.REBOOK: "bad", Outcome.PASSED_ON: "warn", Outcome.STAYS: "off"}


@dataclass(frozen=True)
class Planned:
    """A change that waits: where it leads, the word when it is done, the preview that was confirmed, and the reason.

    `also`: what else is stored with it; None: the change itself, by `carry_out`.
    """

    change: Change
    path: str
    done: str
    seen: str
    reason: str
    also: Callable[[Door], None] | None = field(default=None)


def run_change(build: Callable[[Door], FormPage], plan: Callable[[Door], Planned], submit: str) -> ResponseReturnValue:
    """GET shows the form; POST shows what it would do, and with `confirmed` does exactly that in one transaction."""
    if "confirmed" in request.form:
        return run_form(build, lambda d, _typed: _confirmed(d, plan(d)), show)

    def preview(d: Door, page: FormPage) -> ResponseReturnValue:
        change = _as_rule(d, page.title, plan(d).change, submit)
        return preview_html(d, change, page.schema, page.back, page.tab, show), 200

    return form_page.run(build, preview, drawing(show), write=False)


def _confirmed(d: Door, planned: Planned) -> str:
    if planned.also is not None:
        planned.also(d)
    else:
        carry_out(d.session, planned.change, d.actor, d.now, planned.reason, planned.seen)
    say(planned.done)
    return planned.path


def _as_rule(d: Door, title: str, change: Change, submit: str) -> RuleChange:
    found = effects(d.session, change, d.now)
    counted = {one: sum(move.outcome is one for move in found.moves) for one in Outcome}
    lines = [(one.label, f"{count} 项") for one, count in counted.items() if count]
    if found.questions:
        lines.append(("书面提问（仍由本人答复，可另行交接）", "、".join(_seen(d, found.questions))))
    promise = f"确认后调整 {len(found.shifts)} 个班次；受影响的预约随即转交或请企业改约，并通知企业、专家和席位。"
    return RuleChange(
        title=title,
        lines=lines or [("咨询和预约", "不受影响")],
        promise=promise,
        effects=lambda d: Lines(_lines(d, found), _stats(found, counted)),
        carry_out=lambda _d: "",
        columns=("内容", "现在", "之后"),
        submit=f"确认{submit}",
        nothing="没有班次和预约受影响",
        carried={"seen": found.seen},
        head="对象",
        consolation="确认后保存。",
    )


def _stats(found: Effects, counted: dict[Outcome, int]) -> list[tuple[str, int, str, str | None]]:
    rebook = counted[Outcome.REBOOK]
    return [
        ("班次", len(found.shifts), "个", None),
        ("转交的预约和咨询", counted[Outcome.MOVED], "项", None),
        ("须企业改约", rebook, "项", "bad" if rebook else None),
    ]


def _lines(d: Door, found: Effects) -> list[Shift]:
    numbers = [move.advice.ticket.no for move in found.moves if move.advice.ticket]
    seen = set(_seen(d, numbers))
    return [*map(_shift_line, found.shifts), *(_move_line(move, seen) for move in found.moves)]


def _seen(d: Door, numbers: Any) -> list[str]:
    """Of these tickets, those that this person may see."""
    query = visible(d.actor).where(Ticket.no.in_(list(numbers))).with_only_columns(Ticket.no).order_by(Ticket.no)
    return list(d.session.scalars(query))


def _shift_line(one: ShiftChange) -> Shift:
    shift = one.before or one.after
    assert shift is not None  # a change has one of them
    label, kind = ("新排", "ok") if one.before is None else ("撤班", "bad") if one.after is None else ("替班", "run")
    hours = f"{shift.day} {shift.starts:%H:%M}–{shift.ends:%H:%M}"
    return Shift(hours, "班次", _who(one.before), _who(one.after), label, kind)


def _who(shift: RosterShift | None) -> str:
    if shift is None:
        return "—"
    other = f"（B角 {shift.substitute.account.name}）" if shift.substitute and not shift.is_absent else ""
    return f"{shift.acting.account.name}{'（替班）' if shift.is_absent else ''}{other}"


def _move_line(move: Move, seen: set[str]) -> Shift:
    meeting, ticket = move.advice.appointment, move.advice.ticket
    number = ticket.no if ticket and ticket.no in seen else "咨询"
    what = f"{appointments.when(meeting.starts_at)} {meeting.mode.label}" if meeting else move.advice.status.label
    after = move.after.name if move.after else move.before.name if move.outcome is Outcome.STAYS else "—"
    label = f"{move.outcome.label}：{move.why}" if move.why else move.outcome.label
    return Shift(number, what, move.before.name, after, label, KINDS[move.outcome])
