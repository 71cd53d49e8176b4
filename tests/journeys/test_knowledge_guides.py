"""惠企政策: a new policy's guide within seven working days; one clock a policy, however many clauses it has."""

from datetime import date

import pytest
from sqlalchemy import select

from hotline.deadlines.models import Clock
from hotline.directory.models import Unit
from hotline.errors import Invalid
from hotline.knowledge.models import KbEntryVersion
from hotline.knowledge.operations import Ownership, import_text
from tests.calendars import local
from tests.city import City
from tests.kb import made, running

POLICY = "临海湾市夜间经济扶持办法\n临商发〔2026〕7号\n第一条 支持夜市。\n第二条 每户三千元。\n第三条 由商务局解释。"
WITHOUT_GUIDE = {"beneficiaries": "", "conditions": ""}


def imported(city: City, text: str = POLICY, since: date = date(2026, 3, 10)) -> list[str]:
    with city.database.transaction() as session:
        unit = session.scalars(select(Unit.id).filter_by(code="WD")).one()
        done = import_text(session, text, Ownership(unit), author_id=None, now=city.now, effective_from=since)
        return [entry.code for entry in done.created]


def guides(city: City) -> int:
    return running(city).count("KB_GUIDE")


def test_a_policy_of_three_clauses_waits_for_one_guide_and_the_guide_stops_it(city: City) -> None:
    assert len(imported(city)) == 3
    assert guides(city) == 1
    with city.database.transaction(write=False) as session:
        clock = session.scalars(select(Clock).filter_by(name="KB_GUIDE")).one()
        assert clock.due_at == local("2026-03-27 17:30")  # seven working days after 18 March
    made(city, source_title="临海湾市夜间经济扶持办法", doc_number="临商发〔2026〕7号")
    assert guides(city) == 0


def test_clauses_published_one_by_one_wait_for_one_guide_too(city: City) -> None:
    same = {"source_title": "万东区租金补贴办法", **WITHOUT_GUIDE}
    made(city, title="第一条", place="第一条", **same)
    made(city, title="第二条", place="第二条", **same)
    made(city, title="另一个文件", source_title="另一办法", **WITHOUT_GUIDE)
    assert guides(city) == 2


def test_no_guide_is_waited_for_when_it_is_there_already_or_the_policy_is_old(city: City) -> None:
    made(city, source_title="临海湾市夜间经济扶持办法", doc_number="临商发〔2026〕7号")
    imported(city)
    imported(city, POLICY.replace("夜间", "首店").replace("7号", "8号"), date(2024, 1, 1))
    assert guides(city) == 0


def test_a_text_with_blanks_is_published_by_no_import(city: City) -> None:
    with pytest.raises(Invalid) as refused:
        imported(city, POLICY.replace("三千元", "____元"))
    assert refused.value.code == "template_not_published"
    with city.database.transaction(write=False) as session:
        assert session.scalars(select(KbEntryVersion)).all() == []
