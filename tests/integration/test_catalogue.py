"""派单目录 in the database: rows are put and ended, never rewritten; a change moves what its preview said."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hotline.accounts.actor import SYSTEM
from hotline.accounts.models import Account, AuditEntry
from hotline.clock import to_local
from hotline.directory.catalogue import Entry, Signature, end, plain, put, rows_on, slot_of, standing
from hotline.directory.models import CatalogueRow, Category, Region, Unit
from hotline.directory.operations import close_unit
from hotline.dispatch.catalogue_changes import Changes, carry_out, effects
from hotline.dispatch.catalogue_report import clues, problems
from hotline.dispatch.load import Load, loads
from hotline.errors import Conflict, DomainError, Forbidden, Invalid
from hotline.ticket.catalogue import book
from hotline.ticket.models import AppealType
from routing.catalogue import Matter
from routing.profiles import APPEAL_TYPES
from tests.city import LOAN_INTEREST, City

TODAY = date(2026, 3, 18)


def one(session: Session, model: Any, code: str | None) -> Any:
    return session.scalars(select(model).filter_by(code=code)).one() if code else None


def entry(session: Session, unit: str = "GXJ", category: str | None = LOAN_INTEREST, **more: Any) -> Entry:
    region, support = one(session, Region, more.pop("region", None)), more.pop("support", ())
    fallback = one(session, Unit, more.pop("fallback", None))
    facts = {"effective_from": TODAY, "appeal_type": None, **more}
    units = tuple(one(session, Unit, code) for code in support)
    lead, what = one(session, Unit, unit), one(session, Category, category)
    return Entry(category=what, region=region, unit=lead, support=units, fallback=fallback, **facts)


def signed(city: City, reason: str = "调整") -> Signature:
    return Signature("郑怀远", city.now, reason)


@contextmanager
def writing(city: City) -> Iterator[Session]:
    with city.database.transaction() as session:
        yield session


def said(session: Session, day: date, region: str = "449902") -> tuple[str | None, str]:
    """Whom the catalogue of that day names, and how it says so."""
    matter, catalogue = Matter(LOAN_INTEREST, region, day), book(session, day)
    choice = catalogue.choose(matter)
    return choice.unit, catalogue.explain(matter, choice)


def test_each_day_reads_what_was_said_of_it(city: City) -> None:
    with writing(city) as session:
        put(session, entry(session, effective_from=date(2026, 4, 1)), signed(city))
        last = put(session, entry(session, "CZJ", effective_from=date(2026, 6, 1)), signed(city)).subject
        row = standing(session, last.removeprefix("catalogue:"))
        assert row
        row.effective_to = date(2026, 6, 30)  # as an older house may have left it
    with writing(city) as session:
        days = [date(2026, 3, 31), date(2026, 4, 1), date(2026, 6, 1), date(2026, 7, 1)]
        assert [said(session, day)[0] for day in days] == ["JRJ", "GXJ", "CZJ", "WD"]
        assert "没有登记承办单位，由区域兜底单位湾东区人民政府承接" in said(session, date(2026, 7, 1))[1]
        versions = session.scalars(select(CatalogueRow).filter_by(slot=standing(session, entry(session).slot).slot))
        assert [row.version for row in versions] == [1, 2, 3]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"effective_from": TODAY - timedelta(1)}, "past_is_past"),
        ({"support": ("GXJ",)}, "lead_supports"),
        ({"support": ("CZJ",), "fallback": "CZJ"}, "fallback_leads"),
        ({"effective_to": TODAY - timedelta(1)}, "bad_period"),
        ({"unit": "JRJ", "support": ("CZJ", "GXJ")}, "nothing_changed"),
    ],
)
def test_what_the_catalogue_must_not_say_is_refused(sqlite_city: City, more: dict[str, Any], code: str) -> None:
    with writing(sqlite_city) as session, pytest.raises(Invalid) as refused:
        basis = {"legal_basis": standing(session, entry(session).slot).legal_basis}
        put(session, entry(session, **{**basis, **more}), signed(sqlite_city))
    assert refused.value.code == code


def test_nothing_goes_before_what_is_planned_but_the_plan_itself_can_be_replaced_or_withdrawn(city: City) -> None:
    april = date(2026, 4, 1)
    with writing(city) as session:
        put(session, entry(session, "CZJ", region="449902", effective_from=april), signed(city))
        with pytest.raises(Conflict):
            put(session, entry(session, region="449902"), signed(city))
        put(session, entry(session, region="449902", effective_from=april), signed(city, "更正"))
        assert said(session, april)[0] == "GXJ"
        end(session, standing(session, entry(session, region="449902").slot), TODAY, signed(city))
        assert said(session, april)[0] == "JRJ"
        assert standing(session, entry(session, region="449902").slot) is None
        put(session, entry(session, "CZJ", region="449902"), signed(city))
        assert said(session, TODAY)[0] == "CZJ"


def test_of_two_who_replace_the_same_row_at_once_one_wins_and_one_is_told(city: City) -> None:
    with writing(city) as session:
        seen = standing(session, entry(session).slot).id
    start, told = Barrier(2), []

    def replace_by(unit: str) -> None:
        start.wait()
        try:
            with writing(city) as session:
                put(session, entry(session, unit, seen=seen), signed(city))
                told.append(unit)
        except (Conflict, IntegrityError) as error:
            told.append(type(error).__name__)

    both = [Thread(target=replace_by, args=(unit,)) for unit in ("GXJ", "CZJ")]
    for one_of_them in both:
        one_of_them.start()
    for one_of_them in both:
        one_of_them.join()
    with writing(city) as session:
        assert len(told) == 2 and said(session, TODAY)[0] in told and "Conflict" in told
        assert [row.kind for row in problems(session, TODAY)] == []


def test_the_same_version_of_a_row_does_not_stand_twice(city: City) -> None:
    with writing(city) as session:
        old = standing(session, entry(session).slot)
    with pytest.raises(IntegrityError), writing(city) as session:
        twin = {name: getattr(old, name) for name in ("slot", "category_id", "unit_id", "recorded_by", "recorded_at")}
        session.add(CatalogueRow(**twin, version=old.version))


def test_the_column_knows_every_appeal_type_and_no_other(city: City) -> None:
    assert {kind.value for kind in AppealType} == APPEAL_TYPES
    with writing(city) as session:
        put(session, entry(session, appeal_type="TIP_OFF"), signed(city))
    with pytest.raises(IntegrityError), writing(city) as session:
        session.scalars(select(CatalogueRow).filter_by(appeal_type="TIP_OFF").limit(1)).one().appeal_type = "RUMOUR"


def test_a_row_for_the_citys_own_region_is_one_for_the_whole_city(sqlite_city: City) -> None:
    with writing(sqlite_city) as session:
        assert entry(session, region="449900").slot == entry(session).slot
        ids = one(session, Category, LOAN_INTEREST).id, one(session, Region, "449902").id
        assert entry(session, region="449902", appeal_type="HELP").slot == slot_of(*ids, "HELP")


def test_a_unit_that_leads_or_stands_behind_a_row_is_not_closed(sqlite_city: City) -> None:
    with writing(sqlite_city) as session:
        put(session, entry(session, "CZJ", region="449902", fallback="KCJ"), signed(sqlite_city))
        with pytest.raises(Conflict, match="派单目录中仍有"):
            close_unit(session, one(session, Unit, "KCJ"), TODAY)


def test_a_lead_without_people_is_passed_over_for_its_fallback_unit(city: City) -> None:
    with writing(city) as session:
        put(session, entry(session, "KCJ", fallback="GXJ"), signed(city))
        for account in session.scalars(select(Account).where(Account.unit.has(code="KCJ"))):
            account.is_active = False
        for account in session.scalars(select(Account).where(Account.unit.has(code="SZF"))):
            account.is_active = False
        assert said(session, TODAY)[1].endswith("暂不能接收，由兜底单位临海湾市工业和信息化局承接")
        assert {row.kind for row in problems(session, TODAY)} == {"gap", "closed"}


def test_the_preview_is_exactly_what_the_change_then_does(city: City) -> None:
    waiting, sent, signed_for, elsewhere = (city.register(title=f"第{n}件") for n in "一二三四")
    for number, unit in ((sent, "JRJ"), (signed_for, "JRJ"), (elsewhere, "CZJ")):
        city.do("dispatch1", "dispatch", number, unit_code=unit)
    city.do("jrj.handler", "sign", signed_for)
    with writing(city) as session:
        changes = Changes(puts=(entry(session),))
        planned = [effect.plain() for effect in effects(session, changes, city.now, SYSTEM)]
        assert planned == [[waiting, "AWAITING_DISPATCH", "JRJ", "GXJ"], [sent, "AWAITING_SIGN", "JRJ", "GXJ"]]
        audited = carry_out(session, changes, city.actor("super1"), "调整", city.now)
        assert audited.details["moves"] == planned and audited.reason == "调整"
        assert (audited.details["before"][0]["lead"], audited.details["after"][0]["lead"]) == ("JRJ", "GXJ")
    assert city.status(sent) == "AWAITING_SIGN"
    with city.ticket(sent) as (_, ticket):
        assert ticket.lead_unit.code == "JRJ"


def test_a_ticket_about_the_new_lead_is_not_sent_to_it(sqlite_city: City) -> None:
    number = sqlite_city.register(appeal_type="COMPLAINT", respondent_kind="UNIT", respondent_unit_code="GXJ")
    with writing(sqlite_city) as session:
        [effect] = effects(session, Changes(puts=(entry(session),)), sqlite_city.now, SYSTEM)
        supervisor = session.get_one(Unit, one(session, Unit, "GXJ").supervising_unit_id)
        assert (effect.number, effect.after) == (number, supervisor)


def test_only_supervisors_and_administrators_change_the_catalogue(sqlite_city: City) -> None:
    for login in ("dispatch1", "agent1", "jrj.leader"):
        with writing(sqlite_city) as session, pytest.raises(Forbidden):
            carry_out(session, Changes(puts=(entry(session),)), sqlite_city.actor(login), "调整", sqlite_city.now)


def test_several_changes_stand_or_fall_together(city: City) -> None:
    with pytest.raises(DomainError), writing(city) as session:
        good, bad = entry(session), replace(entry(session, "CZJ"), effective_from=TODAY - timedelta(9))
        carry_out(session, Changes(puts=(good, bad)), city.actor("admin1"), "两项", city.now, "两项")
    with writing(city) as session:
        assert said(session, TODAY)[0] == "JRJ"
        assert session.scalars(select(AuditEntry).filter_by(action="catalogue_changed")).all() == []


def test_dispatch_accuracy_counts_each_dispatch_once_and_only_upheld_objections_against_it(city: City) -> None:
    upheld, denied, plain_one = (city.register(title=f"第{n}件") for n in "一二三")
    for number in (upheld, denied, plain_one):
        city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    for number in (upheld, denied):
        city.do("jrj.handler", "object", number, reason="NOT_OUR_DUTY", legal_basis="三定方案", text="非我局职责")
    city.do("dispatch1", "redispatch", upheld, unit_code="GXJ", text="成立")
    city.do("dispatch1", "overrule", denied, text="不成立")
    with writing(city) as session:
        units = [one(session, Unit, code) for code in ("JRJ", "GXJ", "CZJ")]
        found = loads(session, city.actor("dispatch1"), city.now, units)
        jrj, gxj, czj = (found[unit.id] for unit in units)
        assert (jrj.dispatched, jrj.objections, jrj.upheld, jrj.open) == (3, 2, 1, 2)
        assert jrj.accuracy == pytest.approx(2 / 3) and jrj.accuracy_text == "66.7%"
        assert (gxj.dispatched, gxj.accuracy_text) == (1, "100.0%")
        assert czj == Load() and czj.accuracy is None and czj.accuracy_text == "—"
        [clue] = clues(session, city.actor("dispatch1"), city.now)
        assert (clue.unit.code, clue.next_unit.code, clue.count, clue.is_pressing) == ("JRJ", "GXJ", 1, False)
        assert clue.row and plain(session, clue.row)["lead"] == "JRJ"
    city.at("2026-09-01 09:00")
    with writing(city) as session:
        assert clues(session, city.actor("dispatch1"), city.now) == []


def test_the_demo_catalogue_leaves_no_leaf_in_any_region_without_a_target(sqlite_city: City) -> None:
    with writing(sqlite_city) as session:
        assert problems(session, to_local(sqlite_city.now).date()) == []
        kinds = {(row.region.kind.value if row.region else None, row.appeal_type) for row in rows_on(session, TODAY)}
        assert {("STREET", None), ("ZONE", None), ("COUNTY", None), (None, "TIP_OFF"), (None, "COMPLAINT")} <= kinds
        assert all(row.legal_basis for row in rows_on(session, TODAY, CatalogueRow.category_id.is_not(None)))


def test_a_row_for_one_type_of_appeal_that_is_wrong_time_and_again_is_pointed_out(sqlite_city: City) -> None:
    city = sqlite_city
    with writing(city) as session:
        changes = Changes(puts=(entry(session, appeal_type="COMPLAINT"),))
        carry_out(session, changes, city.actor("admin1"), "投诉归口", city.now)
    for kind in ("COMPLAINT", "COMPLAINT", "COMPLAINT", "HELP"):
        number = city.register(appeal_type=kind)
        city.do("dispatch1", "dispatch", number, unit_code="GXJ")
        city.do("gxj.handler", "object", number, reason="NOT_OUR_DUTY", legal_basis="三定方案", text="非我局职责")
        city.do("dispatch1", "redispatch", number, unit_code="JRJ", text="成立")
    with writing(city) as session:
        first, second = clues(session, city.actor("dispatch1"), city.now)
        assert (first.count, first.appeal_type, first.is_pressing) == (3, "COMPLAINT", True)
        assert (second.count, second.row) == (1, None), "a request for help goes elsewhere by the catalogue"


def test_a_categorys_lead_is_not_ended_by_putting_it_again_with_a_last_day(sqlite_city: City) -> None:
    with writing(sqlite_city) as session, pytest.raises(Conflict) as refused:
        limited = entry(session, effective_to=TODAY + timedelta(30))
        carry_out(session, Changes(puts=(limited,)), sqlite_city.actor("admin1"), "试", sqlite_city.now)
    assert refused.value.code == "owner_needed"
