"""办理流程: the ledger in words, for macro timeline. Names are read once a page, not once a row."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import Any

from marshmallow import fields
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.models import Account
from hotline.actions import ACTIONS, CREATING
from hotline.directory.models import Category, Region, Unit
from hotline.intake.schemas import Registration
from hotline.labelled import Labelled
from hotline.supervision.acknowledgements import confirmed
from hotline.ticket.ledger import LedgerEntry, entries
from hotline.ticket.models import Attachment, Citation, Consultation, Reply, Ticket, Urgency
from hotline.ticket.models.codes import RespondentKind, Ruling, UnresolvedReason
from hotline.ticket.queries import hanging
from hotline.ui.format import MINUTE, duration_text, local_time

Shown = dict[str, Any]

INTERNAL = frozenset(
    {"note", "contribute", "sign_off", "reject_sign_off", "return_reply", "ask_expert", "expert_answer", "contact"}
    | {"confer", "decide", "fulfil", "drop_decision", "raise_task_force", "end_task_force", "tell_by_phone"}
)
"""Rows whose words stay inside the house."""
PUBLIC = frozenset(
    {"supplement", "return_for_supplement", "request_extension", "request_pause", "deny_review"}
    | {"dispute", "uphold_dispute", "reject_dispute"}
)
"""Rows whose words the enterprise reads or wrote itself."""
REGISTERED = frozenset(Registration().fields)
"""Said once, in the facts of the ticket; the timeline does not repeat it."""
REPLY_TITLES = {
    Ruling.GRANTED: "公开答复 · 企业可见",
    Ruling.PENDING: "公开答复（待审核，企业尚不可见）",
    Ruling.DENIED: "公开答复（未通过审核，企业不可见）",
}
ANSWER_TITLES = {
    Ruling.GRANTED: "专家答复（已审核）",
    Ruling.PENDING: "专家答复（待审核，不作为单位意见）",
    Ruling.DENIED: "专家答复（已退回修改）",
}
HANGING = frozenset({"members", "decisions"})
"""Lists of rows that hang on the ticket: their ids say nothing to a reader."""
FOLDED = 2
"""More reminders in a row than this become one entry."""
YES_NO = {True: "是", False: "否", "true": "是", "false": "否"}


class Names:
    """Ids and codes as names."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @cached_property
    def _units(self) -> dict[Any, str]:
        rows = self._session.execute(select(Unit.id, Unit.code, Unit.short_name)).all()
        return {key: row.short_name for row in rows for key in (row.id, row.code)}

    @cached_property
    def _accounts(self) -> dict[Any, str]:
        rows = self._session.execute(select(Account.id, Account.login, Account.name)).all()
        return {key: row.name for row in rows for key in (row.id, row.login)}

    def unit(self, key: Any) -> str:
        """A unit by id or code."""
        return self._units.get(key, str(key or ""))

    def account(self, key: Any) -> str:
        """A person by id or login."""
        return self._accounts.get(key, str(key or ""))

    def category(self, key: Any) -> str:
        """A category by id."""
        row = self._session.get(Category, key) if key else None
        return row.full_name if row else ""

    def region(self, key: Any) -> str:
        """A region by id."""
        row = self._session.get(Region, key) if key else None
        return row.name if row else ""


def _plain(names: Names, value: Any) -> str:
    return "" if value is None else str(value)


def _yes(names: Names, value: Any) -> str:
    return "" if value is None else YES_NO[value]


def _instant(names: Names, value: Any) -> str:
    return local_time(datetime.fromisoformat(value)) if value else ""


def _labelled(enum: type[Labelled]) -> Callable[[Names, Any], str]:
    labels = {member.value: member.label for member in enum}
    return lambda names, value: labels.get(value, "")


COLUMNS: dict[str, tuple[str, Callable[[Names, Any], str]]] = {
    "title": ("标题", _plain),
    "category_id": ("事项分类", Names.category),
    "region_id": ("涉及区域", Names.region),
    "place": ("具体地点", _plain),
    "urgency": ("紧急程度", _labelled(Urgency)),
    "lead_unit_id": ("主办单位", Names.unit),
    "handler_id": ("经办人", Names.account),
    "follower_id": ("跟办人", Names.account),
    "respondent_kind": ("被反映对象", _labelled(RespondentKind)),
    "respondent_unit_id": ("被反映单位", Names.unit),
    "respondent_account_id": ("被反映人员", Names.account),
    "respondent_name": ("被反映的企业或个人", _plain),
    "is_confidential": ("身份保密", _yes),
    "is_resolved": ("是否解决", _yes),
    "unresolved_reason": ("未解决原因", _labelled(UnresolvedReason)),
    "review_until": ("可申请复核至", _instant),
    "objection_until": ("可退单至", _instant),
    "imposed_due_at": ("上级时限", _instant),
}
"""The columns whose changes mean something to a reader."""


def timeline(session: Session, ticket: Ticket) -> list[Shown]:
    """The ticket's ledger for macro timeline, newest first."""
    names = Names(session)
    replies = {(reply.at): reply for reply in hanging(session, Reply, ticket)}
    answers = {asked.answered_at: asked for asked in hanging(session, Consultation, ticket)}
    files = {file.id: file for file in hanging(session, Attachment, ticket)}
    cited = hanging(session, Citation, ticket)
    history = entries(session, ticket)
    receipts = _receipts(session, history, names)
    shown, before = [], None
    for entry in history:
        one = _entry(entry, names, before)
        one["text"] += receipts.get(entry.seq, "")
        if entry.action in ("reply", "answer", "external_reply", "follow_master") and entry.at in replies:
            one["parts"] = _reply_parts(replies[entry.at])
            one["facts"] += [("依据", replies[entry.at].legal_basis)] if not _says(one, "依据") else []
        if entry.action == "expert_answer" and entry.at in answers:
            one["facts"] = _answer_facts(answers[entry.at])
        one["attachments"] = [_file(files[entry.data["attachment_id"]])] if entry.action == "attach" else []
        one["links"] = [citation_shown(row) for row in cited if row.at == entry.at]
        before = entry.at if entry.action != "rung" else before
        shown.append(one)
    return _folded(shown)[::-1]


def _receipts(session: Session, history: Iterable[LedgerEntry], names: Names) -> dict[int, str]:
    """Rows of rungs that must be confirmed: seq → who did, and when."""
    asked = {row.seq: tuple(row.data["firing"]) for row in history if row.data.get("acknowledge")}
    known = confirmed(session, asked.values()) if asked else {}
    words = {key: f"；{names.account(who)}于 {local_time(at)} 确认收到" for key, (who, at) in known.items()}
    return {seq: words.get(key, "；尚无人确认收到") for seq, key in asked.items()}


def _folded(shown: list[Shown]) -> list[Shown]:
    """Reminders that follow each other as one entry: they must not bury what people did."""
    out: list[Shown] = []
    for is_rung, run in groupby(shown, lambda one: one["action"] == "rung"):
        group = list(run)
        out += [_reminders(group)] if is_rung and len(group) > FOLDED else group
    return out


def _reminders(group: list[Shown]) -> Shown:
    labels = "、".join(dict.fromkeys(one["label"] for one in group))
    lines = [one["text"] for one in reversed(group)]
    return {**group[-1], "label": "时限提醒", "text": "", "summary": f"{labels}，共 {len(group)} 条", "folded": lines}


def _says(one: Shown, word: str) -> bool:
    return any(word in label for label, _ in one["facts"])


def _entry(entry: LedgerEntry, names: Names, before: datetime | None) -> Shown:
    is_rung = entry.action == "rung" or (entry.actor_id is None and entry.actor_name == "系统")
    return {
        "action": entry.action,
        "at_text": local_time(entry.at),
        "label": entry.label,
        "actor": entry.actor_name,
        "unit": names.unit(entry.unit_id) if entry.unit_id else "",
        "duration_text": "" if is_rung else _duration(before, entry.at),
        "kind": "system" if is_rung else _kind(entry),
        "note": "企业可见" if entry.action in PUBLIC else "",
        "text": entry.text,
        "facts": list(_facts(entry, names)),
        "changes": _changes(entry, names) if entry.from_status else [],
    }


def _duration(before: datetime | None, at: datetime) -> str:
    """Since the step before; what took less than a minute needs no word."""
    seconds = (at - before).total_seconds() if before else 0
    return duration_text(seconds) if seconds >= MINUTE else ""


def _kind(entry: LedgerEntry) -> str:
    if not entry.text:
        return ""
    if entry.action in PUBLIC or (entry.action == "interim" and entry.data.get("is_public")):
        return "public"
    return "internal" if entry.action in INTERNAL or entry.action == "interim" else ""


def _facts(entry: LedgerEntry, names: Names) -> Iterable[tuple[str, str]]:
    """The filled fields of the form behind a row: (label, value in words)."""
    spec = (CREATING if entry.from_status is None else ACTIONS).get(entry.action)
    if spec is None:
        return
    for name, field in spec.schema().fields.items():
        value = entry.data.get(name)
        is_said = (name in REGISTERED and entry.from_status is None) or _stands_elsewhere(field, value)
        if value in (None, "", []) or is_said or (entry.action == "amend" and name != "text"):
            continue
        yield field.metadata.get("label", name), _in_words(field, value, names)


def _stands_elsewhere(field: fields.Field[Any], value: Any) -> bool:
    """What is drawn by itself, a question that nobody was asked, and ids of rows, which say nothing to a reader."""
    is_drawn = field.metadata.get("widget") in ("hidden", "citations") or field.metadata.get("source") in HANGING
    return is_drawn or bool(field.metadata.get("silent") and not value)


def _in_words(field: fields.Field[Any], value: Any, names: Names) -> str:
    source = field.metadata.get("source")
    if isinstance(value, list):
        return "、".join(names.unit(one) if source else str(one) for one in value)
    if source in ("units", "units_below", "parts"):
        return names.unit(value)
    if source in ("handlers", "experts", "desk"):
        return names.account(value)
    if isinstance(field, fields.DateTime):
        return local_time(datetime.fromisoformat(value))
    if isinstance(field, fields.Boolean):
        return dict(_choices(field)).get(str(value).lower(), YES_NO[value])
    return dict(_choices(field)).get(value, str(value))


def _choices(field: fields.Field[Any]) -> Iterable[tuple[str, str]]:
    return field.metadata.get("choices", ())


def _changes(entry: LedgerEntry, names: Names) -> list[tuple[str, str, str]]:
    changes: Mapping[str, list[Any]] = entry.changes
    return [
        (label, shown(names, changes[column][0]), shown(names, changes[column][1]))
        for column, (label, shown) in COLUMNS.items()
        if column in changes
    ]


def _reply_parts(reply: Reply) -> list[Shown]:
    parts = [{"kind": "public", "title": REPLY_TITLES[reply.ruling], "text": reply.public_text}]
    if reply.ruling is not Ruling.GRANTED:
        parts[0]["kind"] = "internal"
    if reply.internal_note:
        parts.append({"kind": "internal", "title": "内部办理情况 · 仅热线和承办单位可见", "text": reply.internal_note})
    return parts


def _answer_facts(asked: Consultation) -> list[tuple[str, str]]:
    """What an expert wrote, as it reads today, and how far it is the unit's word."""
    title = ANSWER_TITLES[asked.ruling or Ruling.GRANTED]
    return [(title, asked.answer or ""), ("政策依据", asked.legal_basis)]


def _file(file: Attachment) -> Shown:
    return {"href": f"/attachments/{file.id}", "name": file.file_name, "size_text": size_text(file.size)}


def citation_shown(row: Citation) -> Shown:
    """A citation as the ticket's own people see it: {href, name}."""
    number = f"（{row.doc_number}）" if row.doc_number else ""
    inner = " · 内部，不对外" if row.is_internal else ""
    name = f"{row.title}{number} · 第 {row.entry_version} 版{inner}"
    return {"href": f"/knowledge/{row.entry_id}?version={row.entry_version}", "name": name}


def size_text(size: int) -> str:
    """A file's size: '12 KB', '3.4 MB'."""
    return f"{max(size // 1024, 1)} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MB"
