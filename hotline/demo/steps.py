"""The steps that stories of the demo city are made of, each one `perform()`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hotline.demo.cast import Cast, form_of
from hotline.demo.knowledge import CITED
from hotline.demo.replies import phrase, remark, reply

ENTERPRISE = "ENTERPRISE"
"""Acts where a login would stand: the enterprise behind the ticket."""
PASS_ADVICE = "approve_advice"
"""The one step that is no row of the ticket's table: the expert's leader passes the written answer."""

RATED_SHARE, REVIEWED_SHARE = 0.25, 0.04
"""Of closed tickets."""
SLOW_SHARE = 0.06
"""Of the units' answers: these come after the due time."""
VAIN_SHARE = 0.15
"""Of first contacts."""
GOOD = ("VERY_SATISFIED", "VERY_SATISFIED", "SATISFIED", "SATISFIED", "FAIRLY_SATISFIED")


@dataclass(frozen=True)
class Step:
    """One `perform()`. `after`: working hours since the step before. `ticket` 1 is the story's second ticket."""

    who: str
    action: str
    after: float
    payload: dict[str, Any]
    ticket: int = 0


def dispatched(c: Cast) -> Iterator[Step]:
    """Registered and sent."""
    yield submitted(c)
    yield sent(c)


def taken_up(c: Cast) -> Iterator[Step]:
    """Signed and contacted in time."""
    yield Step(c.worker, "sign", c.hours(0.1, 0.6), {})
    yield from contacted(c, c.hours(0.05, 0.14))


def answered(c: Cast, work: float | None = None) -> Iterator[Step]:
    """Worked on, answered, signed off, approved. `work` in working hours."""
    yield from written(c, _working_time(c) if work is None else work)
    yield Step(c.reviewer, "approve", c.hours(0.2, 3), {"text": "答复完整，依据充分"})


def closed(c: Cast) -> Iterator[Step]:
    """Called back and closed, if a callback is wanted; perhaps rated or reviewed."""
    yield from called_back(c)
    yield from afterwards(c)


def afterwards(c: Cast) -> Iterator[Step]:
    """Now and then the enterprise asks for a review, or rates."""
    if c.rng.random() < REVIEWED_SHARE:
        yield from _reviewed(c)
    yield from rated(c)


def rated(c: Cast) -> Iterator[Step]:
    """Some enterprises rate, most of them kindly."""
    if c.rng.random() < RATED_SHARE:
        bad = c.rng.random() < 0.08
        said = (
            {"satisfaction": "DISSATISFIED", "text": "答复太慢，希望改进"}
            if bad
            else {"satisfaction": c.rng.choice(GOOD)}
        )
        yield Step(ENTERPRISE, "rate", c.hours(0.5, 12), said)


def _reviewed(c: Cast) -> Iterator[Step]:
    yield Step(c.agent, "request_review", c.hours(2, 20), {"text": "企业认为答复没有解决实际问题，申请复核"})
    if c.rng.random() < 0.5:
        yield Step(c.supervisor, "deny_review", c.hours(2, 10), {"text": "原答复事实清楚、依据充分，予以维持"})
        return
    yield Step(c.supervisor, "grant_review", c.hours(2, 10), {"text": "原答复未回应全部诉求，同意复核"})
    yield from contacted(c, c.hours(0.2, 0.7))
    yield from answered(c, c.hours(2, 9))
    yield from called_back(c)


def called_back(c: Cast, ticket: int = 0) -> Iterator[Step]:
    """A satisfied enterprise, if it wants to be called at all."""
    if c.appeal.wants_callback:
        said = {"satisfaction": c.rng.choice(GOOD), "text": remark(c.rng, "callback_satisfied")}
        heard = {"result": "REACHED", "was_contacted": True, "is_resolved": True, **said}
        yield Step(c.caller, "callback", c.hours(0.4, 5), heard, ticket)
        yield Step(c.caller, "close", c.hours(0.05, 0.2), {}, ticket)


def bad_callback(c: Cast) -> Step:
    """An enterprise that is not satisfied."""
    said = {"satisfaction": "DISSATISFIED", "text": remark(c.rng, "callback_dissatisfied")}
    heard = {"result": "REACHED", "was_contacted": True, "is_resolved": False, **said}
    return Step(c.caller, "callback", c.hours(0.4, 5), heard)


def written(c: Cast, work: float) -> Iterator[Step]:
    """The unit's answer, through its own sign-off."""
    yield drafted(c, work)
    for signer in c.signers:
        yield Step(signer, "sign_off", c.hours(0.2, 1.8), {"text": "同意"})


def drafted(c: Cast, work: float) -> Step:
    """The unit's answer as its handler writes it."""
    texts = reply(c.rng, c.appeal.category, c.unit)
    cites = [CITED[c.appeal.category[:2]]]
    return Step(c.worker, "reply", work, {**vars(texts), "is_true": c.rng.random() < 0.8, "citations": cites})


def _working_time(c: Cast) -> float:
    """Most units keep the two or four working days; a few do not."""
    is_short = c.appeal.appeal_type == "CONSULTATION" or c.appeal.urgency != "NORMAL"
    if c.rng.random() < SLOW_SHARE:
        return c.hours(16, 34) if is_short else c.hours(28, 60)
    return c.hours(1.5, 10) if is_short else c.hours(3, 22)


def contacted(c: Cast, after: float) -> Iterator[Step]:
    """The unit speaks with the enterprise, sometimes at the second try."""
    if c.rng.random() < VAIN_SHARE:
        vain = phrase(c.rng, "contact", c.rng.choice(("NO_ANSWER", "REFUSED")))
        yield Step(c.worker, "contact", after, {"result": vain.code, "text": vain.text})
        after = c.hours(0.1, 0.25)
    yield Step(c.worker, "contact", after, {"result": "REACHED", "text": phrase(c.rng, "contact", "REACHED").text})


def objected(c: Cast) -> Step:
    """The unit says it is another's."""
    why = phrase(c.rng, "objection")
    return Step(c.worker, "object", c.hours(0.2, 1.4), {"reason": why.code, "legal_basis": why.basis, "text": why.text})


def submitted(c: Cast) -> Step:
    """Registered for dispatch."""
    return Step(c.agent, "submit", 0, form_of(c.appeal))


def sent(c: Cast) -> Step:
    """Dispatched to the lead unit; now and then later than the half hour."""
    late = c.rng.random() < 0.05
    return Step(c.dispatcher, "dispatch", c.hours(0.5, 1.2) if late else c.hours(0.05, 0.24), {"unit_code": c.lead})


def asked_for_time(c: Cast) -> Iterator[Step]:
    """Taken up, then an extension is asked for."""
    yield from dispatched(c)
    yield from taken_up(c)
    why = phrase(c.rng, "extension")
    asked = {"reason": why.code, "text": why.text, "working_days": 2, "legal_basis": "12345热线工作规程关于延期的规定"}
    yield Step(c.worker, "request_extension", c.hours(2, 8), asked)


def stopped(c: Cast) -> Iterator[Step]:
    """Taken up, then the clock is let rest."""
    yield from dispatched(c)
    yield from taken_up(c)
    why = phrase(c.rng, "pause")
    asked = {"reason": why.code, "text": why.text, "legal_basis": "12345热线工作规程关于挂起的规定"}
    yield Step(c.worker, "request_pause", c.hours(1, 6), asked)
    yield Step(c.supervisor, "grant_pause", c.hours(0.3, 2.5), {"text": "情况属实，同意挂起"})
