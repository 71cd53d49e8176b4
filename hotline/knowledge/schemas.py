"""What goes in and out of the knowledge doors, for pages and API alike."""

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from hotline.knowledge.models import MAX_DOC_NUMBER, MAX_TITLE, EntryType
from hotline.knowledge.operations import MAX_TEXT
from knowledge_base.search import MAX_QUESTION


class SearchSchema(Schema):
    """A question. A longer one is refused at the door with a sentence, not cut in silence."""

    q = fields.String(
        required=True, validate=validate.Length(1, MAX_QUESTION, error=f"请输入 1 至 {MAX_QUESTION} 个字的查询内容")
    )
    top = fields.Integer(load_default=10, validate=validate.Range(1, 50, error="每次最多返回 50 条"))


class ImportSchema(Schema):
    """A policy text to split into entries; title, number and dates are read from the text when left out."""

    text = fields.String(required=True, validate=validate.Length(1, MAX_TEXT, error="请提供不超过 200 万字的正文"))
    unit_id = fields.Integer(required=True)
    category_id = fields.Integer(load_default=None, allow_none=True)
    type = fields.Enum(EntryType, by_value=True, load_default=EntryType.POLICY)
    is_public = fields.Boolean(load_default=True)
    title = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_TITLE))
    doc_number = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_DOC_NUMBER))
    effective_from = fields.Date(load_default=None, allow_none=True)
    expires_at = fields.Date(load_default=None, allow_none=True)

    @validates_schema
    def _in_order(self, data: dict, **_kwargs: object) -> None:
        first, last = data.get("effective_from"), data.get("expires_at")
        if first and last and last < first:
            raise ValidationError("有效期至不能早于生效日期", "expires_at")


class HitSchema(Schema):
    """One answer. Marks are [start, end] offsets into title and snippet."""

    entry_id = fields.Integer()
    code = fields.String()
    version = fields.Integer()
    title = fields.String()
    title_marks = fields.List(fields.List(fields.Integer()))
    snippet = fields.String()
    snippet_marks = fields.List(fields.List(fields.Integer()))
    doc_number = fields.String()
    place = fields.String()
    type_label = fields.String()
    state = fields.String()
    state_label = fields.String(attribute="state.label")
    effective_from = fields.Date()
    expires_at = fields.Date(allow_none=True)


class FoundSchema(Schema):
    """The answer to a question; `degraded` when plain comparison stood in for the index."""

    hits = fields.List(fields.Nested(HitSchema))
    degraded = fields.Boolean()


class EntrySchema(Schema):
    """One version of an entry."""

    entry_id = fields.Integer()
    code = fields.String(attribute="entry.code")
    type = fields.Enum(EntryType, by_value=True, attribute="entry.type")
    type_label = fields.String(attribute="entry.type.label")
    is_public = fields.Boolean(attribute="entry.is_public")
    version = fields.Integer()
    current_version = fields.Integer(attribute="entry.current_version")
    title = fields.String()
    question_variants = fields.List(fields.String())
    phone_answer = fields.String()
    full_text = fields.String()
    doc_number = fields.String()
    place = fields.String()
    source_title = fields.String()
    effective_from = fields.Date()
    expires_at = fields.Date(allow_none=True)
    published_at = fields.AwareDateTime()
