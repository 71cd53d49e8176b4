"""The demo city's policies: each is complete, and everyday questions find the article that answers."""

from datetime import date

import pytest

from hotline.demo.city import UNIT_BY_CODE
from hotline.demo.knowledge import POLICIES
from knowledge_base.documents import read
from knowledge_base.index import Doc, build
from knowledge_base.search import search
from knowledge_base.segment import Segmenter
from knowledge_base.snapshot import open_index

SEGMENTER = Segmenter()


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "index"
    documents = [read(policy.read()) for policy in POLICIES]
    clauses = [(document, clause) for document in documents for clause in document.clauses]
    docs = [
        Doc(number, 1, f"{document.title} {clause.place} {clause.heading}", clause.text)
        for number, (document, clause) in enumerate(clauses)
    ]
    build(folder, docs, SEGMENTER)
    return open_index(folder)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_a_demo_policy_tells_all_an_import_needs_and_belongs_to_a_unit(policy):
    document = read(policy.read())
    assert document.title.startswith("临海湾市")
    assert document.doc_number.startswith("临")
    assert document.published_on < document.effective_from
    assert 10 <= len(document.clauses) <= 20
    assert policy.unit_code in UNIT_BY_CODE


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("买设备贷款利息政府补多少", "设备购置贷款贴息实施办法 第七条"),
        ("高企首次认定能拿多少奖励", "高新技术企业认定奖励实施细则 第三条"),
        ("招应届毕业生社保补贴一个月多少钱", "企业招用人员社会保险补贴办法 第四条"),
        ("注册公司刻章要钱吗", "开办企业一日办结服务规程 第八条"),
        ("小微企业用电报装要几天", "水电气网联合报装实施方案 二、（二）1"),
        ("投标保证金还要交吗", "政府采购支持中小企业若干措施 三、（一）"),
        ("大企业欠钱不给去哪里投诉", "拖欠中小企业账款投诉处理规定 第八条"),
        ("环保首次违法轻微会不会处罚", "生态环境领域包容审慎执法事项清单管理规定 第三条"),
        ("危險廢物臺賬不完整會處罰嗎", "生态环境领域包容审慎执法事项清单管理规定 第五条"),
    ],
)
def test_an_everyday_question_finds_its_article_among_the_first_three(snapshot, question, place):
    titles = [hit.title for hit in search(snapshot, SEGMENTER, question, on=date(2026, 6, 1), top=3)]
    assert any(place in title for title in titles), titles
