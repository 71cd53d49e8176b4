"""A file over HTTP becomes entries as on the page: previewed by a dry run, stored as a whole, refused in words."""

import io
from typing import Any

from sqlalchemy import select

from hotline.knowledge.models import KbEntryVersion, VersionStatus
from tests.api.client import Api

POLICY = """临海湾市夜间经济扶持办法
临商发〔2026〕7号
第一条 为支持(chí)夜间经济，制定本办法。
第二条 夜间经营商户每户补贴三千元。
第三条 本办法自2026年3月1日起施行。
"""


def sent(api: Api, login: str, content: bytes = POLICY.encode(), key: str = "", **form: Any) -> Any:
    data = {"unit_code": "GXJ", "file": (io.BytesIO(content), "办法.txt"), **form}
    headers = {"Idempotency-Key": key} if key else {}
    return api.call(login, "/knowledge/imports", method="POST", data=data, headers=headers)


def statuses(api: Api) -> list[VersionStatus]:
    with api.city.database.transaction(write=False) as session:
        return list(session.scalars(select(KbEntryVersion.status)))


def test_a_dry_run_tells_clauses_and_mends_and_stores_nothing(api: Api) -> None:
    said = sent(api, "kb1", dry_run="true").json
    assert (said["doc_number"], said["repairs"], said["doubts"]) == ("临商发〔2026〕7号", {"pinyin": 1}, [])
    assert [entry["place"] for entry in said["entries"]] == ["第一条", "第二条", "第三条"]
    assert statuses(api) == []


def test_an_import_is_stored_once_for_a_key(api: Api) -> None:
    first = sent(api, "kb1", key="k1", publishes="true")
    assert first.status_code == 201, first.text
    assert sent(api, "kb1", key="k1", publishes="true").json == first.json
    assert statuses(api) == [VersionStatus.PUBLISHED] * 3
    assert len(sent(api, "kb1").json["duplicates"]) == 3


def test_what_may_not_be_published_is_refused_whole(api: Api) -> None:
    template = POLICY.replace("三千元", "XX元").encode()
    assert sent(api, "kb1", template, publishes="true").json["code"] == "template_not_published"
    assert sent(api, "gxj.handler", publishes="true").json["code"] == "role_refused"
    assert sent(api, "gxj.handler", unit_code="KCJ").status_code == 409
    assert sent(api, "agent1").status_code == 403
    assert sent(api, "kb1", b"").json["code"] == "file_empty"
    assert api.post("kb1", "/knowledge/imports", unit_code="GXJ").status_code == 422
    assert statuses(api) == []
    assert sent(api, "gxj.handler").status_code == 201
    assert statuses(api) == [VersionStatus.DRAFT] * 3
