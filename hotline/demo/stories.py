"""What happens to a ticket in the demo city: each story is a sequence of steps that fits the ticket's table."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from hotline.demo.cast import Cast, below, form_of, leader_of, worker_of
from hotline.demo.replies import phrase, remark, reply
from hotline.demo.steps import (
    ENTERPRISE,
    PASS_ADVICE,
    Step,
    afterwards,
    answered,
    asked_for_time,
    bad_callback,
    called_back,
    closed,
    contacted,
    dispatched,
    drafted,
    objected,
    sent,
    stopped,
    submitted,
    taken_up,
    written,
)

Story = Callable[[Cast], Iterator[Step]]


def plain(c: Cast) -> Iterator[Step]:
    """Dispatched, signed, contacted, answered, called back, closed."""
    yield from dispatched(c)
    yield from taken_up(c)
    yield from answered(c)
    yield from closed(c)


def unsigned(c: Cast) -> Iterator[Step]:
    """Nobody signs: after its time it counts as signed, and the first contact is late too."""
    yield from dispatched(c)
    yield from contacted(c, c.hours(2.4, 5))
    yield from answered(c)
    yield from closed(c)


def redispatched(c: Cast) -> Iterator[Step]:
    """The wrong unit objects, rightly."""
    wrong = c.led_by(next(iter(c.supporters), c.district))
    if c.is_sensitive or wrong.lead in (c.lead, "SZF"):
        yield from plain(c)
        return
    yield from dispatched(wrong)
    yield objected(wrong)
    yield Step(c.dispatcher, "redispatch", c.hours(0.2, 1.5), {"unit_code": c.lead, "text": "异议成立，按派单目录改派"})
    yield from taken_up(c)
    yield from answered(c)
    yield from closed(c)


def overruled(c: Cast) -> Iterator[Step]:
    """The right unit objects, wrongly."""
    yield from dispatched(c)
    yield objected(c)
    yield Step(c.dispatcher, "overrule", c.hours(0.2, 2.5), {"text": remark(c.rng, "overrule")})
    yield from taken_up(c)
    yield from answered(c)
    yield from closed(c)


def supported(c: Cast) -> Iterator[Step]:
    """Another unit gives its opinion before the lead answers."""
    yield from dispatched(c)
    yield from taken_up(c)
    if c.supporters and not c.is_sensitive:
        helper = c.rng.choice(c.supporters)
        yield Step(
            c.dispatcher, "add_support", c.hours(0.3, 2), {"unit_code": helper, "text": "请就本单位职责部分提出意见"}
        )
        yield Step(
            worker_of(helper),
            "contribute",
            c.hours(2, 9),
            {"opinion": reply(c.rng, c.appeal.category, c.unit).internal_note},
        )
    yield from answered(c)
    yield from closed(c)


def delegated(c: Cast) -> Iterator[Step]:
    """The district's government has a unit of its own do the work."""
    c = c if c.is_sensitive else c.led_by(c.district)
    yield from dispatched(c)
    yield from taken_up(c)
    if below(c.lead) and not c.is_sensitive:
        unit = c.rng.choice(below(c.lead))
        yield Step(c.worker, "delegate", c.hours(0.2, 1), {"unit_code": unit, "text": "请到现场核实并提出办理意见"})
        yield Step(
            worker_of(unit), "contribute", c.hours(2, 8), {"opinion": "已到现场核实，情况属实，企业同意办理方案。"}
        )
    yield from answered(c)
    yield from closed(c)


def reassigned(c: Cast) -> Iterator[Step]:
    """The liaison names somebody else of the unit."""
    yield from dispatched(c)
    yield from taken_up(c)
    if colleagues := c.colleagues:
        yield Step(c.worker, "assign_handler", c.hours(0.1, 0.5), {"handler_login": colleagues[0], "text": "请你经办"})
        c = c.led_by(c.lead, colleagues[0])
    yield from answered(c)
    yield from closed(c)


def extended(c: Cast) -> Iterator[Step]:
    """More time is asked for and given."""
    yield from asked_for_time(c)
    yield Step(c.supervisor, "grant_extension", c.hours(0.5, 3), {"text": "情况属实，同意延期"})
    yield from answered(c, c.hours(12, 24))
    yield from closed(c)


def not_extended(c: Cast) -> Iterator[Step]:
    """More time is asked for and refused."""
    yield from asked_for_time(c)
    yield Step(c.supervisor, "deny_extension", c.hours(0.5, 3), {"text": "理由不充分，请在原时限内办结"})
    yield from answered(c, c.hours(2, 7))
    yield from closed(c)


def paused(c: Cast) -> Iterator[Step]:
    """The clock stands still until the material is there."""
    yield from stopped(c)
    yield Step(c.worker, "resume", c.hours(6, 40), {"text": "材料已收到，恢复办理"})
    yield from answered(c)
    yield from closed(c)


def paused_too_long(c: Cast) -> Iterator[Step]:
    """The pause ends by itself after its longest time."""
    yield from stopped(c)
    yield from answered(c, c.hours(80, 90))
    yield from closed(c)


def reported(c: Cast) -> Iterator[Step]:
    """An interim report on the way."""
    yield from dispatched(c)
    yield from taken_up(c)
    yield Step(c.worker, "interim", c.hours(3, 8), {"text": remark(c.rng, "interim"), "is_public": True})
    yield from answered(c)
    yield from closed(c)


def consulted(c: Cast) -> Iterator[Step]:
    """A policy expert is asked."""
    yield from dispatched(c)
    yield from taken_up(c)
    if not c.is_sensitive:
        expert = c.expert()
        texts = reply(c.rng, c.appeal.category, c.unit)
        yield Step(
            c.worker,
            "ask_expert",
            c.hours(0.3, 2),
            {"expert_login": expert, "question": f"{c.appeal.title}，政策上如何把握？"},
        )
        yield Step(
            expert, "expert_answer", c.hours(1, 6), {"answer": texts.public_text, "legal_basis": texts.legal_basis}
        )
        yield Step(leader_of(expert), PASS_ADVICE, c.hours(0.5, 4), {})
    yield from answered(c)
    yield from closed(c)


def returned(c: Cast) -> Iterator[Step]:
    """The reviewer sends the first answer back."""
    yield from dispatched(c)
    yield from taken_up(c)
    yield from written(c, c.hours(3, 8))
    yield Step(c.reviewer, "return_reply", c.hours(0.3, 3), {"text": remark(c.rng, "review_return")})
    yield from answered(c, c.hours(1, 4))
    yield from closed(c)


def sign_off_rejected(c: Cast) -> Iterator[Step]:
    """The unit's own leader wants the answer written anew."""
    yield from dispatched(c)
    yield from taken_up(c)
    if c.signers:
        yield drafted(c, c.hours(3, 7))
        yield Step(c.signers[0], "reject_sign_off", c.hours(0.3, 3), {"text": "表述不准确，请补充办理依据后再报"})
    yield from answered(c, c.hours(1, 4))
    yield from closed(c)


def unreached(c: Cast) -> Iterator[Step]:
    """Three callbacks that nobody answers."""
    yield from dispatched(c)
    yield from taken_up(c)
    yield from answered(c)
    if c.appeal.wants_callback:
        for _ in range(3):
            yield Step(
                c.caller,
                "callback",
                c.hours(1, 4),
                {"result": "NO_ANSWER", "text": remark(c.rng, "callback_unreached")},
            )
        yield Step(c.caller, "close", 0.1, {"is_resolved": True, "text": "三次回访未接通，按规定办结"})
    yield from afterwards(c)


def dissatisfied(c: Cast) -> Iterator[Step]:
    """A bad callback, and a second round."""
    yield from dispatched(c)
    yield from taken_up(c)
    yield from answered(c)
    if c.appeal.wants_callback:
        yield bad_callback(c)
        yield Step(c.caller, "rework", c.hours(0.1, 0.3), {"text": remark(c.rng, "rework")})
        yield from contacted(c, c.hours(0.2, 0.7))
        yield from answered(c, c.hours(2, 9))
    yield from closed(c)


def unresolved(c: Cast) -> Iterator[Step]:
    """Closed without a solution, with the reason."""
    yield from dispatched(c)
    yield from taken_up(c)
    yield from answered(c)
    if c.appeal.wants_callback:
        yield bad_callback(c)
        why = phrase(c.rng, "unresolved")
        yield Step(
            c.caller, "close", c.hours(0.1, 1), {"is_resolved": False, "unresolved_reason": why.code, "text": why.text}
        )
    yield from afterwards(c)


def urged(c: Cast) -> Iterator[Step]:
    """The enterprise calls again to ask."""
    yield from dispatched(c)
    yield from taken_up(c)
    yield Step(c.agent, "urge", c.hours(3, 8), {"text": "企业再次来电，希望尽快答复"})
    yield from answered(c)
    yield from closed(c)


def supervised(c: Cast) -> Iterator[Step]:
    """A supervisor looks into it, and lets go when it is answered."""
    yield from dispatched(c)
    yield from taken_up(c)
    yield Step(c.supervisor, "supervise", c.hours(2, 6), {"text": remark(c.rng, "supervise")})
    yield from answered(c)
    if c.appeal.wants_callback:
        yield Step(c.supervisor, "lift_supervision", c.hours(0.1, 0.5), {"text": "已按要求答复，解除督办"})
    yield from closed(c)


def supplemented(c: Cast) -> Iterator[Step]:
    """The dispatcher needs to know more first."""
    yield submitted(c)
    yield Step(c.dispatcher, "return_for_supplement", c.hours(0.1, 0.4), {"text": "请补充涉及的项目名称和具体地址"})
    yield Step(
        c.agent,
        "supplement",
        c.hours(0.5, 5),
        {"text": f"已向企业核实，具体位置为{c.appeal.place}，材料随后邮件补充。"},
    )
    yield sent(c)
    yield from taken_up(c)
    yield from answered(c)
    yield from closed(c)


def withdrawn(c: Cast) -> Iterator[Step]:
    """The enterprise needs us no more."""
    yield from dispatched(c)
    yield from taken_up(c)
    yield Step(ENTERPRISE, "withdraw", c.hours(1, 5), {"text": remark(c.rng, "withdraw")})


def merged(c: Cast) -> Iterator[Step]:
    """The same enterprise asks again elsewhere; both get one answer and each its own callback."""
    yield from dispatched(c)
    yield from taken_up(c)
    twin = replace(c.appeal, source="PHONE", external_no=None, title=f"再次反映：{c.appeal.title}"[:120])
    yield Step(c.agent, "submit", c.hours(0.5, 3), form_of(twin), ticket=1)
    yield Step(c.dispatcher, "merge", c.hours(0.1, 0.4), {"text": "同一企业同一事项，并入在办工单"}, ticket=1)
    yield from answered(c)
    yield from called_back(c, ticket=1)
    yield from closed(c)
