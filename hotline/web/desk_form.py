"""The intake desk's one form: every field of every way an appeal can go, and where each stands on the desk."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from hotline.intake.schemas import Answer, Praise, RefusalAtDesk, TransferAtDesk
from hotline.ui.forms import error_list, submitted
from hotline.web.choices import form_fields

Posted = MultiDict[str, str]
Field = dict[str, Any]


class DeskForm(Answer, Praise, RefusalAtDesk, TransferAtDesk):
    """All five ways' fields on one page; each way is checked by its own schema."""


PLACES: dict[str, tuple[str, ...]] = {
    "caller": ("contact_phone", "enterprise_name", "uscc", "contact_name"),
    "facts": ("title", "category_code", "region_code", "urgency", "body", "wish", "place"),
    "answer": ("public_text", "internal_confirmed", "legal_basis"),
    "flags": ("wants_callback", "is_confidential", "is_anonymous"),
    "about": ("respondent_kind", "respondent_unit_code", "respondent_name", "respondent_login"),
    "origin": (
        *("source_code", "call_time", "language", "external_no", "imposed_due_at", "imposed_due_confirmed"),
        "previous_no",
    ),
    "refuse": ("refusal_reason", "legal_route"),
    "transfer_emergency": ("transferred_to",),
    "forward_praise": ("unit_code",),
}
"""Where a field stands; `appeal_type` and `citations` are drawn by themselves."""

CHANGED: dict[str, Field] = {
    "contact_phone": {"autocomplete": "off", "inputmode": "tel"},
    "category_code": {"width": 6, "placeholder": "拼音首字母或关键字，如 dktx"},
    "region_code": {"width": 3, "widget": "typeahead", "placeholder": "如 湾东"},
    "urgency": {"width": 3},
    "wish": {"width": 6, "rows": 1},
    "place": {"width": 6},
    "body": {"rows": 5},
    "public_text": {"required": False, "rows": 3, "hint": "直接答复时必填；可从右侧插入，依据自动留存"},
    "respondent_kind": {"width": 3},
    "respondent_unit_code": {"width": 4},
    "respondent_name": {"width": 4},
    "respondent_login": {"width": 4, "hint": "本系统人员，将自动回避"},
    "source_code": {"width": 4},
    "call_time": {"width": 4},
    "language": {"width": 4},
    "external_no": {"width": 4},
    "imposed_due_at": {"width": 4},
    "previous_no": {"width": 4},
    "refusal_reason": {"width": 6, "required": False},
    "legal_route": {"width": 6, "rows": 1, "required": False},
    "transferred_to": {"required": False},
    "unit_code": {"required": False},
}
"""What the desk draws otherwise than the schema alone would have it."""

WHEN_ASKED = frozenset({"imposed_due_confirmed", "internal_confirmed"})
"""Questions that are only drawn once they were asked."""

USUAL = {"source_code": "PHONE", "urgency": "NORMAL", "language": "普通话", "call_time": "工作时间均可"}
"""What a new form says before anybody has typed."""


def values_of(form: Posted) -> dict[str, Any]:
    """What stood in a posted form or a draft, for showing it again; a new form says the usual."""
    if not form:
        return dict(USUAL)
    return submitted(DeskForm, form) | {"imposed_due_at": form.get("imposed_due_at", "")}


def layout(session: Session, day: date, form: Posted, errors: Mapping[str, Any]) -> dict[str, Any]:
    """Place → its fields, with `appeal_type` as numbered chips, and which folded parts must stand open."""
    described = form_fields(session, DeskForm, day, values=values_of(form), errors=errors)
    by_name = {field["name"]: field | CHANGED.get(field["name"], {}) for field in described}
    drawn = {
        name: field for name, field in by_name.items() if name not in WHEN_ASKED or field["value"] or field["error"]
    }
    placed: dict[str, Any] = {
        place: [drawn[name] for name in names if name in drawn] for place, names in PLACES.items()
    }
    placed["appeal_type"] = _numbered(by_name["appeal_type"])
    placed["open"] = {place for place in ("about", "origin") if any(_is_told(field) for field in placed[place])}
    return placed


def _numbered(field: Field) -> Field:
    """The digit keys 1 to 6 choose the type."""
    choices = [(value, f"{number} {label}") for number, (value, label) in enumerate(field["choices"], 1)]
    return field | {"widget": "chips", "choices": choices}


def _is_told(field: Field) -> bool:
    return bool(field["error"]) or field["value"] not in ("", None, False, USUAL.get(field["name"]))


def summary(errors: Mapping[str, Any]) -> list[dict[str, str | None]]:
    """The errors for macro error_summary."""
    return error_list(DeskForm, errors)
