"""What a version says, checked and cleaned before it is stored."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.errors import Invalid
from hotline.knowledge.models import (
    GUIDE_FIELDS,
    MAX_CONTACT,
    MAX_DOC_NUMBER,
    MAX_PLACE,
    MAX_TITLE,
    MAX_URL,
    EntryType,
    KbEntry,
    KbEntryVersion,
    VersionStatus,
)
from knowledge_base.doc_numbers import as_written
from knowledge_base.doubts import doubts_of_words, has_blanks
from knowledge_base.normalise import clean, normalise

T = TypeVar("T")


@dataclass(frozen=True)
class Content:
    """What a version says. `expires_at` is the last day in force; None = until replaced or withdrawn.

    `related` are codes of entries; the last five are a 惠企政策's guide.
    """

    title: str
    full_text: str
    effective_from: date
    expires_at: date | None = None
    phone_answer: str = ""
    question_variants: tuple[str, ...] = ()
    doc_number: str = ""
    place: str = ""
    source_title: str = ""
    url: str = ""
    contact_phone: str = ""
    contact_hours: str = ""
    related: tuple[str, ...] = ()
    review_due: date | None = None
    beneficiaries: str = ""
    conditions: str = ""
    payout_limit: str = ""
    address: str = ""
    enquiry_phone: str = ""


@dataclass(frozen=True)
class Ownership:
    """Who keeps an entry, where it belongs, who may read it. `category_id` None = every category."""

    unit_id: int
    category_id: int | None = None
    is_public: bool = True
    type: EntryType = EntryType.POLICY
    region_code: str = ""
    audience: tuple[str, ...] = ()


CONTENT = tuple(field.name for field in fields(Content))
_LIMITS = {
    "title": (MAX_TITLE, "标题"),
    "source_title": (MAX_TITLE, "文件标题"),
    "doc_number": (MAX_DOC_NUMBER, "文号"),
    "place": (MAX_PLACE, "条款位置"),
    "url": (MAX_URL, "原文网址"),
    "contact_phone": (MAX_CONTACT, "联系电话"),
    "contact_hours": (MAX_CONTACT, "服务时间"),
    "enquiry_phone": (MAX_CONTACT, "咨询电话"),
}


def columns(content: Content) -> dict[str, Any]:
    """The columns of a version that says this. Raises Invalid naming the field that breaks a rule."""
    values = {name: _cleaned(getattr(content, name)) for name in CONTENT}
    required(values["title"], "title", "请填写标题")
    required(values["full_text"], "full_text", "请填写正文")
    values["doc_number"] = as_written(values["doc_number"]) or values["doc_number"]
    _check(values)
    return {**values, "content_hash": fingerprint(content)}


def content_of(version: KbEntryVersion) -> Content:
    """What a version says, to start another from."""
    values = ((name, getattr(version, name)) for name in CONTENT)
    said: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values}
    return Content(**said)


def required(value: T | None, field: str, message: str) -> T:
    """The value, unless it is empty. Raises Invalid."""
    if not value:
        raise Invalid(message, code="required", field=field)
    return value


def fingerprint(content: Content) -> str:
    """Equal for the same words of the same document in force from the same day, however they are spaced or printed."""
    parts = (content.title, content.full_text, content.effective_from.isoformat())
    return hashlib.sha256("\0".join("".join(normalise(part).split()) for part in parts).encode()).hexdigest()


def is_blank(said: Content | KbEntryVersion) -> bool:
    """Whether blanks (××, ____, 【待补充】) are left in what it says."""
    return has_blanks(whole_text(said))


def doubtful(said: Content | KbEntryVersion) -> list[str]:
    """What somebody must look at before these words are published, a sentence each."""
    return [doubt.sentence for doubt in doubts_of_words(whole_text(said))]


def whole_text(said: Content | KbEntryVersion) -> str:
    """Everything readers read; the long text last, as attachments are named at its end."""
    names = ("title", "doc_number", "source_title", "phone_answer", *GUIDE_FIELDS, "full_text")
    return "\n".join([*said.question_variants, *(getattr(said, name) for name in names)])


def known_fingerprints(session: Session, hashes: Iterable[str]) -> set[str]:
    """Those of the hashes that the newest version of a published entry has."""
    found = select(KbEntryVersion.content_hash).join(KbEntryVersion.entry)
    found = found.where(
        KbEntryVersion.status.in_((VersionStatus.PUBLISHED, VersionStatus.REVIEW_DUE)),
        KbEntryVersion.version == KbEntry.current_version,
        KbEntryVersion.content_hash.in_(list(hashes)),
    )
    return set(session.scalars(found))


def new_version(
    content: Content, number: int, status: VersionStatus, *, author_id: int | None, published_at: datetime | None = None
) -> KbEntryVersion:
    """A version that says this, not yet stored; while it is open, with its doubts. Raises Invalid."""
    made = {"version": number, "status": status, "author_id": author_id, "published_at": published_at}
    return KbEntryVersion(**made, doubts=doubtful(content) if status.is_open else [], **columns(content))


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value).strip()
    return [clean(part).strip() for part in value] if isinstance(value, tuple) else value


def _check(values: dict[str, Any]) -> None:
    for name, (limit, label) in _LIMITS.items():
        if len(values[name]) > limit:
            raise Invalid(f"{label}不能超过 {limit} 个字", code="too_long", field=name)
    if values["expires_at"] is not None and values["expires_at"] < values["effective_from"]:
        raise Invalid("有效期至不能早于生效日期", code="dates_reversed", field="expires_at")
