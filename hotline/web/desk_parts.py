"""What the intake desk works out from its form as it stands: the caller, what is known, whose it would be."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from hotline.directory.models import Category, Region, Unit
from hotline.dispatch.proposal import Deadline, deadline, propose
from hotline.errors import NotFound, Unavailable
from hotline.intake import hints
from hotline.intake.parties import is_sheltered
from hotline.knowledge.queries import entry as kb_entry
from hotline.knowledge.reading import basis_of, spoken
from hotline.ticket.models import AppealType, Urgency
from hotline.ticket.schemas import typed
from hotline.ui.door import Door
from hotline.web import desk_expert
from hotline.web.desk_form import Posted
from hotline.web.kb_results import Results, find, narrowed
from hotline.web.suggested import suggested


def _caller(d: Door, form: Posted) -> hints.Caller | None:
    names = {"phone": "contact_phone", "uscc": "uscc", "name": "enterprise_name"}
    return hints.caller(d.session, d.actor, d.now, **{known: _clean(form, name) for known, name in names.items()})


def _search(d: Door, form: Posted) -> Results:
    """By what stands in the search box, else by the title."""
    return find(d, question(form), narrowed(form, "kb_"))


def question(form: Posted) -> str:
    """What is searched for."""
    return _clean(form, "kb_q") or _clean(form, "title")


def is_wordless(form: Posted, asked: str) -> bool:
    """Whether this question's words are not to be kept: the appeal's own, or any asked while it is sheltered.

    Editors and units read what nothing answered, the complained-of side among them; and what is a question now may
    be a complaint by the time it is registered.
    """
    own = ("".join(form.get(name, "").split()) for name in ("title", "body"))
    said = "".join(asked.split())
    return is_sheltered(form) or any(said and text.startswith(said) for text in own)


def _proposal(d: Door, form: Posted) -> dict[str, Any]:
    """Unit, reason and deadline, as far as what is chosen tells; a code nobody knows tells nothing."""
    category = d.session.scalar(select(Category).filter_by(code=_clean(form, "category_code")))
    region = d.session.scalar(select(Region).filter_by(code=_clean(form, "region_code")))
    respondent = d.session.scalar(select(Unit).filter_by(code=_clean(form, "respondent_unit_code")))
    kind, urgency = _clean(form, "appeal_type"), _clean(form, "urgency")
    urgent = Urgency[urgency] if urgency in Urgency.__members__ else Urgency.NORMAL
    known = kind in AppealType.__members__
    return {
        "unit": propose(d.session, d.actor, d.now, category, region, respondent, AppealType[kind] if known else None)
        if category and region
        else None,
        "due": _deadline(d, AppealType[kind], urgent) if known else None,
        "type": kind,
    }


def _deadline(d: Door, kind: AppealType, urgency: Urgency) -> Deadline | None:
    """Time rules that are not set up must not take the form away as well: registering tells what is missing."""
    try:
        return deadline(d.session, d.now, kind, urgency)
    except Unavailable:
        return None


PARTS = {
    "caller": _caller,
    "search": _search,
    "proposal": _proposal,
    "suggestion": suggested,
    "expert": desk_expert.shown,
}
"""What the page works out from the form; each has a template of its own, so that scripts can ask for one."""


def prefilled(d: Door, form: Posted) -> Posted:
    """What is known of the caller's enterprise, in fields still empty; and the suggested category that was taken."""
    if taken := form.get("take_category"):
        form = _changed(form, {"category_code": taken})
    found = _caller(d, form)
    if found is None or found.enterprise is None:
        return form
    known = {
        "enterprise_name": found.enterprise.name,
        "uscc": found.enterprise.uscc or "",
        "region_code": found.enterprise.region.code if found.enterprise.region else "",
    }
    return _changed(form, {name: text for name, text in known.items() if text and not form.get(name)})


def with_answer(d: Door, form: Posted) -> Posted:
    """The reply with an entry's answer below what stands there, its basis, and the citation. Raises NotFound.

    The name of an internal entry goes into nothing that an enterprise may read.
    """
    entry_id, _, version = form.get("insert", "").partition(":")
    if not (entry_id.isdigit() and version.isdigit()):
        raise NotFound("没有找到这条知识", code="kb_entry_not_found")
    found = kb_entry(d.session, int(entry_id), int(version), actor=d.actor)
    basis = basis_of(found) if found.entry.is_public else ""
    said = f"{spoken(found)}（依据：{basis}）" if basis else spoken(found)
    answer = "\n".join(filter(None, (form.get("public_text", ""), said)))
    bases = list(dict.fromkeys(filter(None, (*form.get("legal_basis", "").split("；"), basis))))
    changed = _changed(form, {"public_text": answer, "legal_basis": "；".join(bases)})
    changed.setlist("citations", list(dict.fromkeys([*form.getlist("citations"), f"{entry_id}:{version}"])))
    return changed


def with_expert_answer(d: Door, form: Posted) -> Posted:
    """The reply with the expert's answer below what stands there, marked as the unit's, and its basis."""
    said, basis = desk_expert.spoken(d, form)
    answer = "\n".join(filter(None, (form.get("public_text", ""), said)))
    bases = list(dict.fromkeys(filter(None, (*form.get("legal_basis", "").split("；"), basis))))
    return _changed(form, {"public_text": answer, "legal_basis": "；".join(bases)})


def _changed(form: Posted, changes: Mapping[str, str]) -> Posted:
    copied = MultiDict(form)
    for name, text in changes.items():
        copied.setlist(name, [text])
    return copied


def _clean(form: Posted, name: str) -> str:
    return typed(form.get(name, ""))
