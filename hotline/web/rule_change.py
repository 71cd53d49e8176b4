"""Changing the rules (profile, calendar, catalogue): form → what it does to open tickets → confirmed."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from marshmallow import Schema

from hotline.ui.door import Door
from hotline.ui.forms import submitted
from hotline.web.admin import ADMINS, FormPage, run_form, show

SHOWN = 200
"""So many lines stand on a preview; their number always does."""


@dataclass(frozen=True)
class Shift:
    """One open ticket's line: what changes, from what to what, and the word for it with its kind and icon."""

    number: str
    what: str
    before: str
    after: str
    label: str
    kind: str = "warn"
    icon: str | None = None


@dataclass(frozen=True)
class Effects:
    """What a change does to open tickets; `stats`: (label, value, unit, kind)."""

    shifts: Sequence[Shift]
    stats: Sequence[tuple[str, int | str, str, str | None]]


@dataclass(frozen=True)
class RuleChange:
    """A change of the rules that waits for its confirmation.

    `lines`: what is changed; `promise`: what confirming does; `effects` is worked out for the preview only; `carry_out`
    does it and says where to go. `columns` head what changes and its two values.
    """

    title: str
    lines: list[tuple[str, Any]]
    promise: str
    effects: Callable[[Door], Effects]
    carry_out: Callable[[Door], str]
    columns: tuple[str, str, str]
    submit: str
    nothing: str
    carried: Mapping[str, str] = field(default_factory=dict)
    """Sent along with the typed form when it is confirmed."""
    head: str = "工单"
    consolation: str = "确认后只影响今后的计算。"


def run_change(
    build: Callable[[Door], FormPage],
    plan: Callable[[Door, dict[str, Any]], RuleChange],
    roles: Collection[str] = ADMINS,
) -> ResponseReturnValue:
    """GET shows the form; POST shows what it would do, and with `confirmed` does it in one transaction."""
    if request.method == "POST" and "confirmed" in request.form:
        return run_form(build, lambda d, data: plan(d, data).carry_out(d), roles, done="已生效")

    def preview_page(d: Door, data: dict[str, Any]) -> ResponseReturnValue:
        page = build(d)
        return preview_html(d, plan(d, data), page.schema, page.back, page.tab), 200

    return run_form(build, preview_page, roles, write=False)


def preview_html(
    d: Door,
    change: RuleChange,
    schema: type[Schema] | None,
    back: str,
    tab: str,
    frame: Callable[..., str] = show,
) -> str:
    """What a change would do, with the button that does it; the typed form goes along as it stands."""
    typed = {**(submitted(schema, request.form) if schema else {}), **change.carried}
    pairs = [(name, one) for name, value in typed.items() for one in (value if isinstance(value, list) else [value])]
    effects = change.effects(d)
    values = {"effects": effects, "shown": effects.shifts[:SHOWN], "typed": pairs, "back": back}
    return frame(d, "admin/preview.html", tab, change=change, **values)
