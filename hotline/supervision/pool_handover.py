"""What an account holds of the experts' pool, and how it passes to another one: consultations, meetings, shifts."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.accounts.models import Account
from hotline.experts import moving, roster_changes
from hotline.experts.models import Expert
from hotline.experts.moving import Move, Outcome
from hotline.experts.records import Advice
from hotline.experts.roster_changes import ShiftChange

Misfit = tuple[str, str]
"""What did not pass over, and why."""


def expert_of(session: Session, account: Account) -> Expert | None:
    """The account's place in the pool."""
    return session.scalar(select(Expert).filter_by(account_id=account.id))


def held(session: Session, account: Account, now: datetime) -> list[Advice]:
    """Consultations that wait for this account, and its meetings ahead."""
    expert = expert_of(session, account)
    ahead = moving.meetings(session, expert, now) if expert else []
    return [*moving.in_hand(session, account), *ahead]


def pass_over(
    session: Session,
    leaving: Account,
    taking: Account,
    until: date | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> tuple[list[int], list[Misfit]]:
    """Consultations go to `taking` where they may, meetings and shifts (to `until`; None: for good) as `left` says;
    the ids that passed, and what did not."""
    waiting = [*moving.in_hand(session, leaving), *moving.in_review(session, leaving, now)]
    moves = carried(session, waiting, leaving, taking, reason, actor, now)
    done, misfits = told(moves)
    if (expert := expert_of(session, leaving)) is not None:
        change = roster_changes.left(session, expert, expert_of(session, taking), until, now)
        found = roster_changes.effects(session, change, now)
        roster_changes.carry_out(session, change, actor, now, reason)
        more, failed = told(one for one in found.moves if one.outcome is not Outcome.STAYS)
        done, misfits = done + more, misfits + failed + list(_uncovered(change.shifts))
    return done, misfits


def bring_back(
    session: Session, ids: Iterable[int], substitute: Account, account: Account, last_day: date, actor: Actor,
    now: datetime,
) -> tuple[list[int], list[Misfit]]:  # fmt: skip
    """What passed over and is still in the substitute's hand goes back; who is back early has the shifts again."""
    wanted = set(ids)
    waiting = [one for one in moving.in_hand(session, substitute) if one.id in wanted]
    done, misfits = told(carried(session, waiting, substitute, account, "代办结束，交回本人", actor, now))
    if (expert := expert_of(session, account)) is not None:
        change = roster_changes.returned(session, expert, last_day, now)
        if change.shifts:
            found = roster_changes.effects(session, change, now)
            roster_changes.carry_out(session, change, actor, now, "代办结束")
            more, failed = told(one for one in found.moves if one.outcome is not Outcome.STAYS)
            done, misfits = done + more, misfits + failed
    return done, misfits


def carried(
    session: Session, waiting: Iterable[Advice], leaving: Account, taking: Account, reason: str, actor: Actor,
    now: datetime,
) -> list[Move]:  # fmt: skip
    """What became of each."""
    listed = list(waiting)
    moving.hold(session, [one.id for one in listed])
    moves = [moving.goes_to(session, one, leaving, taking, now) for one in listed]
    for move in moves:
        moving.carry(session, move, actor, reason, now)
    return moves


def told(moves: Iterable[Move]) -> tuple[list[int], list[Misfit]]:
    """Ids that passed over, and a row for each that did not."""
    done, misfits = [], []
    for move in moves:
        if move.outcome is Outcome.MOVED:
            done.append(move.advice.id)
        elif move.outcome is not Outcome.PASSED_ON:
            misfits.append((_name(move.advice), f"{move.outcome.label}：{move.why}"))
    return done, misfits


def _name(advice: Advice) -> str:
    number = f"（{advice.ticket.no}）" if advice.ticket else ""
    return f"{advice.kind.label}{number}"


def _uncovered(shifts: Iterable[ShiftChange]) -> Iterable[Misfit]:
    """Shifts that nobody has any more."""
    for one in shifts:
        if one.after is None and one.before is not None:
            yield f"值班 {one.before.day} {one.before.starts:%H:%M}–{one.before.ends:%H:%M}", "没有替班专家，已撤班"
