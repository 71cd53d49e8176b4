"""What people do with a version, step by step: draft, revise, edit, review, publish, withdraw … (`actions`).

Each takes (session, entry, version, data, actor, now), changes what its row of the table says, and never commits.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.accounts.models import Account
from hotline.clock import to_local
from hotline.directory.models import Category, Region, Unit
from hotline.directory.queries import by_code
from hotline.errors import Invalid
from hotline.knowledge.applying import about, apply, next_revision, run_clocks, touch
from hotline.knowledge.content import CONTENT, Content, Ownership, columns, content_of, doubtful, new_version
from hotline.knowledge.guards import VersionFacts
from hotline.knowledge.guides import expect_guide
from hotline.knowledge.history import record
from hotline.knowledge.lifecycle import TABLE
from hotline.knowledge.models import KbEntry, KbEntryVersion, VersionStatus
from hotline.knowledge.operations import open_entry
from hotline.knowledge.turning import REVIEWED_EVERY, stand, turn
from hotline.workflow import choose

Data = Mapping[str, Any]


def draft(session: Session, data: Data, actor: Actor, now: datetime) -> KbEntry:
    """起草: a new entry with its first draft. Raises Invalid, Forbidden."""
    return draft_with(session, _owner(session, data, actor, now), _content(session, data), actor, now)


def draft_with(
    session: Session, owner: Ownership, content: Content, actor: Actor, now: datetime, text: str = ""
) -> KbEntry:
    """起草 from ready values; the author is its maintainer until somebody else is named."""
    row = choose(TABLE, "draft", VersionFacts(status=None, unit_id=owner.unit_id), actor)
    version = new_version(content, 1, VersionStatus.DRAFT, author_id=actor.account_id)
    entry = open_entry(session, version, owner, now)
    entry.maintainer_id = actor.account_id if actor.unit_id == owner.unit_id else None
    after = version.status.value
    record(session, about(entry, version), actor, now, action=row.action, label=row.label, after=after, text=text)
    run_clocks(session, entry, row, now)
    return entry


def revise(
    session: Session, entry: KbEntry, version: KbEntryVersion, data: Data, actor: Actor, now: datetime
) -> KbEntryVersion:
    """修订: the next draft, beginning as a copy; what is published stays the answer."""
    apply(session, entry, version, "revise", actor, now, data)
    number = max(one.version for one in entry.versions) + 1
    following = new_version(content_of(version), number, VersionStatus.DRAFT, author_id=actor.account_id)
    following.review_due = None
    entry.versions.append(following)
    session.flush()
    return following


def edit(session: Session, entry: KbEntry, version: KbEntryVersion, data: Data, actor: Actor, now: datetime) -> None:
    """修改草稿: who changes it last answers for it. Its words are doubted anew; what an import doubted stays."""
    content = _content(session, data)
    said, seen = columns(content), doubtful(version)
    of_import = [sentence for sentence in version.doubts if sentence not in seen]
    changed = sorted(name for name in CONTENT if getattr(version, name) != said[name])
    apply(
        session,
        entry,
        version,
        "edit",
        actor,
        now,
        {**data, "text": "", "recorded": {"changed": changed}},
        author_id=actor.account_id,
        doubts=[*doubtful(content), *of_import],
        **said,
    )


def submit(session: Session, entry: KbEntry, version: KbEntryVersion, data: Data, actor: Actor, now: datetime) -> None:
    """提交初审."""
    apply(session, entry, version, "submit", actor, now, data, first_reviewer_id=None)


def discard(session: Session, entry: KbEntry, version: KbEntryVersion, data: Data, actor: Actor, now: datetime) -> None:
    """放弃草稿: kept for the record, read by nobody else."""
    apply(session, entry, version, "discard", actor, now, data)


def pass_review(
    session: Session, entry: KbEntry, version: KbEntryVersion, data: Data, actor: Actor, now: datetime
) -> None:
    """初审通过."""
    apply(session, entry, version, "pass_review", actor, now, data, first_reviewer_id=actor.account_id)


def return_draft(
    session: Session, entry: KbEntry, version: KbEntryVersion, data: Data, actor: Actor, now: datetime
) -> None:
    """退回修改, from either review."""
    apply(session, entry, version, "return_draft", actor, now, data)


def publish(session: Session, entry: KbEntry, version: KbEntryVersion, data: Data, actor: Actor, now: datetime) -> None:
    """复审通过并发布: it answers from its first day on; until then the version before goes on answering.

    Raises Invalid while something is doubtful and nobody says that he has compared it with the original.
    """
    doubts = list(version.doubts)
    if doubts and not data.get("is_checked"):
        named = "；".join(doubts)
        raise Invalid(f"还有存疑之处，请核对原文后勾选确认：{named}", code="doubts_open", field="is_checked")
    data = {**data, "recorded": {"checked": doubts}} if doubts else data
    apply(session, entry, version, "publish", actor, now, data, published_at=now, doubts=[])
    stand(session, entry, version, next_revision(session).number, now)
    expect_guide(session, entry, version, now)
    turn(session, entry, now)


def confirm(session: Session, entry: KbEntry, version: KbEntryVersion, data: Data, actor: Actor, now: datetime) -> None:
    """确认继续有效 until it is looked at again."""
    again = data.get("review_due") or _today(now) + REVIEWED_EVERY
    if again <= _today(now):
        raise Invalid("下次复核日期须在今天之后", code="review_in_past", field="review_due")
    apply(session, entry, version, "confirm", actor, now, data, review_due=again)
    turn(session, entry, now)


def name_successor(
    session: Session, entry: KbEntry, version: KbEntryVersion, data: Data, actor: Actor, now: datetime
) -> None:
    """指定替代条目: this one answers until the other begins, and shows the way to it from now on."""
    successor = entry_named(session, data["successor_code"], "successor_code")
    _check_successor(entry, successor)
    begins = max(_today(now), _first_day(successor))
    is_live = version.status.is_live
    apply(session, entry, version, "name_successor", actor, now, data, **({"ended_on": begins} if is_live else {}))
    entry.replaced_by_id = successor.id
    touch(session, entry)
    session.refresh(entry, ["replaced_by"])
    turn(session, entry, now)


def withdraw(
    session: Session, entry: KbEntry, version: KbEntryVersion, data: Data, actor: Actor, now: datetime
) -> None:
    """撤回: out of every answer at once; tickets that cite it still show what it said."""
    apply(session, entry, version, "withdraw", actor, now, data, ended_on=_today(now))
    touch(session, entry)
    turn(session, entry, now)


def archive(session: Session, entry: KbEntry, version: KbEntryVersion, data: Data, actor: Actor, now: datetime) -> None:
    """归档."""
    apply(session, entry, version, "archive", actor, now, data)


def set_keepers(
    session: Session, entry: KbEntry, version: KbEntryVersion, data: Data, actor: Actor, now: datetime
) -> None:
    """变更维护人 and B 角; both of the owning unit, or below it."""
    keepers = {
        "maintainer_id": _keeper(session, entry, data.get("maintainer_login"), "maintainer_login"),
        "deputy_id": _keeper(session, entry, data.get("deputy_login"), "deputy_login"),
    }
    if keepers["maintainer_id"] is not None and keepers["maintainer_id"] == keepers["deputy_id"]:
        raise Invalid("维护人和 B 角不能是同一人", code="same_keeper", field="deputy_login")
    apply(session, entry, version, "set_keepers", actor, now, {**data, "recorded": keepers})
    entry.maintainer_id, entry.deputy_id = keepers["maintainer_id"], keepers["deputy_id"]
    session.flush()


def classify(
    session: Session, entry: KbEntry, version: KbEntryVersion, data: Data, actor: Actor, now: datetime
) -> None:
    """调整归类与范围: category, region, audience, and who may read it."""
    placed = _placed(session, data, now)
    apply(session, entry, version, "classify", actor, now, {**data, "recorded": placed})
    for name, value in placed.items():
        setattr(entry, name, list(value) if isinstance(value, tuple) else value)
    touch(session, entry)


def entry_named(session: Session, code: str, field: str) -> KbEntry:
    """The entry with this code, as forms name it. Raises Invalid naming the field."""
    entry = session.scalar(select(KbEntry).filter_by(code=code.strip().upper()))
    if entry is None:
        raise Invalid(f"没有编号为“{code}”的知识条目", code="unknown_entry", field=field)
    return entry


def _owner(session: Session, data: Data, actor: Actor, now: datetime) -> Ownership:
    code = data.get("unit_code")
    unit_id = by_code(session, Unit, code, _today(now)).id if code else actor.unit_id
    if unit_id is None:
        raise Invalid("请选择责任单位", code="required", field="unit_code")
    return Ownership(unit_id=unit_id, type=data["type"], **_placed(session, data, now))


def _placed(session: Session, data: Data, now: datetime) -> dict[str, Any]:
    category, region = data.get("category_code"), data.get("region_code")
    return {
        "category_id": by_code(session, Category, category, _today(now)).id if category else None,
        "region_code": by_code(session, Region, region, _today(now)).code if region else "",
        "audience": lines(data.get("audience", "")),
        "is_public": bool(data.get("is_public")),
    }


def _content(session: Session, data: Data) -> Content:
    said = {name: data[name] for name in CONTENT if data.get(name) is not None}
    several = {name: lines(data.get(name, "")) for name in ("question_variants", "related")}
    codes = tuple(entry_named(session, code, "related").code for code in several["related"])
    return Content(**{**said, **several, "related": codes})


def lines(text: str) -> tuple[str, ...]:
    """The lines of a text, without blank ones, each once."""
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _keeper(session: Session, entry: KbEntry, login: str | None, field: str) -> int | None:
    if not login:
        return None
    account = session.scalar(select(Account).filter_by(login=login, is_active=True))
    if account is None or entry.unit_id not in account.unit.chain_ids:
        raise Invalid(f"“{login}”不是责任单位的在岗人员", code="unknown_account", field=field)
    return account.id


def _check_successor(entry: KbEntry, successor: KbEntry) -> None:
    """It must be published, and the chain of successors must not lead back."""
    if not successor.is_live:
        raise Invalid("替代条目尚未发布", code="successor_not_live", field="successor_code")
    one: KbEntry | None = successor
    while one is not None:
        if one.id == entry.id:
            raise Invalid("替代条目不能是它自己，也不能绕回自己", code="successor_loop", field="successor_code")
        one = one.replaced_by


def _first_day(entry: KbEntry) -> date:
    return min(version.effective_from for version in entry.versions if version.status.is_live)


def _today(now: datetime) -> date:
    return to_local(now).date()
