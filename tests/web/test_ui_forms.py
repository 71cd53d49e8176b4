"""One schema serves page and API: descriptors out of it, and posted forms back into what it loads."""

from datetime import UTC, date, datetime
from enum import StrEnum

import pytest
from marshmallow import Schema, ValidationError, fields, validate
from werkzeug.datastructures import MultiDict

from hotline.ui.forms import error_list, fields_of, message_of, submitted


class Urgency(StrEnum):
    NORMAL = "NORMAL"
    URGENT = "URGENT"

    @property
    def label(self):
        return {"NORMAL": "一般", "URGENT": "紧急"}[self]


class Intake(Schema):
    id = fields.Integer(dump_only=True)
    source = fields.String(metadata={"form": False})
    title = fields.String(
        required=True, validate=validate.Length(min=2, max=80), metadata={"label": "标题", "width": 6}
    )
    content = fields.String(validate=validate.Length(max=5000), metadata={"label": "内容", "rows": 6})
    urgency = fields.Enum(Urgency, by_value=True, load_default=Urgency.NORMAL, metadata={"label": "紧急程度"})
    region = fields.String(metadata={"label": "区域", "widget": "select"})
    people = fields.Integer(validate=validate.Range(1, 500), metadata={"label": "涉及人数"})
    tags = fields.List(fields.String(validate=validate.OneOf(["a", "b"], ["甲", "乙"])), metadata={"label": "标签"})
    is_confidential = fields.Boolean(metadata={"label": "保密"})
    visit_at = fields.AwareDateTime(metadata={"label": "预约时间"})
    happened_on = fields.Date(metadata={"label": "发生日期"})


@pytest.fixture
def described():
    """The descriptors of Intake by name, for given values and errors."""
    return lambda **given: {field["name"]: field for field in fields_of(Intake, **given)}


def test_fields_that_are_not_for_pages_stay_out(described):
    assert list(described()) == [name for name in Intake().fields if name not in ("id", "source")]


@pytest.mark.parametrize(
    ("name", "widget"),
    [
        ("title", "text"),
        ("content", "textarea"),
        ("urgency", "select"),
        ("people", "number"),
        ("tags", "checkbox"),
        ("is_confidential", "checkbox"),
        ("visit_at", "datetime"),
        ("happened_on", "date"),
    ],
)
def test_the_widget_follows_from_the_field(described, name, widget):
    assert described()[name]["widget"] == widget


def test_the_rules_of_the_schema_are_the_limits_of_the_control(described):
    title, people = described()["title"], described()["people"]
    assert (title["required"], title["minlength"], title["maxlength"], title["width"]) == (True, 2, 80, 6)
    assert (people["required"], people["min"], people["max"]) == (False, 1, 500)


def test_choices_come_from_validator_enum_or_caller(described):
    assert described()["tags"]["choices"] == [("a", "甲"), ("b", "乙")]
    assert described()["urgency"]["choices"] == [("NORMAL", "一般"), ("URGENT", "紧急")]
    assert described(choices={"region": iter([("x", "香洲区")])})["region"]["choices"] == [("x", "香洲区")]


def test_typed_values_are_shown_as_the_controls_want_them(described):
    shown = described(values={"visit_at": datetime(2026, 3, 18, 2, 42, tzinfo=UTC), "happened_on": date(2026, 3, 1)})
    assert shown["visit_at"]["value"] == "2026-03-18T10:42"
    assert shown["happened_on"]["value"] == "2026-03-01"
    assert shown["urgency"]["value"] == "NORMAL"
    assert shown["title"]["value"] is None


def test_an_error_stands_at_its_field(described):
    shown = described(errors={"title": ["太短", "太短", "含有空字符"]})
    assert shown["title"]["error"] == "太短；含有空字符"
    assert shown["content"]["error"] == ""


def test_nested_messages_become_one_sentence():
    assert message_of({0: ["不在可选范围"], 2: ["不在可选范围"]}) == "不在可选范围"


def test_errors_are_listed_in_the_order_of_the_form_and_foreign_ones_last():
    errors = error_list(Intake, {"_schema": ["至少填写一项"], "people": ["过大"], "title": ["必填"]})
    assert [(error["name"], error["label"]) for error in errors] == [
        ("title", "标题"),
        ("people", "涉及人数"),
        (None, None),
    ]


def test_a_posted_form_loads_like_the_same_json():
    form = MultiDict(
        [
            ("title", " 贴息 "),
            ("content", "一\r\n二"),
            ("urgency", "URGENT"),
            ("people", "3"),
            ("tags", "a"),
            ("tags", "b"),
            ("is_confidential", "1"),
            ("visit_at", "2026-03-18T10:42"),
            ("happened_on", ""),
            ("csrf_token", "t"),
        ]
    )
    loaded = Intake().load(submitted(Intake, form))
    assert loaded == {
        "title": "贴息",
        "content": "一\n二",
        "urgency": Urgency.URGENT,
        "people": 3,
        "tags": ["a", "b"],
        "is_confidential": True,
        "visit_at": datetime(2026, 3, 18, 2, 42, tzinfo=UTC),
    }


def test_an_unticked_box_is_false_and_an_empty_input_is_absent():
    data = submitted(Intake, MultiDict([("title", "  ")]))
    assert data == {"is_confidential": False}
    with pytest.raises(ValidationError) as caught:
        Intake().load(data)
    assert list(caught.value.messages) == ["title"]


def test_an_unreadable_instant_is_left_for_the_schema_to_refuse():
    assert submitted(Intake, MultiDict([("visit_at", "明天")]))["visit_at"] == "明天"


def test_a_field_kept_off_the_page_cannot_be_posted():
    assert "source" not in submitted(Intake, MultiDict([("source", "forged")]))
