"""The building blocks of forms: one marshmallow schema an action, serving page, API, OpenAPI and checks alike."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validate

from hotline.clock import SHANGHAI
from hotline.errors import Invalid
from hotline.labelled import Labelled

BETWEEN = re.compile(r"[\s,，、;；]+")
SHORT, LINE, LONG, BODY = 60, 200, 4000, 20_000
"""Longest texts, in characters."""


def line(label: str, limit: int = LINE, *, required: bool = False, widget: str = "text", **meta: Any) -> fields.String:
    """A text of one line."""
    return _text(label, limit, required, widget, meta)


def text(label: str, limit: int = LONG, *, required: bool = False, **meta: Any) -> fields.String:
    """A text of several lines."""
    return _text(label, limit, required, "textarea", meta)


def _text(label: str, limit: int, required: bool, widget: str, meta: Mapping[str, Any]) -> fields.String:
    length = validate.Length(min=1 if required else None, max=limit, error=_length_error(label, limit))
    default = {} if required else {"load_default": ""}
    return fields.String(
        required=required,
        validate=length,
        metadata={"label": label, "widget": widget, **meta},
        error_messages=_messages(label),
        **default,  # type: ignore[arg-type]
    )


def _length_error(label: str, limit: int) -> str:
    return f"{label}须为 1 至 {limit} 个字"


def _messages(label: str) -> dict[str, Any]:
    wrong = f"{label}的格式不对"
    return {"required": f"请填写{label}", "null": f"请填写{label}", "invalid": wrong, "invalid_utf8": wrong}


def code(
    enum: type[Labelled], label: str, *, required: bool = False, widget: str = "select", **meta: Any
) -> "fields.Enum[Any]":
    """One value of a code table."""
    choices = [(member.value, member.label) for member in enum]
    default = {} if required else {"load_default": None, "allow_none": True}
    return fields.Enum(
        enum,
        by_value=True,
        required=required,
        metadata={"label": label, "widget": widget, "choices": choices, **meta},
        error_messages={**_messages(label), "unknown": f"{label}只能是：" + "、".join(text for _, text in choices)},
        **default,  # type: ignore[arg-type]
    )


def flag(label: str, default: bool | None = False, **meta: Any) -> fields.Boolean:
    """Yes or no; `default` None leaves a third answer, "not said"."""
    return fields.Boolean(
        load_default=default,
        allow_none=default is None,
        metadata={"label": label, "widget": "checkbox", **meta},
        error_messages=_messages(label),
    )


def reference(label: str, source: str, *, required: bool = False, **meta: Any) -> fields.String:
    """A row of the directory by its code; `source` names the list a page offers ("units", "categories" …)."""
    return line(label, SHORT, required=required, widget="select", source=source, **meta)


def references(label: str, source: str, **meta: Any) -> "fields.List[Any]":
    """Several rows of the directory by their codes."""
    item = fields.String(validate=validate.Length(1, SHORT, error=_length_error(label, SHORT)))
    return fields.List(
        item,
        load_default=list,
        validate=validate.Length(max=20, error=f"{label}最多 20 项"),
        metadata={"label": label, "widget": "select", "multiple": True, "source": source, **meta},
    )


class CodeList(fields.List[Any]):
    """Several codes; what stands in one text with blanks or commas between is several too, as people type them."""

    def _deserialize(self, value: Any, *args: Any, **more: Any) -> list[Any]:
        if isinstance(value, list):
            value = [part for one in value for part in (BETWEEN.split(one) if isinstance(one, str) else [one]) if part]
        return super()._deserialize(value, *args, **more)


def citations(**meta: Any) -> CodeList:
    """Knowledge entries that an answer stands on: "12:3" (entry and version), or a code for what it says today."""
    wrong = "引用须为条目编号（如 KB-000012），或“条目:版本”"
    return CodeList(
        fields.String(validate=validate.Regexp(r"^(\d{1,9}:\d{1,6}|[Kk][Bb]-\d{6})$", error=wrong)),
        load_default=list,
        validate=validate.Length(max=20, error="引用条目最多 20 项"),
        metadata={"label": "引用知识条目", "widget": "citations", "url": "/knowledge/citable", **meta},
    )


INTERNAL_CONFIRMED = "已核对：照抄的内部内容可以对外答复"


def instant(label: str, **meta: Any) -> fields.AwareDateTime:
    """An instant in ISO 8601; without a zone it is Shanghai's."""
    return fields.AwareDateTime(
        load_default=None,
        allow_none=True,
        default_timezone=SHANGHAI,
        metadata={"label": label, "widget": "datetime", **meta},
        error_messages=_messages(label),
    )


def day(label: str, *, required: bool = False, **meta: Any) -> fields.Date:
    """A day in ISO 8601."""
    default = {} if required else {"load_default": None, "allow_none": True}
    return fields.Date(
        required=required,
        metadata={"label": label, "widget": "date", **meta},
        error_messages=_messages(label),
        **default,  # type: ignore[arg-type]
    )


class Checked(Schema):
    """Any input: unknown keys are ignored, complaints are Chinese whichever field makes them."""

    class Meta:
        unknown = EXCLUDE

    error_messages = {"type": "请求内容必须是一个对象"}

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        _speak_chinese(field_obj, field_obj.metadata.get("label", field_name))

    @pre_load
    def _clean(self, data: Any, **_: Any) -> Any:
        """Refuse what a database cannot hold; drop blank ends; an empty optional field is an absent one."""
        if not isinstance(data, Mapping):
            raise ValidationError("请求内容必须是一个对象")
        values = {key: _clean_value(key, value) for key, value in data.items()}
        return {key: value for key, value in values.items() if value not in ("", None)}


def checked(schema: Schema, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The input as the schema loads it. Raises Invalid (422) with every field's messages in `details["fields"]`."""
    try:
        data: dict[str, Any] = schema.load(payload)
    except ValidationError as error:
        fields = error.messages_dict
        raise Invalid("填写内容有误，请按提示修改", code="invalid_form", fields=fields) from None
    return data


class Form(Checked):
    """The input of one action; `version` is the ticket's as the sender saw it."""

    version = fields.Integer(load_default=None, allow_none=True, metadata={"label": "版本", "widget": "hidden"})


def _speak_chinese(field: fields.Field[Any], label: str) -> None:
    """Replace the library's own sentences; those written for this field stay."""
    own = {key: text for cls in reversed(type(field).__mro__) for key, text in _library_messages(cls).items()}
    wrong = {key: _messages(label).get(key, f"{label}的格式不对") for key in own}
    said = {key: text for key, text in field.error_messages.items() if own.get(key) != text}
    field.error_messages = {**wrong, **said}
    if isinstance(field, fields.List):
        _speak_chinese(field.inner, label)


def _library_messages(cls: type) -> dict[str, str]:
    return getattr(cls, "default_error_messages", {})


def typed(words: str, limit: int | None = None) -> str:
    """What stands in a field that no schema checks (a search, a filter), without what no database can hold."""
    return words.replace("\x00", "").strip()[:limit]


def _clean_value(key: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_clean_value(key, item) for item in value]
    if not isinstance(value, str):
        return value
    if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise ValidationError("含有不能保存的控制字符，请删除后重试", key)
    return value.replace("\r\n", "\n").strip()


class Remark(Form):
    """Just an optional remark."""

    text = text("说明")


class Reasoned(Form):
    """A decision that needs its reason in words."""

    text = text("理由", required=True)


@dataclass(frozen=True)
class Action:
    """What an action of a table runs, and the form it is given."""

    operation: Callable[..., Any]
    schema: type[Schema]

    def load(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The checked form. Raises Invalid with every field's messages."""
        return checked(_made(self.schema), payload)


@cache
def _made(form: type[Schema]) -> Schema:
    """A form holds nothing of what it loads, and making one costs more than loading."""
    return form()
