"""From one event of an expert's consultation to the in-boxes of those it concerns, and to the enterprise."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.database import Database
from hotline.experts.appointments import when
from hotline.experts.queries import visible
from hotline.experts.records import AHEAD, Advice, AdviceEvent, AdviceKind
from hotline.experts.rungs import PASSED_UP, RUNG
from hotline.messages.models import Audience, Notice
from hotline.outbox.models import OutboxMessage

TOPIC = "advice:{id}"
PREFIX = "advice:"
ENTERPRISE_TEXTS = {
    "book": "您已预约 {when} 的专家{mode}（工单 {no}），待专家确认。",
    "confirm": "您预约的 {when} 专家{mode}（工单 {no}）已确认，请准时。",
    "remind": "提醒：您预约的专家{mode}在 {when}（工单 {no}）。如不能前来，请提前取消。",
    "turn_down": "抱歉，您预约的 {when} 专家{mode}（工单 {no}）不能进行，请另选时段或致电 12345。",
    "lapse": "抱歉，您预约的 {when} 专家{mode}（工单 {no}）未能确认，请另选时段或致电 12345。",
    "hand_over": "您预约的 {when} 专家{mode}（工单 {no}）改由同单位的另一位专家接待，时间不变。",
    "call_off": "抱歉，因专家值班调整，您预约的 {when} 专家{mode}（工单 {no}）不能如期进行，请另选时段或致电 12345。",
    "cancel": "您预约的 {when} 专家{mode}（工单 {no}）已取消。",
}
"""What the enterprise hears of its appointment, by action."""


def send_advice_event(database: Database, message: OutboxMessage) -> None:
    """Deliver one event's notices. Safe to run twice: each person gets one notice an event."""
    with database.transaction() as session:
        event = session.get_one(AdviceEvent, message.payload["event_id"])
        advice = session.get_one(Advice, event.advice_id)
        topic = TOPIC.format(id=event.id)
        told = set(session.scalars(select(Notice.account_id).filter_by(topic=topic)))
        title = f"{event.label}：{advice.kind.label}"
        for account_id in sorted(set(event.data.get("told", ())) - told):
            _notice(session, event, Audience.STAFF, title, event.text or event.label, account_id)
        text = _to_enterprise(advice, event)
        if text and None not in told:
            _notice(session, event, Audience.ENTERPRISE, event.label, text, None)


def paths(session: Session, actor: Actor, topics: list[str | None]) -> dict[str, str]:
    """Where notices about consultations lead, as far as the actor still sees them: topic → path."""
    ids = [event_id(topic) for topic in topics if topic and topic.startswith(PREFIX)]
    seen = visible(actor).with_only_columns(Advice.id)
    query = select(AdviceEvent.id, AdviceEvent.advice_id).where(AdviceEvent.id.in_(ids))
    rows = session.execute(query.where(AdviceEvent.advice_id.in_(seen)))
    return {TOPIC.format(id=row.id): f"/consultations/{row.advice_id}" for row in rows}


def event_id(topic: str | None) -> int:
    """The event that a notice of this topic tells of."""
    return int((topic or "").removeprefix(PREFIX))


def reminders(session: Session, topics: list[str | None]) -> set[str | None]:
    """Of these topics, the rungs: a late duty stays for whom it was told to read, wherever the invitation went."""
    ids = [event_id(topic) for topic in topics if topic and topic.startswith(PREFIX)]
    query = select(AdviceEvent.id).where(AdviceEvent.id.in_(ids), AdviceEvent.action.in_((RUNG, PASSED_UP)))
    return {TOPIC.format(id=one) for one in session.scalars(query)}


def _to_enterprise(advice: Advice, event: AdviceEvent) -> str:
    wording = ENTERPRISE_TEXTS.get(event.action, "")
    if advice.kind is not AdviceKind.APPOINTMENT or advice.appointment is None or advice.ticket is None:
        return ""
    if event.action == "hand_over" and event.to_status not in AHEAD:  # an answer changes hands in the house
        return ""
    meeting = advice.appointment
    return wording.format(when=when(meeting.starts_at), mode=meeting.mode.label, no=advice.ticket.no)


def _notice(
    session: Session, event: AdviceEvent, audience: Audience, title: str, text: str, account_id: int | None
) -> None:
    made = {"topic": TOPIC.format(id=event.id), "audience": audience, "account_id": account_id}
    session.add(Notice(**made, title=title[:120], text=text, created_at=event.at))
