"""集中诉求 from the first call to the last callback: many enterprises, one handling, a feedback for each."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from hotline.actions import perform_each
from hotline.dispatch import mass
from hotline.dispatch.mass import Group
from hotline.errors import Forbidden
from hotline.messages import senders
from hotline.messages.models import Audience, Notice
from hotline.outbox.operations import deliver
from hotline.ticket import listing
from hotline.ticket.merging import Feedback, feedbacks
from hotline.ticket.models import Reply
from hotline.ticket.queries import hanging
from hotline.ticket.similar import SimilarTickets
from knowledge_base.segment import Segmenter
from tests.city import City
from tests.factories import BAD_CALL, act

CUT = Segmenter().once
SAID = (
    "丽发新城搅拌厂噪音扰民，整夜施工，灰尘很大",
    "丽发新城旁边的搅拌厂噪音太大，灰尘多，影响办公",
    "搅拌厂在丽发新城附近施工，噪音和灰尘严重",
    "反映丽发新城搅拌厂夜间噪音扰民、灰尘大",
    "丽发新城附近修建搅拌厂，噪音灰尘严重",
)


def alike(city: City, count: int = 5, **more: object) -> list[str]:
    """Appeals of as many enterprises on one matter."""
    return [
        city.register(
            title="搅拌厂噪音扰民", body=SAID[i % 5], enterprise_name=f"丽发第{i}商贸有限公司",
            contact_phone=f"0499-812{i:04}", **more,
        )
        for i in range(count)
    ]  # fmt: skip


def grouped(city: City, login: str = "dispatch1") -> list[Group]:
    with city.database.transaction(write=False) as session:
        return mass.groups(session, city.actor(login), city.now, SimilarTickets(CUT))


def merge_all(city: City, numbers: list[str], master: str, login: str = "dispatch1") -> dict[str, str]:
    with city.database.transaction() as session:
        told = {"master_no": master, "text": "同一事项"}
        return perform_each(session, city.actor(login), "merge", numbers, told, city.now)


def answer(city: City, master: str) -> None:
    """From the dispatcher's desk to the answer that everybody is called back about."""
    steps = (("dispatch1", "dispatch"), ("wd.handler", "sign"), ("wd.handler", "reply"), ("wd.leader", "sign_off"))
    for login, action in (*steps, ("review1", "approve")):
        act(city, login, action, master)


def test_five_enterprises_one_handling_five_callbacks_and_the_dissatisfied_one_is_reworked_alone(city: City) -> None:
    numbers = alike(city)
    city.register(title="出口退税进度", body="已申报三个月，请告知出口退税进度", contact_phone="0499-8130000")
    [group] = grouped(city)
    assert [line.ticket.no for line in group.lines] == numbers
    assert (group.total, group.enterprises, group.master.no) == (5, 5, numbers[0])
    assert {"搅拌", "噪音"} <= set(group.words)
    assert group.proposal and group.proposal.unit

    city.do("agent1", "withdraw", numbers[4], text="已自行解决")  # while the dispatcher reads the page
    told = merge_all(city, numbers[1:], numbers[0])
    assert [no for no, why in told.items() if why] == [numbers[4]]
    master, children = numbers[0], numbers[1:4]
    assert grouped(city) == []
    later = city.register(title="搅拌厂太吵", body=SAID[0], contact_phone="0499-8140000", master_no=master)
    children.append(later)

    answer(city, master)
    with city.ticket(master) as (session, ticket):
        callback = city.actor("callback1")
        page = listing.page(session, callback, city.now, view="callback", master=master)
        assert {row.ticket.no for row in page.rows} == {master, *children}
        assert {row.merged for row in page.rows if row.ticket.no == master} == {4}
        assert {row.master_no for row in page.rows if row.ticket.no != master} == {master}
        assert feedbacks(session, ticket, callback) == Counter({Feedback.TO_CALL: 4})
    for number in (master, *children):
        act(city, "callback1", "callback", number, **(BAD_CALL if number == later else {}))
    for number in (master, *children[:-1]):
        act(city, "callback1", "close", number)
    act(city, "callback1", "rework", later)
    states = {number: city.status(number) for number in (master, *children)}
    assert states == {**dict.fromkeys((master, *children), "CLOSED"), later: "AWAITING_DISPATCH"}
    with city.ticket(master) as (session, ticket):
        assert feedbacks(session, ticket, callback) == Counter({Feedback.SATISFIED: 3, Feedback.REWORK: 1})
    act(city, "dispatch1", "dispatch", later, unit_code="JRJ")
    assert city.status(master) == "CLOSED"


def test_every_enterprise_is_told_of_the_answer_with_its_own_number(city: City) -> None:
    master, *children = alike(city, 3)
    merge_all(city, children, master)
    answer(city, master)
    while deliver(city.database, lambda: city.now, senders()):
        pass
    for number in (master, *children):
        with city.ticket(number) as (session, ticket):
            told = select(Notice.text).filter_by(ticket_id=ticket.id, audience=Audience.ENTERPRISE)
            texts = [text for text in session.scalars(told) if "已有答复" in text]
            assert len(texts) == 1
            assert number in texts[0]
            assert len(hanging(session, Reply, ticket)) == 1


def test_the_master_proposed_is_the_one_that_is_furthest(city: City) -> None:
    numbers = alike(city, 4)
    act(city, "dispatch1", "dispatch", numbers[2], unit_code="JRJ")
    act(city, "dispatch1", "dispatch", numbers[1], unit_code="JRJ")
    city.do("jrj.handler", "sign", numbers[2])
    [group] = grouped(city)
    assert group.master.no == numbers[2]
    assert [line.movable for line in group.lines] == [True, True, False, True]
    merge_all(city, [numbers[3]], numbers[1])
    [group] = grouped(city)
    assert group.master.no == numbers[1]


def test_groups_hold_only_what_the_actor_may_see_and_no_tip_offs(city: City) -> None:
    alike(city, 2)
    alike(city, 2, appeal_type="TIP_OFF")
    alike(city, 1, appeal_type="COMPLAINT", respondent_login="dispatch2")
    assert [group.total for group in grouped(city)] == [3]
    assert grouped(city, "dispatch2") == []
    with city.database.transaction(write=False) as session:
        for login, expected in (("dispatch1", 1), ("dispatch2", 0)):
            assert mass.count(session, city.actor(login), city.now, SimilarTickets(CUT)) == expected
    with pytest.raises(Forbidden):
        grouped(city, "agent1")


def test_what_units_all_have_in_hand_is_no_group_and_old_ones_drop_out(city: City) -> None:
    numbers = alike(city, 3)
    for number in numbers:
        act(city, "dispatch1", "dispatch", number, unit_code="JRJ")
        city.do("jrj.handler", "sign", number)
    assert grouped(city) == []
    alike(city, 3)
    assert [group.total for group in grouped(city)] == [6]
    city.at("2026-04-25 09:00")
    assert grouped(city) == []


def test_a_complaint_about_the_masters_unit_stays_out_and_the_others_go_in(city: City) -> None:
    master, *children = alike(city, 3)
    act(city, "dispatch1", "dispatch", master, unit_code="JRJ")
    [about] = alike(city, 1, appeal_type="COMPLAINT", respondent_unit_code="JRJ")
    told = merge_all(city, [about, *children], master)
    assert "应当回避" in told[about]
    assert [city.status(no) for no in (about, *children)] == ["AWAITING_DISPATCH", "MERGED", "MERGED"]


def test_two_who_merge_the_same_group_at_once_merge_each_ticket_once(city: City) -> None:
    master, *children = alike(city, 6)
    with ThreadPoolExecutor(2) as both:
        ways = ((children, "dispatch1"), (children[::-1], "super1"))
        told = [one.result() for one in [both.submit(merge_all, city, list(nos), master, who) for nos, who in ways]]
    assert [sum(not answers[no] for answers in told) for no in children] == [1] * 5
    assert {city.status(no) for no in children} == {"MERGED"}
