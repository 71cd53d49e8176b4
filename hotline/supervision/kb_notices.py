"""From one row of the knowledge base's history to the in-boxes of those it concerns."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.database import Database
from hotline.knowledge.records import KbHistory
from hotline.messages.models import Audience, Notice
from hotline.outbox.models import OutboxMessage

TOPIC = "kb:{id}"


def send_kb_event(database: Database, message: OutboxMessage) -> None:
    """Deliver one row's notices. Safe to run twice: each person gets one notice a row."""
    with database.transaction() as session:
        row = session.get_one(KbHistory, message.payload["history_id"])
        topic = TOPIC.format(id=row.id)
        told = set(session.scalars(select(Notice.account_id).filter_by(topic=topic)))
        title = f"{row.label}：{row.data['title']}"[:120]
        for account_id in sorted(set(row.data["told"]) - told):
            notice = Notice(topic=topic, audience=Audience.STAFF, account_id=account_id, title=title)
            notice.text, notice.created_at = row.text or row.label, row.at
            session.add(notice)


def paths(session: Session, topics: list[str | None]) -> dict[str, str]:
    """Where notices about the knowledge base lead: topic → path."""
    ids = [int(topic.removeprefix("kb:")) for topic in topics if topic and topic.startswith("kb:")]
    rows = session.execute(select(KbHistory.id, KbHistory.data).where(KbHistory.id.in_(ids)))
    return {TOPIC.format(id=row.id): row.data["path"] for row in rows}
