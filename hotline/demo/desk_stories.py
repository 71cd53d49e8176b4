"""Stories of the demo city that the hotline itself brings to an end: no unit ever sees the ticket."""

from collections.abc import Iterator

from hotline.demo.cast import Cast, form_of
from hotline.demo.replies import phrase, reply
from hotline.demo.steps import Step, called_back, rated, submitted


def direct(c: Cast) -> Iterator[Step]:
    """Answered while the caller listens."""
    texts = reply(c.rng, c.appeal.category, c.unit)
    form = {**form_of(c.appeal), "public_text": texts.public_text, "legal_basis": texts.legal_basis}
    yield Step(c.agent, "answer", 0, form)
    yield from rated(c)


def praised(c: Cast) -> Iterator[Step]:
    """To the unit for information."""
    yield Step(c.agent, "forward_praise", 0, {**form_of(c.appeal), "unit_code": c.appeal.respondent or c.lead})


def refused(c: Cast) -> Iterator[Step]:
    """Not ours: the reason and the legal route are told."""
    code = c.appeal.refusal_reason
    told = {"refusal_reason": code, "legal_route": phrase(c.rng, "refusal", code).text}
    yield Step(c.agent, "refuse", 0, {**form_of(c.appeal), **told})


def transferred(c: Cast) -> Iterator[Step]:
    """An emergency, put through at once."""
    yield Step(c.agent, "transfer_emergency", 0, {**form_of(c.appeal), "transferred_to": c.appeal.emergency_line})


def external(c: Cast) -> Iterator[Step]:
    """Another city's matter: followed until it answers."""
    yield submitted(c)
    yield Step(
        c.dispatcher,
        "transfer_external",
        c.hours(0.1, 0.4),
        {"transferred_to": c.appeal.external_place or "省12345平台"},
    )
    texts = reply(c.rng, c.appeal.category, c.unit)
    yield Step(c.dispatcher, "external_reply", c.hours(9, 30), {"public_text": texts.public_text})
    yield from called_back(c)
    yield from rated(c)


def declined(c: Cast) -> Iterator[Step]:
    """The dispatcher finds that it is not ours."""
    yield submitted(c)
    told = phrase(c.rng, "refusal")
    why = {"refusal_reason": told.code, "legal_route": told.text}
    yield Step(c.dispatcher, "refuse", c.hours(0.1, 0.4), why)
