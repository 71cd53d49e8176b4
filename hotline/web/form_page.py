"""One form on a page of its own: how it is shown, saved or refused, with nothing typed lost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from marshmallow import Schema
from werkzeug.utils import redirect

from hotline.errors import Conflict, DomainError, Invalid, TooLarge
from hotline.ticket.schemas import checked
from hotline.ui.door import Door, door
from hotline.ui.forms import error_list, submitted
from hotline.web.choices import MANY, form_fields


@dataclass(frozen=True)
class FormPage:
    """One form. `back` is where 取消 leads; `tab` the one it hangs on.

    without: fields that this actor does not fill in. choices: lists that no source of the directory offers.
    also: more submit buttons, (value of `then`, label). button: one below that needs no form, (address, label).
    """

    title: str
    schema: type[Schema]
    tab: str
    back: str
    values: Mapping[str, Any] = field(default_factory=dict)
    submit: str = "保存"
    lead: str = ""
    is_danger: bool = False
    choices: Mapping[str, list[Any]] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    also: tuple[tuple[str, str], ...] = ()
    button: tuple[str, str] | None = None


Build = Callable[[Door], FormPage]
Save = Callable[[Door, FormPage], ResponseReturnValue]
Draw = Callable[[Door, FormPage, Mapping[str, Any]], str]


def run(build: Build, save: Save, draw: Draw, *, write: bool = True) -> ResponseReturnValue:
    """GET draws the form (`draw` gets {fields, errors} for its template). POST saves and goes to the path that `save`
    gives, or shows the page it gives (all that `write` False leaves).

    `build` and `save` say who may. A stale form's page is built anew, so that it can be sent again on purpose.
    """
    refused: DomainError | None = None
    if request.method == "POST":
        try:
            with door(write=write) as d:
                made = save(d, build(d))
            return redirect(made, 303) if isinstance(made, str) and made.startswith("/") else made
        except (Invalid, Conflict, TooLarge) as error:
            refused = error
    with door() as d:
        page = build(d)
        return draw(d, page, _drawn(d, page, refused)), refused.status if refused else 200


def loaded(schema: type[Schema]) -> dict[str, Any]:
    """The posted form, checked. Raises Invalid with every field's messages."""
    return checked(schema(), submitted(schema, request.form))


def _drawn(d: Door, page: FormPage, refused: DomainError | None) -> dict[str, Any]:
    values = submitted(page.schema, request.form) if refused else page.values
    if isinstance(refused, Conflict) and "version" in page.values:
        values = {**values, "version": page.values["version"]}
    errors = refused.by_field("") if refused else {}
    fields = form_fields(d.session, page.schema, d.today, values=values, errors=errors)
    for one in fields:
        if choices := page.choices.get(one["name"]):
            one.update(choices=choices, widget="typeahead" if len(choices) > MANY else "select")
    shown = [one for one in fields if one["name"] not in page.without]
    return {"fields": shown, "errors": error_list(page.schema, errors)}
