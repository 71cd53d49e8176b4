"""One mechanism for every table of states; the ticket's is `ticket.lifecycle`.

A table is a tuple of `Transition` rows. Nothing here knows what a ticket is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from hotline.errors import Forbidden, IllegalAction


class Acting(Protocol):
    """What the mechanism must know of an actor."""

    @property
    def roles(self) -> frozenset[str]: ...


class Standing(Protocol):
    """What the mechanism must know of a subject's facts."""

    @property
    def status(self) -> StrEnum | None: ...


# A guard answers None when it lets pass, else a Chinese sentence that says why not.
Guard = Callable[[Any, Any], str | None]


@dataclass(frozen=True)
class Transition:
    """One row. `source` None = creates the subject; `target` None = the status stays."""

    action: str
    label: str
    source: StrEnum | None
    target: StrEnum | None
    who: frozenset[str]
    guards: tuple[Guard, ...] = ()
    starts: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    decides: bool = True
    """Whether the row raises the subject's version (a decision) or only adds to its record (a note)."""

    def refusal(self, facts: Standing, actor: Acting) -> str | None:
        """Why this actor may not take this row now; None when it may."""
        for guard in self.guards:
            if reason := guard(facts, actor):
                return reason
        return None


Table = tuple[Transition, ...]


def rows(
    action: str,
    label: str,
    sources: StrEnum | Iterable[StrEnum] | None,
    target: StrEnum | None,
    who: frozenset[Any],
    *guards: Guard,
    **more: Any,
) -> Table:
    """One row for each source status; `more`: the other columns of Transition."""
    each = (sources,) if sources is None or isinstance(sources, StrEnum) else tuple(sources)
    return tuple(Transition(action, label, source, target, who, guards, **more) for source in each)


def available(table: Iterable[Transition], facts: Standing, actor: Acting) -> list[Transition]:
    """The rows this actor may take from the present status, in table order."""
    return [
        row
        for row in table
        if row.source == facts.status and row.who & actor.roles and row.refusal(facts, actor) is None
    ]


def held_up(table: Iterable[Transition], action: str, facts: Standing, actor: Acting) -> str | None:
    """Why an action of this status and role cannot be taken yet; None when it can, or is not this actor's at all."""
    rows = [row for row in table if row.action == action and row.source == facts.status and row.who & actor.roles]
    refusals = [row.refusal(facts, actor) for row in rows]
    return None if None in refusals else next(iter(refusals), None)


def choose(table: Iterable[Transition], action: str, facts: Standing, actor: Acting) -> Transition:
    """The one row for this action now.

    Raises IllegalAction (409) when the status has no such row, Forbidden (403) when it is another role's,
    and IllegalAction with the guard's own sentence when a guard refuses.
    """
    table = tuple(table)
    rows = [row for row in table if row.action == action and row.source == facts.status]
    if not rows:
        raise _illegal("当前状态不能进行此操作，请刷新后查看可用操作", table, facts, actor)
    mine = [row for row in rows if row.who & actor.roles]
    if not mine:
        raise Forbidden(f"您的岗位不能进行“{rows[0].label}”", code="role_refused", action=action)
    refusals = [row.refusal(facts, actor) for row in mine]
    if None in refusals:
        return mine[refusals.index(None)]
    raise _illegal(str(refusals[0]), table, facts, actor, code="guard_refused")


def _illegal(message: str, table: Table, facts: Standing, actor: Acting, code: str = "illegal_action") -> IllegalAction:
    allowed = sorted({row.action for row in available(table, facts, actor)})
    return IllegalAction(message, code=code, status=facts.status and facts.status.value, allowed=allowed)
