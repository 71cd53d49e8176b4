"""A secret of one ticket reaches nobody else; the complained-of side never sees or touches the complaint."""

import pytest
from sqlalchemy import select

from hotline.accounts.models import Account, AuditEntry
from hotline.actions import perform
from hotline.errors import DomainError, Invalid, NotFound
from hotline.messages import senders
from hotline.messages.models import Audience, Notice
from hotline.outbox.operations import deliver
from hotline.ticket.models import Ticket
from tests.api.client import Api
from tests.city import City
from tests.factories import ENTERPRISE, act, cast, make

SECRET = "翡翠七号"
PHONE, NAME = "13812345678", "欧阳静雯"
STRANGERS = ("jrj.handler", "jrj.leader", "gxj.handler", "wd.sjj.handler", "expert.tax", "admin1", "kb1")
VIEWS = ("open", "mine", "all", "handling", "closed", "sign", "supervised", "ruling")


def secret_ticket(city: City, **more: object) -> str:
    """A ticket with the secret in everything that is written about it."""
    told = {"title": f"{SECRET}标题", "body": f"{SECRET}正文", "wish": SECRET, "place": SECRET}
    number = make(city, "handling", **told, contact_name=NAME, contact_phone=PHONE, **more)
    act(city, "wd.handler", "contact", number, text=SECRET, phone=PHONE)
    act(city, "agent1", "note", number, text=SECRET)
    act(city, "wd.handler", "reply", number, public_text=SECRET, internal_note=SECRET)
    return number


@pytest.fixture
def api(city: City, monkeypatch: pytest.MonkeyPatch) -> Api:
    return Api(city, monkeypatch)


def test_a_secret_reaches_no_other_unit_by_any_door_of_the_api(api: Api) -> None:
    number = secret_ticket(api.city)
    for login in STRANGERS:
        for view in VIEWS:
            for q in ("", SECRET, number, PHONE):
                answer = api.get(login, "/tickets", view=view, q=q)
                assert (answer.status_code, answer.json["total"], SECRET in answer.text) == (200, 0, False)
        for path in (f"/tickets/{number}", f"/tickets/{number}/ledger"):
            assert api.get(login, path).status_code == 404
        for action in ("reply", "sign_off", "urge", "merge", "note", "nonsense"):
            answer = api.act(login, number, action, text="x", master_no=number)
            assert answer.status_code in (404, 422)
            assert SECRET not in answer.text
        assert api.post(login, f"/tickets/{number}/unmask", reason="想看看").status_code == 404


def test_somebody_elses_ticket_cannot_be_named_as_master_or_forerunner(api: Api) -> None:
    number = secret_ticket(api.city, appeal_type="TIP_OFF")
    payload = {"category_code": api.city.category, "previous_no": number}
    with pytest.raises(Invalid, match="没有工单号"):
        api.city.register("agent2", "submit", **payload)


def test_the_api_shows_no_name_or_number_unmasked_without_an_audit_row(api: Api) -> None:
    number = secret_ticket(api.city)
    for login in ("agent1", "dispatch1", "super1", "audit1", "wd.handler", "wd.leader", "szf.leader"):
        for path in (f"/tickets/{number}", f"/tickets/{number}/ledger", "/tickets"):
            text = api.get(login, path).text
            assert PHONE not in text, f"{login} {path}"
            assert NAME not in text, f"{login} {path}"
    assert audited(api.city) == []
    assert api.post("dispatch1", f"/tickets/{number}/unmask", reason="核实").status_code == 403
    assert api.post("agent1", f"/tickets/{number}/unmask", reason=" ").status_code == 422
    shown = api.post("agent1", f"/tickets/{number}/unmask", reason="回电核实")
    assert shown.json == {"contact_name": NAME, "contact_phone": PHONE}
    assert audited(api.city) == [f"ticket:{number} 回电核实"]


def audited(city: City) -> list[str]:
    with city.database.transaction(write=False) as session:
        rows = session.scalars(select(AuditEntry).filter_by(action="unmask"))
        return [f"{row.subject} {row.reason}" for row in rows]


@pytest.mark.parametrize("flag", [{"is_confidential": True}, {"is_anonymous": True}, {"appeal_type": "TIP_OFF"}])
def test_the_unit_may_not_unmask_who_asked_for_secrecy(api: Api, flag: dict[str, object]) -> None:
    number = make(api.city, "handling", **flag)
    for login in ("wd.handler", "wd.leader", "szf.leader"):
        assert api.post(login, f"/tickets/{number}/unmask", reason="联系企业").status_code == 403, login
    assert api.post("super1", f"/tickets/{number}/unmask", reason="督办核实").status_code == 200


def test_the_complained_of_unit_gets_the_complaint_through_no_door(city: City) -> None:
    about = {"appeal_type": "COMPLAINT", "respondent_unit_code": "WD-SJJ"}
    waiting, handled = make(city, "registered", **about), make(city, "handling", **about)
    doors = [
        (waiting, "dispatch1", "dispatch", {"unit_code": "WD-SJJ"}),
        (waiting, "dispatch1", "dispatch", {"unit_code": "WD", "support_unit_codes": ["WD-SJJ"]}),
        (handled, "dispatch1", "add_support", {"unit_code": "WD-SJJ"}),
        (handled, "wd.handler", "delegate", {"unit_code": "WD-SJJ"}),
        (handled, "wd.handler", "assign_handler", {"handler_login": "wd.sjj.handler"}),
    ]
    for number, login, action, form in doors:
        with pytest.raises(Invalid, match="回避"):
            act(city, login, action, number, **form)
    for number in (waiting, handled):
        assert_blind(city, "wd.sjj.handler", number)


def test_the_complained_of_person_gets_the_complaint_through_no_door(city: City) -> None:
    about = {"appeal_type": "COMPLAINT", "respondent_login": "wd.handler2"}
    number = make(city, "handling", **about)
    with pytest.raises(Invalid, match="回避"):
        act(city, "wd.handler", "assign_handler", number, handler_login="wd.handler2")
    assert_blind(city, "wd.handler2", number)
    for login in ("callback1", "review1", "super1", "agent2", "expert.tax"):
        stage = {"callback1": "answered", "review1": "reviewing"}.get(login, "handling")
        number = make(city, stage, appeal_type="COMPLAINT", respondent_login=login)
        assert_blind(city, login, number)
    for login, action, form in (
        ("wd.handler", "ask_expert", {"expert_login": "expert.tax"}),
        ("dispatch1", "change_follower", {"follower_login": "agent2"}),
    ):
        complaint = make(city, "handling", appeal_type="COMPLAINT", respondent_login=next(iter(form.values())))
        with pytest.raises(Invalid, match="回避"):
            act(city, login, action, complaint, **form)


def assert_blind(city: City, login: str, number: str) -> None:
    for action in ("sign", "reply", "callback", "approve", "note", "urge"):
        with pytest.raises(NotFound):
            act(city, login, action, number)


def test_only_the_named_handler_and_the_leaders_see_a_tip_off(city: City) -> None:
    number = make(city, "handling", appeal_type="TIP_OFF")
    act(city, "wd.leader", "assign_handler", number, handler_login="wd.handler2")
    assert_blind(city, "wd.handler", number)
    assert_blind(city, "lead1", number)
    for login in ("wd.handler2", "wd.leader", "szf.leader"):
        act(city, login, "note", number)


def test_a_ticket_of_a_unit_without_people_is_seen_by_who_answers_for_it(city: City) -> None:
    """WD-DG has nobody: its parent's liaison is named, and can sign, answer and contribute for it."""
    number = make(city, "registered")
    act(city, "dispatch1", "dispatch", number, unit_code="WD-DG", support_unit_codes=["WD-CGJ"])
    act(city, "wd.handler", "sign", number)
    act(city, "wd.handler", "contribute", number)
    act(city, "wd.handler", "reply", number)
    act(city, "wd.leader", "sign_off", number)
    assert city.status(number) == "UNDER_REVIEW"


def told(city: City) -> list[tuple[str | None, str]]:
    """Who has a notice, and what it says."""
    deliver(city.database, lambda: city.now, senders())
    with city.database.transaction(write=False) as session:
        logins = {account.id: account.login for account in session.scalars(select(Account))}
        return [(logins.get(n.account_id or 0), n.title + n.text) for n in session.scalars(select(Notice))]


def test_notices_reach_only_those_who_may_see_the_ticket(city: City) -> None:
    tip_off = make(city, "handling", title=f"{SECRET}举报", appeal_type="TIP_OFF")
    act(city, "wd.leader", "assign_handler", tip_off, handler_login="wd.handler2")
    told(city)
    act(city, "super1", "supervise", tip_off)
    act(city, "agent1", "urge", tip_off)
    make(city, "reviewing", title=f"{SECRET}投诉", appeal_type="COMPLAINT", respondent_login="review1")
    notices = [(login, text) for login, text in told(city) if login]
    assert notices
    with city.database.transaction(write=False) as session:
        tickets = {ticket.id: ticket for ticket in session.scalars(select(Ticket))}
        late = session.scalars(select(Notice).filter_by(audience=Audience.STAFF)).all()
        readers = {(tickets[n.ticket_id].title, session.get_one(Account, n.account_id).login) for n in late}
    assert (f"{SECRET}投诉", "review1") not in readers
    assert (f"{SECRET}投诉", "review2") in readers
    urged = {login for login, text in notices if "催单" in text}
    assert "wd.handler2" in urged
    assert "wd.handler" not in urged


def test_the_enterprise_acts_on_its_own_ticket_only(city: City) -> None:
    mine, other = make(city, "sent"), make(city, "sent")
    act(city, ENTERPRISE, "urge", mine)
    with city.database.transaction() as session, pytest.raises(DomainError):
        perform(session, cast(city, ENTERPRISE, mine), "withdraw", {"text": "撤回"}, city.now, number=other)
