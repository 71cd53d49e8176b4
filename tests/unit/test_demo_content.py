"""The demo city hangs together: everybody has a place, every appeal somebody who answers, nothing points nowhere."""

import random
import re
from collections import Counter
from itertools import pairwise

import pytest

from hotline.demo.appeals import SHARES, SOURCES, Appeal, appeals
from hotline.demo.categories import CATEGORIES, CATEGORY_BY_CODE
from hotline.demo.city import AREA_CODE, REGION_BY_CODE, REGIONS, UNIT_BY_CODE, UNITS
from hotline.demo.data import read
from hotline.demo.enterprises import MOBILE_PREFIX, enterprises
from hotline.demo.people import ACCOUNTS, ROLES, UNIT_PEOPLE, Account, showcase
from hotline.demo.replies import phrase, remark, reply
from hotline.directory import uscc
from hotline.directory.models import RegionKind, UnitKind
from hotline.ticket.models import codes

LEAVES = [category for category in CATEGORIES if category.level == 3]
OWNERS = sorted({owner for leaf in LEAVES for owner in (leaf.owner, *leaf.by_region.values())})
LEVEL_ONE = [category for category in CATEGORIES if category.level == 1]
CODED_STEPS = {
    "objection": codes.ObjectionReason,
    "contact": codes.ContactResult,
    "extension": codes.ExtensionReason,
    "pause": codes.PauseReason,
    "refusal": codes.RefusalReason,
    "unresolved": codes.UnresolvedReason,
}


def reachable(unit_code: str, role: str) -> list[Account]:
    """The accounts with this role at the unit, else at the nearest unit above it; empty when the city has none."""
    code: str | None = unit_code
    while code:
        if found := [account for account in ACCOUNTS if account.unit == code and role in account.roles]:
            return found
        code = UNIT_BY_CODE[code].parent
    return []


@pytest.fixture(scope="module")
def companies():
    return enterprises(random.Random(12345))


@pytest.fixture(scope="module")
def year(companies) -> list[Appeal]:
    return list(appeals(random.Random(12345), CATEGORY_BY_CODE, companies))


# --- the tree


def test_the_units_are_one_tree_whose_parents_come_first():
    assert [unit.code for unit in UNITS if unit.parent is None] == ["SZF"]
    seen: set[str] = set()
    for unit in UNITS:
        assert unit.parent is None or unit.parent in seen, unit
        seen.add(unit.code)
    assert len(seen) == len(UNITS) >= 34


def test_every_unit_lies_in_a_region_and_names_of_units_differ():
    assert all(unit.region in REGION_BY_CODE for unit in UNITS)
    assert len({unit.name for unit in UNITS}) == len({unit.short_name for unit in UNITS}) == len(UNITS)
    assert len({unit.duty_phone for unit in UNITS}) == len(UNITS)


def test_no_unit_supervises_itself_and_every_supervisor_has_people():
    for unit in UNITS:
        assert unit.supervised_by != unit.code
        assert reachable(unit.supervised_by, "HANDLER"), unit
        assert reachable(unit.supervised_by, "UNIT_LEADER"), unit


def test_every_kind_of_unit_stands_in_the_tree():
    assert {unit.kind for unit in UNITS} == set(UnitKind)
    assert {region.kind for region in REGIONS} <= set(RegionKind)


def test_every_region_sends_what_fits_nowhere_to_a_unit_of_its_own():
    for region in REGIONS:
        assert UNIT_BY_CODE[region.dispatch_unit].region == region.code
        assert region.parent is None or region.parent in REGION_BY_CODE
        assert re.fullmatch(r"\d{6}", region.national)


def test_functional_zones_borrow_the_citys_code():
    zones = [region for region in REGIONS if region.kind == "ZONE"]
    assert [zone.national for zone in zones] == ["449900"] * 3


# --- categories


def test_the_taxonomy_has_sixteen_heads_three_levels_and_enough_leaves():
    assert len(LEVEL_ONE) == 16
    assert len(LEAVES) >= 64
    assert len(CATEGORY_BY_CODE) == len(CATEGORIES)
    for category in CATEGORIES:
        assert len(category.code) == 2 * category.level
        assert category.parent == (category.code[:-2] or None)


def test_initials_have_one_letter_a_character():
    for category in CATEGORIES:
        characters = re.sub(r"[^\u4e00-\u9fff]", "", category.name)
        assert re.fullmatch(rf"[a-z]{{{len(characters)}}}", category.initials), category


def test_every_leaf_is_owned_by_existing_units_that_do_not_support_themselves():
    for leaf in LEAVES:
        assert {leaf.owner, *leaf.support, *leaf.by_region.values()} <= UNIT_BY_CODE.keys(), leaf
        assert leaf.owner not in leaf.support, leaf
        assert leaf.by_region.keys() <= REGION_BY_CODE.keys(), leaf


def test_a_region_with_an_owner_of_its_own_overrides_the_citys():
    licence = CATEGORY_BY_CODE["010201"]
    assert licence.owner_in("449902") == "WD-SJJ"
    assert licence.owner_in("4499GX") == licence.owner_in(None) == "SJJ"


# --- people


@pytest.mark.parametrize("owner", OWNERS)
def test_every_owner_has_a_handler_and_a_leader_at_itself_or_its_parent(owner):
    near = {owner, UNIT_BY_CODE[owner].parent}
    assert {account.unit for account in reachable(owner, "HANDLER")} <= near
    assert {account.unit for account in reachable(owner, "UNIT_LEADER")} <= near
    assert reachable(owner, "HANDLER")
    assert reachable(owner, "UNIT_LEADER")


def test_logins_and_names_are_unique_short_and_of_known_roles_and_units():
    assert len({account.login for account in ACCOUNTS}) == len({account.name for account in ACCOUNTS}) == len(ACCOUNTS)
    assert len(ACCOUNTS) >= 40
    for account in ACCOUNTS:
        assert re.fullmatch(r"[a-z][a-z0-9.]{2,19}", account.login)
        assert account.unit in UNIT_BY_CODE
        assert account.roles and set(account.roles) <= set(ROLES)


def test_a_newcomer_finds_a_login_for_every_role():
    assert set(showcase()) == set(ROLES)


def test_units_with_two_signatures_have_two_leaders():
    for unit in UNITS:
        if unit.sign_off_levels == 2 and unit.code in UNIT_PEOPLE:
            assert UNIT_PEOPLE[unit.code].chief, unit


def test_posts_are_held_by_accounts_of_the_unit_and_districts_have_all_four():
    units = {account.login: account.unit for account in ACCOUNTS}
    for people in UNIT_PEOPLE.values():
        for login in filter(None, (people.liaison, people.deputy, people.leader, people.chief)):
            assert units[login] == people.unit
    for code in ("WD", "WX", "BL", "GXQ", "QWQ", "SJJ"):
        assert all((UNIT_PEOPLE[code].deputy, UNIT_PEOPLE[code].leader, UNIT_PEOPLE[code].chief))


def test_experts_answer_for_existing_second_level_categories():
    experts = [account for account in ACCOUNTS if "EXPERT" in account.roles]
    assert len(experts) >= 5
    for expert in experts:
        assert expert.fields and all(CATEGORY_BY_CODE[code].level == 2 for code in expert.fields)


# --- enterprises


def test_two_hundred_enterprises_have_valid_and_different_codes_and_names(companies):
    assert len(companies) == 200
    assert all(uscc.is_valid(company.uscc) for company in companies)
    assert len({company.uscc for company in companies}) == len({company.name for company in companies}) == 200


def test_credit_codes_carry_the_region_and_the_kind_of_registration(companies):
    for company in companies:
        assert company.uscc[2:8] == REGION_BY_CODE[company.region].national
        assert company.uscc.startswith("92" if "个体工商户" in company.tags else "91")


def test_the_check_character_zero_of_a_remainder_zero_is_among_them(companies):
    assert companies[0].uscc.endswith("0")


def test_every_name_says_that_the_place_is_invented(companies):
    places = ("临海湾", *(region.name for region in REGIONS))
    assert all(company.name.startswith(places) for company in companies)


def test_no_demo_number_can_ring_at_a_real_desk(companies, year):
    shape = re.compile(rf"{MOBILE_PREFIX}\d{{8}}|{AREA_CODE}-\d{{7}}")
    numbers = [company.contact_phone for company in companies] + [unit.duty_phone for unit in UNITS]
    numbers += [appeal.contact_phone for appeal in year if not appeal.is_anonymous]
    assert all(shape.fullmatch(number) for number in numbers)


# --- appeals


def test_the_same_seed_gives_the_same_city_and_another_seed_another():
    def first_hundred(seed):
        rng = random.Random(seed)
        return list(appeals(rng, CATEGORY_BY_CODE, enterprises(rng), 100))

    assert first_hundred(7) == first_hundred(7)
    assert first_hundred(7) != first_hundred(8)


def test_the_mix_of_types_is_near_the_published_one(year):
    outside = [a for a in year if a.refusal_reason or a.emergency_line or a.external_place]
    inside = Counter(appeal.appeal_type for appeal in year if appeal not in outside)
    assert abs(len(outside) / 3000 - SHARES["OUTSIDE"]) < 0.01
    for kind, share in SHARES.items():
        if kind != "OUTSIDE":
            assert abs(inside[kind] / 3000 - share) < 0.03, kind


def test_codes_of_appeals_are_codes_of_the_ticket(year):
    assert {appeal.appeal_type for appeal in year} == set(codes.AppealType)
    assert {appeal.urgency for appeal in year} == set(codes.Urgency)
    assert {appeal.source for appeal in year} == {source.code for source in SOURCES}
    assert {appeal.respondent_kind for appeal in year} - {None} <= set(codes.RespondentKind)
    assert {appeal.refusal_reason for appeal in year} - {None} <= set(codes.RefusalReason)


def test_nearly_every_appeal_reads_differently_and_every_leaf_occurs(year):
    assert len({appeal.body for appeal in year}) > 2500
    assert {appeal.category for appeal in year} == {leaf.code for leaf in LEAVES}


def test_there_are_templates_enough_and_no_slot_stays_unfilled(year):
    assert len(read("appeals")["templates"]) >= 120
    assert not [appeal for appeal in year if re.search(r"[{}]", appeal.title + appeal.body + appeal.wish)]


def test_a_confidential_caller_is_not_named_in_the_text(year):
    confidential = [appeal for appeal in year if appeal.is_confidential and appeal.enterprise]
    assert len(confidential) > 40
    assert not [appeal for appeal in confidential if appeal.enterprise.name in appeal.body]


def test_an_anonymous_caller_leaves_nothing_to_call_back(year):
    anonymous = [appeal for appeal in year if appeal.is_anonymous]
    assert anonymous
    for appeal in anonymous:
        assert (appeal.contact_name, appeal.contact_phone, appeal.enterprise) == ("", "", None)
        assert not appeal.wants_callback


def test_complained_of_units_exist_and_have_a_supervisor(year):
    units = {appeal.respondent for appeal in year if appeal.respondent_kind == "UNIT"}
    assert len(units) > 10
    assert units <= UNIT_BY_CODE.keys()


def test_appeals_of_platforms_keep_a_number_and_others_have_none(year):
    platforms = {source.code for source in SOURCES if source.is_platform}
    assert all((appeal.external_no is not None) == (appeal.source in platforms) for appeal in year)


def test_sources_are_thirteen_and_their_shares_make_a_thousand():
    assert len({source.code for source in SOURCES}) == 13
    assert sum(source.share for source in SOURCES) == 1000


# --- what the others write


@pytest.mark.parametrize("top", LEVEL_ONE, ids=lambda category: category.name)
def test_every_level_one_category_has_several_replies_without_open_slots(top):
    texts = {reply(random.Random(seed), top.code + "0101", UNIT_BY_CODE["SJJ"]) for seed in range(60)}
    assert len({text.public_text for text in texts}) >= 3
    assert len({text.internal_note for text in texts}) >= 2
    assert len({text.legal_basis for text in texts}) >= 2
    assert not [text for text in texts if re.search(r"[{}]", text.public_text)]


@pytest.mark.parametrize("step", CODED_STEPS)
def test_phrases_carry_the_tickets_own_reason_codes(step):
    rows = read("replies")["phrases"][step]
    assert {row["code"] for row in rows} <= set(CODED_STEPS[step])
    assert phrase(random.Random(1), step, rows[-1]["code"]).code == rows[-1]["code"]


@pytest.mark.parametrize("code", codes.ObjectionReason)
def test_every_objection_names_a_basis(code):
    assert phrase(random.Random(1), "objection", code).basis


@pytest.mark.parametrize(
    "step",
    ["interim", "review_return", "callback_satisfied", "callback_dissatisfied", "callback_unreached", "supervise"],
)
def test_remarks_vary(step):
    texts = {remark(random.Random(seed), step) for seed in range(40)}
    assert len(texts) >= 3


def test_categories_stand_in_the_order_of_their_codes():
    assert all(one.code < other.code for one, other in pairwise(CATEGORIES))
