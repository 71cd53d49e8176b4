"""What an entry's table knows of a version, and the pure functions over it that say why not."""

from dataclasses import dataclass

from hotline.accounts.actor import Actor
from hotline.accounts.models import Role
from hotline.knowledge.content import is_blank
from hotline.knowledge.models import EntryType, KbEntry, KbEntryVersion, VersionStatus

OFFICIAL = frozenset({EntryType.POLICY, EntryType.NOTICE})
"""Texts that their issuer has signed; whoever brings one in only answers for the copy."""


@dataclass(frozen=True)
class VersionFacts:
    """One version as the guards see it. `status` None = an entry that is about to be made."""

    status: VersionStatus | None
    unit_id: int
    author_id: int | None = None
    first_reviewer_id: int | None = None
    has_open: bool = False
    has_blanks: bool = False
    is_official: bool = False
    was_published: bool = False


def facts_of(entry: KbEntry, version: KbEntryVersion) -> VersionFacts:
    """The facts of a stored version."""
    return VersionFacts(
        status=version.status,
        unit_id=entry.unit_id,
        author_id=version.author_id,
        first_reviewer_id=version.first_reviewer_id,
        has_open=entry.open_version is not None,
        has_blanks=version.status.is_open and is_blank(version),
        is_official=entry.type in OFFICIAL,
        was_published=version.published_at is not None,
    )


def belongs(unit_id: int, actor: Actor) -> bool:
    """Whether the unit's entries are this actor's to keep: the own unit's, for a leader also those of units below."""
    if Role.UNIT_LEADER in actor.roles and unit_id in actor.unit_ids:
        return True
    return unit_id == actor.unit_id


def own_unit(facts: VersionFacts, actor: Actor) -> str | None:
    """谁提供、谁维护、谁更新; an editor writes for every unit, and so does the house (an adopted correction)."""
    if actor.roles & {Role.KB_EDITOR, Role.SYSTEM} or belongs(facts.unit_id, actor):
        return None
    return "只能维护本单位负责的知识条目"


def not_author(facts: VersionFacts, actor: Actor) -> str | None:
    return "不能审核自己起草的内容" if facts.author_id == actor.account_id else None


def not_first_reviewer(facts: VersionFacts, actor: Actor) -> str | None:
    same = facts.first_reviewer_id is not None and facts.first_reviewer_id == actor.account_id
    return "初审和复审须由不同的人进行" if same else None


def nothing_open(facts: VersionFacts, _actor: Actor) -> str | None:
    return "已有一个版本正在起草或审核，请先处理完" if facts.has_open else None


def no_blanks(facts: VersionFacts, _actor: Actor) -> str | None:
    return "正文有未填写的占位符（如 ××、____），补全之后才能送审和发布" if facts.has_blanks else None


def official(facts: VersionFacts, _actor: Actor) -> str | None:
    if facts.is_official:
        return None
    return "只有政策、通知的正式文本可以核对原文后直接发布；其他内容请存为草稿，经初审、复审发布"


def was_published(facts: VersionFacts, _actor: Actor) -> str | None:
    return None if facts.was_published else "从未发布的草稿没有替代条目"
