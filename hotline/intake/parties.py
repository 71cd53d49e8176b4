"""Who raises the appeal and whom it is about."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.models import Account
from hotline.accounts.privacy import normalise_phone, phone_lookup
from hotline.directory import uscc
from hotline.directory.models import Enterprise, Unit
from hotline.directory.queries import by_code, enterprise_by_uscc
from hotline.errors import Invalid
from hotline.ticket.models import AppealType, RespondentKind
from hotline.ticket.operations import Data

PHONE = re.compile(r"\d{3,15}")
RESPONDENT = ("respondent_kind", "respondent_unit_code", "respondent_name", "respondent_login")
SHELTERING = (*RESPONDENT, "is_confidential", "is_anonymous")
ACCUSING = frozenset({AppealType.COMPLAINT, AppealType.TIP_OFF})


def enterprise_of(session: Session, data: Data) -> int | None:
    """The enterprise by its code or name; an unknown one is created on the fly, none is needed. Raises Invalid."""
    code, name = uscc.normalise(data.get("uscc", "")), data.get("enterprise_name", "")
    if code and (wrong := uscc.explain(code)):
        raise Invalid(wrong, code="uscc_invalid", field="uscc")
    if code:
        known = enterprise_by_uscc(session, code)
    else:
        known = session.scalar(select(Enterprise).filter_by(name=name).limit(1)) if name else None
    if known is None and (code or name):
        known = Enterprise(uscc=code or None, name=name or code)
        session.add(known)
        session.flush()
    return known.id if known else None


def contact_of(data: Data) -> dict[str, Any]:
    """Name and number, and the number's keyed hash for look-up. Raises Invalid for a number nobody could dial."""
    given = data.get("contact_phone", "")
    phone = normalise_phone(given)
    if given and not PHONE.fullmatch(phone):
        raise Invalid("联系电话应为 3 至 15 位数字", code="phone_invalid", field="contact_phone")
    return {
        "contact_name": data.get("contact_name") or None,
        "contact_phone": phone or None,
        "phone_lookup": phone_lookup(phone) if phone else None,
        "wants_callback": data.get("wants_callback", True) and bool(phone),  # nobody can be called without a number
    }


def is_sheltered(form: Mapping[str, Any]) -> bool:
    """Whether an appeal's words stay with those who handle it: it accuses, names somebody, or its caller stays hidden.

    `form`: as posted, so that the desk can ask before anything is registered.
    """
    return form.get("appeal_type") in ACCUSING or any(form.get(name) for name in SHELTERING)


def respondent_of(session: Session, data: Data, day: date) -> dict[str, Any]:
    """被反映对象: the unit or person named, so that they keep out of it. Raises Invalid if unknown."""
    unit_code, login = data.get("respondent_unit_code"), data.get("respondent_login")
    unit = by_code(session, Unit, unit_code, day, field="respondent_unit_code") if unit_code else None
    person = _person(session, login) if login else None
    if unit is not None and unit.supervising_unit_id is None and unit.parent_id is None:
        message = f"“{unit.short_name}”没有可以办理此类投诉的监督单位，请告知诉求人向省12345反映"
        raise Invalid(message, code="respondent_unsupervised", field="respondent_unit_code")
    kind = data.get("respondent_kind") or _kind(unit, person)
    return {
        "respondent_kind": kind,
        "respondent_unit_id": unit.id if unit else None,
        "respondent_account_id": person.id if person else None,
        "respondent_name": data.get("respondent_name", ""),
    }


def _kind(unit: Unit | None, person: Account | None) -> RespondentKind | None:
    if person:
        return RespondentKind.PERSON
    return RespondentKind.UNIT if unit else None


def _person(session: Session, login: str) -> Account:
    account = session.scalar(select(Account).filter_by(login=login))
    if account is None:
        raise Invalid(f"没有工号为“{login}”的人员", code="unknown_respondent_login", field="respondent_login")
    return account
