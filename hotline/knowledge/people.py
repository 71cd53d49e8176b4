"""Who hears of what happens in the knowledge base, and who answers for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from hotline.accounts.models import Account, Post, Role
from hotline.accounts.queries import holders, responsible_for, with_role
from hotline.directory.models import Unit
from hotline.errors import Invalid
from hotline.knowledge.models import KbEntry, KbEntryVersion

POSTS = {
    "liaison": (Post.LIAISON, Post.DEPUTY),
    "unit_leader": (Post.LEADER, Post.CHIEF),
    "unit_chief": (Post.CHIEF, Post.LEADER),
}
DESKS = {"follower": Role.KB_EDITOR, "supervisor": Role.SUPERVISOR}


@dataclass(frozen=True)
class Duty:
    """Who owes something: the unit, and those of it (or of the hotline) who are asked first."""

    unit: Unit
    first: tuple[Account, ...]


def keeper_of(session: Session, entry: KbEntry, day: date) -> tuple[Account, ...]:
    """The maintainer; when he is gone the deputy; then who answers for the unit; then the knowledge editors."""
    for account in (entry.maintainer, entry.deputy):
        if account is not None and account.is_active:
            return (account,)
    return answering(session, entry.unit, day)


def answering(session: Session, unit: Unit, day: date) -> tuple[Account, ...]:
    """Who answers for a unit; the knowledge editors where nobody does."""
    try:
        return (responsible_for(session, unit, day),)
    except Invalid:
        return tuple(with_role(session, Role.KB_EDITOR))


def leaders_of(session: Session, unit: Unit, author_id: int | None) -> tuple[Account, ...]:
    """Who may review for the unit, nearest first: its leaders, else those of the unit above; never the author."""
    leaders = [one for one in with_role(session, Role.UNIT_LEADER) if one.id != author_id]
    for unit_id in reversed(unit.chain):
        if found := tuple(one for one in leaders if one.unit_id == unit_id):
            return found
    return tuple(with_role(session, Role.KB_EDITOR))


def editors(session: Session, version: KbEntryVersion) -> tuple[Account, ...]:
    """The knowledge editors who may still review a version."""
    taken = {version.author_id, version.first_reviewer_id}
    everybody = with_role(session, Role.KB_EDITOR)
    return tuple(one for one in everybody if one.id not in taken) or tuple(everybody)


def reached(session: Session, duty: Duty, whom: Iterable[str], day: date) -> list[Account]:
    """The accounts behind a rung's words, each once; never nobody as long as the hotline has anybody to tell."""
    found = [account for word in whom for account in _behind(session, duty, word, day)]
    found = found or list(duty.first) or with_role(session, Role.KB_EDITOR) or with_role(session, Role.SUPERVISOR)
    return list({account.id: account for account in found}.values())


def _behind(session: Session, duty: Duty, word: str, day: date) -> Iterable[Account]:
    if word == "handler":
        return duty.first
    if word in DESKS:
        return with_role(session, DESKS[word])
    return holders(session, duty.unit.chain, POSTS[word], day)[:1]
