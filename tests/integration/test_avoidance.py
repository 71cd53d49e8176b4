"""回避: a complaint about the hotline or about the top of the tree still has somebody who may take it."""

import pytest

from hotline.errors import Invalid, NotFound
from tests.city import City

COMPLAINT = {"appeal_type": "COMPLAINT", "respondent_kind": "UNIT"}


@pytest.mark.parametrize("about", ["HOTLINE", "SZF"])
def test_the_supervising_unit_takes_a_complaint_that_concerns_the_whole_hotline(city: City, about: str) -> None:
    number = city.register("agent1", "submit", **COMPLAINT, respondent_unit_code=about)
    with pytest.raises(NotFound):
        city.do("dispatch1", "dispatch", number, unit_code="SFB")
    city.do("sfb.super", "dispatch", number, unit_code="SFB")
    city.do("sfb.handler", "sign", number)
    assert city.status(number) == "HANDLING"
    with city.ticket(number) as (_, ticket):
        assert ticket.follower.unit.code in ("SFB", "ZSJ")


def test_an_extension_does_not_override_a_due_time_set_from_above(city: City) -> None:
    number = city.register("agent1", source_code="SUPERIOR", external_no="S-1", imposed_due_at="2026-03-20T12:00")
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    city.do("jrj.handler", "sign", number)
    asked = {"reason": "COMPLEX", "working_days": 2, "legal_basis": "办法第九条", "text": "需核实"}
    with pytest.raises(Invalid, match="上级已限定"):
        city.do("jrj.handler", "request_extension", number, **asked)
