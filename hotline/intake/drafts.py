"""What an agent has typed but not yet registered: kept sealed, several at a time, until it becomes a ticket."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hotline.database import EncryptedText
from hotline.errors import Invalid, TooLarge, TooMany
from hotline.intake.models import Draft

KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
MAX_CHARS = 200_000
"""Of one draft, all fields together."""
MAX_DRAFTS = 20
"""An agent's desk holds so many tabs."""

Form = Mapping[str, list[str]]


@dataclass(frozen=True)
class Saved:
    """One draft: its key, the form as posted (every value a list), when it was saved."""

    key: str
    form: dict[str, list[str]]
    saved_at: datetime

    @property
    def title(self) -> str:
        """What its tab says: the title, else whose it is."""
        named = (self.form.get(name, [""])[0].strip() for name in ("title", "enterprise_name", "body"))
        return next((text[:12] for text in named if text), "未命名草稿")


def save(session: Session, account_id: int, key: str, form: Form, now: datetime) -> None:
    """Keep a form under its key. Raises Invalid for a strange key, TooLarge, TooMany."""
    if not KEY.fullmatch(key):
        raise Invalid("草稿编号有误，请刷新页面", code="draft_key_invalid")
    text = json.dumps({name: values for name, values in form.items() if any(values)}, ensure_ascii=False)
    if len(text) > MAX_CHARS:
        raise TooLarge("草稿内容过长，请精简后保存", code="draft_too_long")
    draft = _find(session, account_id, key)
    if draft is None:
        if len(all_of(session, account_id)) >= MAX_DRAFTS:
            raise TooMany(f"草稿最多保存 {MAX_DRAFTS} 份，请先处理或关闭一些", code="too_many_drafts")
        draft = Draft(account_id=account_id, key=key)
        session.add(draft)
    draft.sealed, draft.saved_at = {"form": EncryptedText.secrets.encrypt(text)}, now
    session.flush()


def load(session: Session, account_id: int, key: str) -> Saved | None:
    """One of the agent's own drafts."""
    draft = _find(session, account_id, key)
    return _open(draft) if draft else None


def all_of(session: Session, account_id: int) -> list[Saved]:
    """The agent's drafts in the order they were begun."""
    mine = select(Draft).filter_by(account_id=account_id).order_by(Draft.id)
    return [_open(draft) for draft in session.scalars(mine)]


def discard(session: Session, account_id: int, key: str) -> None:
    """Forget a draft: it became a ticket, or its tab was closed. One that is not there is no error."""
    session.execute(delete(Draft).where(Draft.account_id == account_id, Draft.key == key))


def _find(session: Session, account_id: int, key: str) -> Draft | None:
    return session.scalar(select(Draft).filter_by(account_id=account_id, key=key))


def _open(draft: Draft) -> Saved:
    return Saved(draft.key, json.loads(EncryptedText.secrets.decrypt(draft.sealed["form"])), draft.saved_at)
