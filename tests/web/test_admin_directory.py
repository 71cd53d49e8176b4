"""单位通讯录: everybody reads, administrators edit, every change is audited, nothing is deleted."""

from pathlib import Path

import pytest
from sqlalchemy import select

from hotline.accounts.actor import actor_of
from hotline.accounts.models import Account, AuditEntry, Post, UnitPost
from hotline.accounts.privacy import mask_name, mask_phone
from hotline.accounts.queries import responsible_for
from hotline.directory.models import Enterprise, Source, Unit
from tests.city import City
from tests.web.client import Desk, app_on

UNIT = {
    "name": "临海湾市低空经济发展中心", "short_name": "低空中心", "kind": "BUREAU", "parent_code": "GXJ",
    "sign_off_levels": "1", "duty_phone": "0499-2103999", "duties": "低空经济企业服务",
}  # fmt: skip
READ = ("/directory", "/directory/units/JRJ", "/directory/regions", "/directory/enterprises", "/directory/sources")


def unit_of(session: object, code: str) -> Unit:
    return session.scalars(select(Unit).filter_by(code=code)).one()  # type: ignore[attr-defined]


def audited(session: object, action: str) -> AuditEntry:
    return session.scalars(select(AuditEntry).filter_by(action=action)).one()  # type: ignore[attr-defined]


def edit(admin: Desk, code: str, **changes: str) -> object:
    """Post a unit's whole form with some changes."""
    admin.get(f"/directory/units/{code}/edit")
    facts = {"name": "临海湾市工业和信息化局", "short_name": "市工信局", "kind": "BUREAU", "sign_off_levels": "1"}
    return admin.post(f"/directory/units/{code}/edit", **{**facts, "parent_code": "SZF", **changes})


@pytest.mark.parametrize("login", ["agent1", "jrj.handler", "expert.tax", "super1"])
def test_all_staff_read_the_directory_and_see_no_way_to_edit_it(city: City, tmp_path: Path, login: str) -> None:
    desk = Desk(app_on(city, tmp_path), login)
    for path in READ:
        assert desk.get(path).status_code == 200, path
        assert "/edit" not in desk.page and "/new" not in desk.page
    for path in ("/directory/units/JRJ/edit", "/directory/units/new", "/directory/sources/new", "/admin/accounts"):
        assert desk.get(path).status_code == 403


def test_the_tree_names_who_answers_for_a_unit(admin: Desk) -> None:
    admin.get("/directory", q="金融")
    assert "俞知航、裴思敏（B角）" in admin.page and "0499-2115001" in admin.page


def test_enterprises_are_found_by_name_code_and_number_and_shown_masked(city: City, admin: Desk) -> None:
    with city.database.transaction(write=False) as session:
        known = session.scalars(select(Enterprise).order_by(Enterprise.id)).first()
    for q in (known.name, known.uscc.lower(), known.contact_phone):
        admin.get("/directory/enterprises", q=q)
        assert known.name in admin.page and "共 1 条" in admin.page, q
        assert mask_phone(known.contact_phone) in admin.page and mask_name(known.contact_name) in admin.page
        page = admin.page.replace(f'value="{q}"', "")  # what was typed stays in the search field
        assert known.contact_phone not in page and known.contact_name not in page
    assert admin.get("/directory/enterprises", q="没有这家").text.count("没有符合的企业") == 1


def test_a_new_unit_stands_in_the_tree_and_in_the_audit(city: City, admin: Desk) -> None:
    admin.get("/directory/units/new")
    assert admin.post("/directory/units/new", code="DKZX", **UNIT).status_code == 303
    with city.database.transaction(write=False) as session:
        made, parent = unit_of(session, "DKZX"), unit_of(session, "GXJ")
        assert made.path == f"{parent.path}{made.id}/"
        entry = audited(session, "unit_added")
        assert entry.subject == "unit:DKZX" and entry.details["after"]["short_name"] == "低空中心"
    assert "已被使用" in admin.post("/directory/units/new", code="DKZX", **UNIT).text


def test_what_is_wrong_with_a_form_is_said_beside_the_field_and_nothing_typed_is_lost(admin: Desk) -> None:
    admin.get("/directory/units/new")
    answer = admin.post("/directory/units/new", **{**UNIT, "code": "有空 格", "name": ""})
    assert answer.status_code == 422
    assert "请填写全称" in answer.text and "只能用字母" in answer.text and 'value="低空中心"' in answer.text


def test_moving_a_unit_takes_all_below_it_along(city: City, admin: Desk) -> None:
    admin.get("/directory/units/new")
    admin.post("/directory/units/new", code="DKZX", **UNIT)
    admin.post("/directory/units/new", code="DKK", **{**UNIT, "parent_code": "DKZX"})
    assert edit(admin, "DKZX", name="低空中心", short_name="低空中心", parent_code="JRJ").status_code == 303
    with city.database.transaction(write=False) as session:
        above, moved, below = (unit_of(session, code) for code in ("JRJ", "DKZX", "DKK"))
        assert below.path == f"{above.path}{moved.id}/{below.id}/"
        leader = session.scalars(select(Account).filter_by(login="jrj.leader")).one()
        assert below.id in actor_of(session, leader).unit_ids


@pytest.mark.parametrize(
    ("field", "sentence"),
    [("parent_code", "上级单位不能是本单位"), ("supervising_unit_code", "监督单位不能是本单位")],
)
def test_a_unit_is_neither_above_itself_nor_its_own_supervisor(admin: Desk, field: str, sentence: str) -> None:
    answer = edit(admin, "GXJ", **{field: "GXJ"})
    assert answer.status_code == 422 and sentence in answer.text  # type: ignore[attr-defined]


def test_a_unit_with_open_tickets_or_people_is_not_closed(city: City, admin: Desk) -> None:
    number = city.register()
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    admin.get("/directory/units/JRJ/close")
    answer = admin.post("/directory/units/JRJ/close", effective_to="2026-03-31")
    assert answer.status_code == 409 and "1 件在办工单" in answer.text
    answer = admin.post("/directory/units/GXJ/close", effective_to="2026-03-31")
    assert "个在用账号" in answer.text


def test_a_closed_unit_ends_on_its_day_and_stays_in_the_table(city: City, admin: Desk) -> None:
    admin.get("/directory/units/new")
    admin.post("/directory/units/new", code="DKZX", **UNIT)
    with city.database.transaction(write=False) as session:
        last = unit_of(session, "DKZX").effective_from
    assert admin.post("/directory/units/DKZX/close", effective_to="2020-01-01").status_code == 422
    assert admin.post("/directory/units/DKZX/close", effective_to=last.isoformat()).status_code == 303
    with city.database.transaction(write=False) as session:
        assert unit_of(session, "DKZX").effective_to == last


def test_a_post_given_anew_ends_the_old_holders_the_day_before(city: City, admin: Desk) -> None:
    admin.get("/directory/units/JRJ/posts")
    form = {"post": "LIAISON", "account_login": "jrj.handler2", "effective_from": "2026-04-01"}
    assert admin.post("/directory/units/JRJ/posts", **form).status_code == 303
    with city.database.transaction(write=False) as session:
        unit = unit_of(session, "JRJ")
        posts = session.scalars(select(UnitPost).filter_by(unit_id=unit.id, post=Post.LIAISON).order_by(UnitPost.id))
        assert [str(row.effective_to) for row in posts] == ["2026-03-31", "None"]
        for day, login in (("2026-03-31", "jrj.handler"), ("2026-04-01", "jrj.handler2")):
            assert responsible_for(session, unit, unit.effective_from.fromisoformat(day)).login == login
        assert audited(session, "post_given").details["after"]["login"] == "jrj.handler2"
    assert admin.post("/directory/units/JRJ/posts", **form).status_code == 409
    stranger = {**form, "account_login": "gxj.handler", "effective_from": "2026-05-01"}
    assert "不是“市金融局”的在岗经办人" in admin.post("/directory/units/JRJ/posts", **stranger).text


def test_a_sources_address_is_http_or_https_or_refused(city: City, admin: Desk) -> None:
    path = "/directory/sources/PROVINCE_PLATFORM/edit"
    admin.get(path)
    form = {"name": "省企业诉求平台", "is_platform": "1", "must_report_back": "1"}
    assert "须以 http:// 或 https://" in admin.post(path, **form, webhook_url="file:///etc/passwd").text
    assert admin.post(path, **form, webhook_url="https://platform.example/status").status_code == 303
    with city.database.transaction(write=False) as session:
        source = session.scalars(select(Source).filter_by(code="PROVINCE_PLATFORM")).one()
        assert source.webhook_url == "https://platform.example/status" and source.must_report_back
        assert audited(session, "source_edited").details["before"]["webhook_url"] is None
