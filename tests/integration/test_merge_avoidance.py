"""回避 by way of a master: whoever a merged complaint is about neither handles, rules nor reads what answers it."""

import pytest
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor
from hotline.errors import DomainError, Invalid, NotFound
from hotline.ticket import listing
from hotline.ticket.merging import feedbacks, merged_counts
from hotline.ticket.models import Ticket
from hotline.ticket.view import ledger_rows
from tests.city import City
from tests.factories import act, make

ABOUT_JRJ = {"appeal_type": "COMPLAINT", "respondent_kind": "UNIT", "respondent_unit_code": "JRJ"}
ABOUT_HANDLER = {"appeal_type": "COMPLAINT", "respondent_login": "jrj.handler2"}
ABOUT_DISPATCHER = {"appeal_type": "COMPLAINT", "respondent_login": "dispatch2"}


def with_jrj(city: City, part: str) -> str:
    """A ticket in which the finance bureau, or somebody of it, has this part."""
    if part == "lead":
        number = make(city, "registered")
        act(city, "dispatch1", "dispatch", number, unit_code="JRJ")
        return number
    number = make(city, {"delegate": "handling"}.get(part, "handling"))
    if part == "support":
        act(city, "dispatch1", "add_support", number, unit_code="JRJ")
    elif part == "task_force":
        act(city, "super1", "raise_task_force", number, unit_codes=["JRJ"], member_logins="")
    elif part == "member":
        act(city, "super1", "raise_task_force", number, unit_codes=[], member_logins="jrj.handler")
    return number


@pytest.mark.parametrize("part", ["lead", "support", "task_force", "member"])
def test_a_complaint_is_not_merged_into_what_the_complained_of_unit_takes_part_in(city: City, part: str) -> None:
    master = with_jrj(city, part)
    number = city.register(**ABOUT_JRJ)
    with pytest.raises(Invalid, match="应当回避") as refused:
        act(city, "dispatch1", "merge", number, master_no=master)
    assert refused.value.field == "master_no"
    assert city.status(number) == "AWAITING_DISPATCH"


def test_nor_where_a_unit_below_it_has_been_sent_the_matter(city: City) -> None:
    master = make(city, "delegated")
    number = city.register(**{**ABOUT_JRJ, "respondent_unit_code": "WD-GXJ"})
    with pytest.raises(Invalid, match="应当回避"):
        act(city, "dispatch1", "merge", number, master_no=master)


@pytest.mark.parametrize("login", ["wd.gxj.handler", "agent1", "expert.market"])
def test_nor_where_the_complained_of_person_handles_follows_or_answers_it(city: City, login: str) -> None:
    master = make(city, "consulted" if login.startswith("expert") else "handling")
    if login == "wd.gxj.handler":
        act(city, "wd.leader", "assign_handler", master)
    number = city.register("agent2", "submit", appeal_type="COMPLAINT", respondent_login=login)
    with pytest.raises(Invalid, match="利害关系"):
        act(city, "dispatch1", "merge", number, master_no=master)


def test_what_is_merged_binds_every_later_step_of_the_master(city: City) -> None:
    master = make(city, "handling")
    for about in (ABOUT_JRJ, {"appeal_type": "COMPLAINT", "respondent_login": "wd.gxj.handler"}):
        act(city, "dispatch1", "merge", city.register(**about), master_no=master)
    with pytest.raises(Invalid, match="应当回避"):
        act(city, "dispatch1", "add_support", master, unit_code="JRJ")
    with pytest.raises(Invalid, match="利害关系"):
        act(city, "wd.leader", "assign_handler", master)
    with pytest.raises(Invalid, match="应当回避"):
        act(city, "super1", "raise_task_force", master, unit_codes=["JRJ"])
    with pytest.raises(Invalid, match="利害关系"):
        act(city, "super1", "hand_over", master, from_login="wd.handler", to_login="wd.gxj.handler")
    act(city, "wd.handler", "delegate", master, unit_code="WD-GXJ")
    with city.ticket(master) as (_, ticket):
        assert ticket.handler and ticket.handler.login == "wd.handler"


def test_the_dispatcher_may_not_send_the_master_to_whom_a_merged_ticket_complains_of(city: City) -> None:
    master, number = city.register(), city.register(**ABOUT_JRJ)
    act(city, "dispatch1", "merge", number, master_no=master)
    with pytest.raises(Invalid, match="应当回避"):
        act(city, "dispatch1", "dispatch", master, unit_code="JRJ")
    act(city, "dispatch1", "dispatch", master)
    with pytest.raises(Invalid, match="应当回避"):
        act(city, "dispatch1", "redispatch", master, unit_code="JRJ")
    act(city, "dispatch1", "split", number)
    act(city, "dispatch1", "redispatch", master, unit_code="JRJ")


def test_a_complaint_about_one_unit_takes_in_only_what_is_about_it_too(city: City) -> None:
    """Else its answer would come to the complained-of unit as that of the merged ticket."""
    master, same, other = city.register(**ABOUT_JRJ), city.register(**ABOUT_JRJ), city.register()
    act(city, "dispatch1", "merge", same, master_no=master)
    with pytest.raises(Invalid, match="另一单位或人员"):
        act(city, "dispatch1", "merge", other, master_no=master)


def test_only_tip_offs_are_merged_into_a_tip_off(city: City) -> None:
    master = city.register(appeal_type="TIP_OFF")
    with pytest.raises(Invalid, match="举报件"):
        act(city, "dispatch1", "merge", city.register(), master_no=master)
    act(city, "dispatch1", "merge", city.register(appeal_type="TIP_OFF"), master_no=master)


def reads(city: City, login: str, number: str) -> bool:
    try:
        act(city, login, "note", number)
    except NotFound:
        return False
    return True


def counted(session: Session, actor: Actor, master: Ticket) -> tuple[int, int]:
    return merged_counts(session, [master.id], actor).get(master.id, 0), sum(feedbacks(session, master, actor).values())


def test_the_complained_of_person_does_not_read_or_count_what_answers_the_complaint(city: City) -> None:
    master, number = city.register(), city.register(**ABOUT_DISPATCHER)
    act(city, "dispatch1", "merge", city.register(), master_no=master)
    assert reads(city, "dispatch2", master)
    act(city, "dispatch1", "merge", number, master_no=master)
    assert reads(city, "dispatch1", master)
    assert not reads(city, "dispatch2", master)
    with city.ticket(master) as (session, ticket):
        mine, theirs = city.actor("dispatch2"), city.actor("dispatch1")
        assert listing.count(session, mine, city.now, "dispatch") == 0
        assert (counted(session, mine, ticket), counted(session, theirs, ticket)) == ((1, 1), (2, 2))
    act(city, "dispatch1", "split", number)
    assert reads(city, "dispatch2", master)


def test_a_masters_unit_sees_nothing_of_a_shielded_complainant(city: City) -> None:
    secret = {"enterprise_name": "湾东翡翠远洋食品有限公司", "contact_name": "欧阳静雯", "is_confidential": True}
    master = make(city, "drafted")
    children = [city.register(**secret), city.register(**secret, appeal_type="TIP_OFF")]
    for child in children:
        act(city, "dispatch1", "merge", child, master_no=master)
        assert not any(reads(city, login, child) for login in ("wd.handler", "wd.leader"))
    act(city, "wd.leader", "sign_off", master)
    act(city, "review1", "approve", master)
    with city.ticket(master) as (session, ticket):
        rows = str(ledger_rows(session, ticket, city.actor("wd.handler")))
    assert not any(word in rows for word in (*children, "翡翠", "欧阳静雯"))


def test_the_ledger_of_a_shielded_ticket_does_not_lead_the_unit_to_its_master(city: City) -> None:
    master, child = make(city, "handling"), city.register(is_confidential=True)
    act(city, "dispatch1", "merge", child, master_no=master)
    act(city, "dispatch1", "split", child)
    act(city, "dispatch1", "dispatch", child)
    with city.ticket(child) as (session, ticket):
        rows = ledger_rows(session, ticket, city.actor("wd.handler"))
        assert not any({"master_no", "merged_into_id"} & {*row["data"], *row["changes"]} for row in rows)


def test_the_desk_cannot_merge_a_complaint_about_itself_into_a_ticket_it_follows(city: City) -> None:
    master = city.register()
    with pytest.raises(DomainError, match="回避"):
        city.register("agent2", "submit", appeal_type="COMPLAINT", respondent_login="agent1", master_no=master)
    with city.ticket(master) as (session, ticket):
        assert merged_counts(session, [ticket.id], city.actor("SYSTEM")) == {}
