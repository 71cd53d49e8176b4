"""自动派单 from end to end: switched on, sends, is audited, is objected to, and switches itself off."""

from pathlib import Path

from sqlalchemy import select

from hotline.accounts.models import Account, AuditEntry, Role
from hotline.accounts.queries import with_role
from hotline.dispatch.auto_audit import figures, to_check
from hotline.dispatch.auto_rules import CHANGED
from hotline.messages.models import Notice
from hotline.ticket.ledger import entries, replay
from hotline.ticket.models import Assignment, AssignmentKind
from hotline.ticket.queries import hanging
from tests.auto import Automatic, teach
from tests.city import City


def test_a_rule_sends_what_is_sure_is_audited_and_switches_itself_off_when_it_errs(city: City, tmp_path: Path) -> None:
    automatic = Automatic(city, teach(tmp_path))
    before = automatic.register()
    assert automatic.sweep() == 0, "nothing happens without a rule"
    rule = automatic.rule("0402", sample=100)
    later, doubtful = automatic.register(), automatic.register(title="咨询一件事", body="想了解一下情况")
    assert automatic.sweep() == 3
    assert automatic.sweep() == 0
    assert [city.status(number) for number in (before, later, doubtful)] == [
        *("AWAITING_SIGN", "AWAITING_SIGN", "AWAITING_DISPATCH")
    ]
    with city.ticket(later) as (session, ticket):
        [*_, sending] = history = entries(session, ticket)
        assert (sending.action, sending.actor_name, sending.actor_id) == ("dispatch", "系统", None)
        assert sending.text.startswith("自动派单：派单目录 4.2.1 · 全市") and "%）" in sending.text
        assert replay(history)["lead_unit_id"] == ticket.lead_unit_id
        parts = hanging(session, Assignment, ticket)
        assert [part.unit.code for part in parts if part.kind is AssignmentKind.LEAD] == ["JRJ"]
        assert [part.unit.code for part in parts if part.kind is AssignmentKind.SUPPORT] == ["CZJ", "GXJ"]
    with city.database.transaction(write=False) as session:
        assert [row.ticket.no for row in to_check(session, city.actor("dispatch1"))] == [before, later]
    automatic.judge(automatic.row(before), False, right_unit_code="GXJ")
    assert automatic.is_on(rule), "one of twenty may be wrong"
    automatic.object(later)
    assert not automatic.is_on(rule)
    with city.database.transaction(write=False) as session:
        total, _ = figures(session, city.actor("dispatch1"), city.now)
        assert (total.sent, sum(total.left.values()), total.sampled, total.checked) == (2, 1, 2, 1)
        assert (total.accuracy_text, total.upheld) == ("0.0%", 1)
        audited = session.scalars(select(AuditEntry).filter_by(action=CHANGED).order_by(AuditEntry.id)).all()
        assert [entry.details["after"]["is_on"] for entry in audited] == [True, False]
        assert audited[-1].actor_id is None and "2 件不准确" in audited[-1].reason
        told = set(session.scalars(select(Notice.account_id).where(Notice.topic.startswith("auto_dispatch:"))))
        supervisors: list[Account] = with_role(session, Role.SUPERVISOR)
        assert told == {one.id for one in supervisors}
    after = automatic.register()
    assert automatic.sweep() == 0 and city.status(after) == "AWAITING_DISPATCH"
