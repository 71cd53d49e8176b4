"""Stories of the chain of responsibility: a task force that decides, an objection to a pause."""

from collections.abc import Iterator

from hotline.demo.cast import Cast, worker_of
from hotline.demo.steps import ENTERPRISE, Step, answered, closed, dispatched, taken_up

TOLD_SHARE = 0.9
"""Of dispatched tickets: the unit is rung up as well, as "124" asks."""


def told_by_phone(c: Cast) -> Iterator[Step]:
    """电话同步告知, mostly at once."""
    if c.rng.random() < TOLD_SHARE:
        said = {
            "person": "值班人员",
            "phone": c.unit.duty_phone or "0499-12345",
            "text": "已告知派单内容和先行联系时限",
        }
        yield Step(c.agent, "tell_by_phone", 0.02, said)


def task_force(c: Cast) -> Iterator[Step]:
    """A hard ticket that crosses units: a supervisor raises a task force, it meets, decides, and ends with a result."""
    yield from dispatched(c)
    yield from told_by_phone(c)
    yield from taken_up(c)
    if not c.is_sensitive and c.supporters:
        yield from _forced(c, c.supporters[0])
    yield from answered(c)
    if not c.is_sensitive and c.supporters:
        yield Step(c.supervisor, "end_task_force", 0.2, {"text": "决定已落实，转入日常办理。"})
    yield from closed(c)


def _forced(c: Cast, other: str) -> Iterator[Step]:
    raised = {"name": f"{c.category.name}专班", "follower_login": c.agent, "unit_codes": [other], "member_logins": ""}
    yield Step(
        c.supervisor, "raise_task_force", c.hours(2, 6), {**raised, "text": "跨部门事项久拖不决，专班限期推动。"}
    )
    agreed = {"attendees": "主办单位、成员单位经办人", "agreed": "主办单位牵头，成员单位核对数据后书面回复。"}
    yield Step(c.supervisor, "confer", c.hours(1, 3), {**agreed, "legal_basis": "首接负责制"})
    yield Step(c.supervisor, "decide", 0.2, {"unit_code": other, "text": "核对相关数据并书面回复主办单位。"})
    yield Step(worker_of(other), "fulfil", c.hours(2, 9), {"text": "数据已核对，书面意见已送主办单位。"})


def disputed(c: Cast) -> Iterator[Step]:
    """The ticket is paused, the enterprise objects, and the supervisor agrees with it."""
    yield from dispatched(c)
    yield from told_by_phone(c)
    yield from taken_up(c)
    asked = {"reason": "WAITING_MATERIAL", "legal_basis": "热线办理规范", "text": "等待企业补交合同和付款凭证。"}
    yield Step(c.worker, "request_pause", c.hours(2, 6), asked)
    yield Step(c.supervisor, "grant_pause", c.hours(0.3, 2), {"text": "情况属实，同意。"})
    yield Step(ENTERPRISE, "dispute", c.hours(2, 8), {"text": "合同和付款凭证上周已经交给窗口，不应再等。"})
    yield Step(c.supervisor, "uphold_dispute", c.hours(1, 4), {"text": "经核实材料已收到，即时恢复办理。"})
    yield from answered(c)
    yield from closed(c)
