"""Form fields out of marshmallow schemas, and posted forms back into what the schema loads.

One definition serves page and API. A field says how it looks in its `metadata`: label, widget, hint, rows, width,
placeholder, autocomplete, inputmode, accept, url, code_name, choices, key; `form=False` keeps it off pages.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, Protocol

from marshmallow import Schema, fields, validate

from hotline.clock import SHANGHAI, to_local

LONG_TEXT = 200
"""Text that may be longer than this many characters gets a textarea."""

PASSED_ON = (
    *("hint", "rows", "width", "placeholder", "autocomplete", "inputmode", "accept", "url", "code_name", "code_value"),
    *("key", "min", "max", "step", "pattern", "multiple", "readonly"),
)

WIDGETS: tuple[tuple[type[fields.Field[Any]], str], ...] = (
    (fields.Boolean, "checkbox"),
    (fields.DateTime, "datetime"),
    (fields.Date, "date"),
    (fields.Number, "number"),
)


class PostedForm(Protocol):
    """What `submitted` needs of werkzeug's MultiDict."""

    def __contains__(self, key: object) -> bool: ...
    def get(self, key: str, default: str) -> str: ...
    def getlist(self, key: str) -> list[str]: ...


SchemaLike = Schema | type[Schema]
Choices = Mapping[str, Iterable[Any]]


def fields_of(
    schema: SchemaLike,
    values: Mapping[str, Any] | None = None,
    errors: Mapping[str, Any] | None = None,
    choices: Choices | None = None,
) -> list[dict[str, Any]]:
    """Descriptors for macro form_fields, in the schema's order.

    `values`: what to show, typed or as posted; `errors`: marshmallow's messages; `choices`: name → [(value, label)] or
    [(group, [(value, label)])], for lists that come from the database.
    """
    values, errors, choices = values or {}, errors or {}, choices or {}
    return [
        _descriptor(name, field, values.get(name, _default(field)), errors.get(name), choices.get(name))
        for name, field in _page_fields(schema)
    ]


def error_list(schema: SchemaLike, errors: Mapping[str, Any]) -> list[dict[str, str | None]]:
    """[{name, label, message}] for macro error_summary, in the schema's order; name None = no field of the page's."""
    shown = dict(_page_fields(schema))
    mine = [_error(name, _label(name, field), errors[name]) for name, field in shown.items() if name in errors]
    rest = [_error(None, None, errors[name]) for name in errors if name not in shown]
    return [*mine, *rest]


def _error(name: str | None, label: str | None, messages: Any) -> dict[str, str | None]:
    return {"name": name, "label": label, "message": message_of(messages)}


def message_of(messages: Any) -> str:
    """marshmallow's messages of one field (text, list, or nested dict) as one sentence; '' for none."""
    if isinstance(messages, str):
        return messages
    parts = messages.values() if isinstance(messages, Mapping) else messages or ()
    return "；".join(dict.fromkeys(message_of(part) for part in parts))


def submitted(schema: SchemaLike, form: PostedForm) -> dict[str, Any]:
    """A posted form as the plain dict that `schema.load` takes.

    Empty inputs are left out, so that `required` speaks; boxes become booleans; lists keep every value; a datetime
    without a zone is Shanghai's.
    """
    data: dict[str, Any] = {}
    for name, field in _page_fields(schema):
        value = _posted(field, name, form)
        if value not in ("", [], None):
            data[name] = value
    return data


def _posted(field: fields.Field[Any], name: str, form: PostedForm) -> Any:
    if isinstance(field, fields.Boolean) and field.metadata.get("widget") != "radio":
        return name in form
    if isinstance(field, fields.List):
        return [value for value in form.getlist(name) if value]
    text = form.get(name, "").replace("\r\n", "\n").strip()
    return _with_zone(text) if isinstance(field, fields.DateTime) else text


def _with_zone(text: str) -> str:
    """A datetime-local input gives no zone; anything that cannot be read is left for the schema to refuse."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return at.isoformat() if at.tzinfo else at.replace(tzinfo=SHANGHAI).isoformat()


def _page_fields(schema: SchemaLike) -> list[tuple[str, fields.Field[Any]]]:
    made = schema() if isinstance(schema, type) else schema
    return [(n, f) for n, f in made.fields.items() if not f.dump_only and f.metadata.get("form") is not False]


def _descriptor(
    name: str, field: fields.Field[Any], value: Any, messages: Any, choices: Iterable[Any] | None
) -> dict[str, Any]:
    options = list(choices) if choices is not None else _own_choices(field)
    described: dict[str, Any] = {
        "name": name,
        "label": _label(name, field),
        "widget": field.metadata.get("widget") or _widget(field, options),
        "value": _shown(value),
        "error": message_of(messages),
        "required": field.required,
        "choices": options,
    }
    passed_on = {key: field.metadata[key] for key in PASSED_ON if key in field.metadata}
    return {**described, **_limits(field), **passed_on}


def _label(name: str, field: fields.Field[Any]) -> str:
    return str(field.metadata.get("label", name))


def _default(field: fields.Field[Any]) -> Any:
    return field.load_default if isinstance(field.load_default, (str, int, bool, float, Enum)) else None


def _widget(field: fields.Field[Any], options: list[Any]) -> str:
    if options:
        return "checkbox" if isinstance(field, fields.List) else "select"
    for kind, widget in WIDGETS:
        if isinstance(field, kind):
            return widget
    return "textarea" if (_limits(field).get("maxlength") or 0) > LONG_TEXT else "text"


def _own_choices(field: fields.Field[Any]) -> list[Any]:
    """From metadata, an Enum field, or a OneOf validator (ContainsOnly for lists)."""
    if "choices" in field.metadata:
        return list(field.metadata["choices"])
    if isinstance(field, fields.Enum):
        return [(m.value if field.by_value else m.name, getattr(m, "label", m.value)) for m in field.enum]
    for rule in field.validators:
        if isinstance(rule, validate.OneOf):
            return list(rule.options())
        if isinstance(rule, validate.ContainsOnly):
            return list(rule.options())
    return _own_choices(field.inner) if isinstance(field, fields.List) else []


def _limits(field: fields.Field[Any]) -> dict[str, Any]:
    """maxlength, minlength from Length; min, max from an inclusive Range. A list's limit is its count."""
    found: dict[str, Any] = {}
    for rule in () if isinstance(field, fields.List) else field.validators:
        if isinstance(rule, validate.Length):
            found.update(maxlength=rule.equal or rule.max, minlength=rule.equal or rule.min)
        if isinstance(rule, validate.Range) and rule.min_inclusive and rule.max_inclusive:
            found.update(min=rule.min, max=rule.max)
    return {key: limit for key, limit in found.items() if limit is not None}


def _shown(value: Any) -> Any:
    """A typed value as the control wants it; text and lists of text stay."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return to_local(value).strftime("%Y-%m-%dT%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_shown(one) for one in value]
    return value
