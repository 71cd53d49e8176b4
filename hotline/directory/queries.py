"""Looking up rows of the directory by their codes, as forms and the API name them."""

from datetime import date
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Date, Select, bindparam, or_, select
from sqlalchemy.orm import Session

from hotline.directory.models import Category, Effective, Enterprise, Region, Source, Unit
from hotline.errors import Invalid

Coded = TypeVar("Coded", Unit, Region, Category, Source)

WORDS: dict[type[Any], tuple[str, str]] = {
    Unit: ("unit_code", "单位"),
    Region: ("region_code", "区域"),
    Category: ("category_code", "事项分类"),
    Source: ("source_code", "诉求来源"),
}


def effective(model: type[Effective], day: date | BindParameter[date]) -> Any:
    """The condition that a row is valid on a day, both ends inclusive."""
    return (model.effective_from <= day) & or_(model.effective_to.is_(None), model.effective_to >= day)


def by_code(session: Session, model: type[Coded], code: str, day: date, *, field: str | None = None) -> Coded:
    """The row with this code that is valid on `day`. Raises Invalid naming the field."""
    name, word = WORDS[model]
    row: Coded | None = session.scalar(_by_code(model), {"code": code, "day": day})
    if row is None:
        raise Invalid(f"没有代码为“{code}”的{word}，或已停用", code=f"unknown_{name}", field=field or name)
    return row


@cache
def _by_code(model: type[Coded]) -> Select[Coded]:
    """Built once a model: every form names several rows."""
    return select(model).where(model.code == bindparam("code"), effective(model, bindparam("day", type_=Date)))


def leaf_category(session: Session, code: str, day: date) -> Category:
    """A third-level category: tickets are filed there only."""
    category = by_code(session, Category, code, day)
    if category.level != 3:
        raise Invalid(f"“{category.name}”不是末级事项，请选到第三级", code="category_not_leaf", field="category_code")
    return category


def enterprise_by_uscc(session: Session, uscc: str) -> Enterprise | None:
    """A known enterprise by its normalised code."""
    return session.scalar(select(Enterprise).filter_by(uscc=uscc))
