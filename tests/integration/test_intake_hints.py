from hotline.directory.models import Enterprise
from hotline.intake.drafts import all_of, discard, load, save
from hotline.intake.hints import Caller, caller
from tests.city import APPEAL, City


def known(city: City, login: str = "agent2", **by: str) -> Caller | None:
    with city.database.transaction(write=False) as session:
        return caller(session, city.actor(login), city.now, **by)


def test_a_caller_is_known_by_any_spelling_of_the_number(city: City) -> None:
    number = city.register()
    for phone in (APPEAL["contact_phone"], "04998123456", "+86 0499 812 3456", "０４９９－８１２３４５６"):
        found = known(city, phone=phone)
        assert found and [ticket.no for ticket in found.tickets] == [number]
        assert found.enterprise and found.enterprise.name == APPEAL["enterprise_name"]


def test_the_enterprise_is_known_by_its_code_and_by_its_name(city: City) -> None:
    with city.database.transaction() as session:
        firm = session.query(Enterprise).order_by(Enterprise.id).first()
        assert firm is not None and firm.uscc
        name, uscc = firm.name, firm.uscc
    for by in ({"uscc": f" {uscc.lower()} "}, {"name": name}):
        found = known(city, **by)
        assert found and found.enterprise and found.enterprise.name == name
    assert known(city, name="没有这家企业") is None
    assert known(city, phone="04") is None


def test_the_warning_is_about_open_tickets_of_the_last_thirty_days(city: City) -> None:
    old = city.at("2026-02-01 10:00").register(title="很久以前")
    withdrawn, fresh = city.at("2026-03-16 10:00").register(title="已撤回"), city.register(title="在办")
    city.do("agent1", "withdraw", withdrawn, text="来电撤回")
    city.at("2026-03-18 10:00")
    found = known(city, phone=APPEAL["contact_phone"])
    assert found and found.total == 3
    assert [ticket.no for ticket in found.open_tickets] == [fresh]
    assert [ticket.no for ticket in found.tickets] == [fresh, withdrawn, old]


def test_a_tip_off_of_another_agent_is_not_given_away(city: City) -> None:
    city.register(appeal_type="TIP_OFF", enterprise_name="")
    assert known(city, phone=APPEAL["contact_phone"]) is None
    mine = known(city, "agent1", phone=APPEAL["contact_phone"])
    assert mine and mine.total == 1


def test_drafts_are_the_agents_own_and_keep_their_order(city: City) -> None:
    one, two = (city.actor(login).account_id or 0 for login in ("agent1", "agent2"))
    with city.database.transaction() as session:
        save(session, one, "first-draft", {"title": ["甲"], "wish": [""]}, city.now)
        save(session, one, "second-draft", {"body": ["乙事"]}, city.now)
        save(session, one, "first-draft", {"title": ["甲改"]}, city.now)
        save(session, two, "first-draft", {"title": ["别人的"]}, city.now)
    with city.database.transaction() as session:
        assert [draft.title for draft in all_of(session, one)] == ["甲改", "乙事"]
        discard(session, one, "first-draft")
        assert load(session, one, "first-draft") is None
        others = load(session, two, "first-draft")
        assert others and others.form == {"title": ["别人的"]}
