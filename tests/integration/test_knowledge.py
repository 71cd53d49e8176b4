"""Knowledge entries: imported by clause, published in versions that stand for ever, found by who may read them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hotline.accounts.actor import Actor, enterprise
from hotline.accounts.models import Role
from hotline.database import Base
from hotline.directory.models import Unit, UnitKind
from hotline.errors import Invalid, NotFound, TooLarge
from hotline.knowledge import life, queries
from hotline.knowledge.citing import cited
from hotline.knowledge.content import Content, Ownership
from hotline.knowledge.force import State, in_force, state_of
from hotline.knowledge.models import KbEntry, KbEntryVersion, VersionStatus
from hotline.knowledge.operations import MAX_TEXT, create_entry, import_text, publish_version

NOW = datetime(2025, 4, 1, 1, 0, tzinfo=UTC)
TODAY = date(2025, 4, 1)
EDITOR = Actor(name="编辑甲", roles=frozenset({Role.KB_EDITOR}))
AGENT = Actor(name="话务员甲", roles=frozenset({Role.AGENT}))
POLICY = """临府办〔2025〕12号
临海湾市设备购置贷款贴息实施办法
第一条 为支持企业更新设备，制定本办法。
第二条 贴息标准。按实际利息的百分之五十贴息。
第三条 本办法自2025年4月1日起施行，有效期至2027年3月31日。
"""


@pytest.fixture
def session():
    """An empty database with one unit; nothing is committed."""
    engine = create_engine("sqlite://")
    event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA foreign_keys=ON"))
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(
            Unit(
                id=1, code="GXJ", name="临海湾市工业和信息化局", short_name="市工信局", path="/1/", kind=UnitKind.BUREAU
            )
        )
        session.flush()
        yield session
    engine.dispose()


def imported(session, text=POLICY, **given):
    return import_text(session, text, Ownership(unit_id=1), author_id=None, now=NOW, **given)


def made(session, *, is_public=True, **changes):
    content = Content(**{"title": "贴息标准", "full_text": "百分之五十。", "effective_from": TODAY, **changes})
    return create_entry(session, content, Ownership(unit_id=1, is_public=is_public), author_id=None, now=NOW)


def withdraw(session, entry):
    life.withdraw(session, entry, entry.versions[-1], {"text": "有误"}, EDITOR, NOW)


def answers(session, on, *, public_only=False):
    rows = session.scalars(in_force(on, public_only=public_only))
    return {(version.entry_id, version.version) for version in rows}


def test_a_policy_becomes_one_entry_for_each_article_with_its_place_number_and_dates(session):
    entries = imported(session).created
    assert [entry.code for entry in entries] == ["KB-000001", "KB-000002", "KB-000003"]
    version = queries.entry(session, entries[1].id, actor=AGENT)
    assert version.title == "临海湾市设备购置贷款贴息实施办法 第二条 贴息标准"
    assert (version.place, version.doc_number) == ("第二条", "临府办〔2025〕12号")
    assert (version.effective_from, version.expires_at) == (date(2025, 4, 1), date(2027, 3, 31))
    assert (version.published_at, version.entry.type.label) == (NOW, "政策")


def test_what_the_importer_gives_wins_over_what_the_text_says(session):
    (entry, *_) = imported(
        session, doc_number="临府办[2026]１号", effective_from=date(2026, 1, 1), title="新标题"
    ).created
    version = queries.replay(session, entry.id, 1)
    assert (version.doc_number, version.effective_from) == ("临府办〔2026〕1号", date(2026, 1, 1))
    assert version.source_title == "新标题"


def test_a_document_imported_twice_is_skipped_and_named_also_when_printed_differently(session):
    imported(session)
    again = imported(session, POLICY.replace("设备", "設備").replace("\n", "\n\n"))
    assert again.created == []
    assert len(again.duplicates) == 3
    assert session.scalar(select(func.count(KbEntry.id))) == 3


def test_a_withdrawn_document_may_be_imported_again(session):
    for entry in imported(session).created:
        withdraw(session, entry)
    assert len(imported(session).created) == 3


@pytest.mark.parametrize(
    ("text", "field"),
    [("", "text"), ("第一条 贴息。", "title"), ("临海湾市贴息办法\n第一条 贴息。", "effective_from")],
)
def test_what_the_text_does_not_tell_is_asked_for_by_field(session, text, field):
    with pytest.raises(Invalid) as refused:
        imported(session, text)
    assert refused.value.field == field
    assert session.scalar(select(func.count(KbEntry.id))) == 0


def test_an_endless_text_is_refused_in_words(session):
    with pytest.raises(TooLarge, match="200 万字"):
        imported(session, "条" * (MAX_TEXT + 1))


def test_unreadable_characters_never_reach_the_database(session):
    entry = made(session, title="贴息\x00标准", full_text="百分\u200b之五十\x00。")
    version = queries.replay(session, entry.id, 1)
    assert (version.title, version.full_text) == ("贴息标准", "百分之五十。")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " \x00"}, "title"),
        ({"full_text": ""}, "full_text"),
        ({"title": "长" * 201}, "title"),
        ({"doc_number": "长" * 81}, "doc_number"),
        ({"expires_at": TODAY - timedelta(days=1)}, "expires_at"),
    ],
)
def test_content_that_breaks_a_rule_is_refused_at_its_field(session, changes, field):
    with pytest.raises(Invalid) as refused:
        made(session, **changes)
    assert refused.value.field == field


def test_a_new_version_leaves_the_old_one_to_be_replayed(session):
    entry = made(session)
    second = Content(title="贴息标准", full_text="百分之六十。", effective_from=TODAY)
    assert publish_version(session, entry, second, author_id=None, now=NOW).version == 2
    assert queries.replay(session, entry.id, 1).full_text == "百分之五十。"
    assert queries.entry(session, entry.id, actor=AGENT).full_text == "百分之六十。"


def test_a_version_that_stands_cannot_be_rewritten(session):
    made(session).versions[0].full_text = "改写历史"
    with pytest.raises(RuntimeError, match="publish a new one"):
        session.flush()


def test_a_version_that_stands_cannot_be_deleted(session):
    session.delete(made(session).versions[0])
    with pytest.raises(RuntimeError, match="publish a new one"):
        session.flush()


def test_the_database_refuses_a_second_version_of_the_same_number(session):
    entry = made(session)
    columns = {"title": "贴息", "full_text": "贴息", "effective_from": TODAY, "content_hash": "0" * 64}
    again = KbEntryVersion(entry_id=entry.id, version=1, published_at=NOW, status=VersionStatus.PUBLISHED, **columns)
    session.add(again)
    with pytest.raises(IntegrityError):
        session.flush()


def test_the_version_before_answers_until_the_new_one_begins(session):
    entry = made(session)
    tomorrow = TODAY + timedelta(days=1)
    later = Content(title="贴息标准", full_text="百分之六十。", effective_from=tomorrow)
    publish_version(session, entry, later, author_id=None, now=NOW)
    assert answers(session, TODAY) == {(entry.id, 1)}
    assert answers(session, tomorrow) == {(entry.id, 2)}
    assert [state_of(version, TODAY) for version in entry.versions] == [State.IN_FORCE, State.UPCOMING]
    assert [state_of(version, tomorrow) for version in entry.versions] == [State.REPLACED, State.IN_FORCE]


def test_the_last_day_is_in_force_and_the_next_is_not(session):
    entry = made(session, expires_at=TODAY)
    assert answers(session, TODAY) == {(entry.id, 1)}
    assert answers(session, TODAY + timedelta(days=1)) == set()
    assert state_of(entry.versions[0], TODAY + timedelta(days=1)).label == "已失效"


def test_a_withdrawn_entry_answers_nothing_but_its_citations_still_read(session):
    entry = made(session)
    withdraw(session, entry)
    assert answers(session, TODAY) == set()
    assert queries.replay(session, entry.id, 1).full_text == "百分之五十。"
    assert state_of(entry.versions[0], TODAY) is State.WITHDRAWN
    with pytest.raises(NotFound):
        queries.entry(session, entry.id, actor=None)


def test_a_withdrawn_entry_is_published_again_by_its_next_version(session):
    entry = made(session)
    withdraw(session, entry)
    again = Content(title="贴息标准", full_text="恢复。", effective_from=TODAY)
    publish_version(session, entry, again, author_id=None, now=NOW)
    assert entry.is_live
    assert answers(session, TODAY) == {(entry.id, 2)}


@pytest.mark.parametrize("reader", [None, enterprise(7)])
def test_an_internal_entry_is_not_there_for_the_public_and_for_enterprises(session, reader):
    entry = made(session, is_public=False)
    assert queries.entry(session, entry.id, actor=AGENT).entry_id == entry.id
    assert answers(session, TODAY, public_only=True) == set()
    with pytest.raises(NotFound) as hidden:
        queries.entry(session, entry.id, actor=reader)
    with pytest.raises(NotFound) as absent:
        queries.entry(session, 999, actor=reader)
    assert hidden.value.payload() == absent.value.payload()


def test_a_citation_names_entry_version_title_and_number(session):
    entry = made(session, doc_number="临府办[2025]12号")
    publish_version(session, entry, Content("新标题", "新正文", TODAY), author_id=None, now=NOW)
    named = cited(session, [f"{entry.id}:1", f"{entry.id}:1", entry.code.lower()], TODAY)
    assert [(one.version, one.title) for one in named] == [(1, "贴息标准"), (2, "新标题")]
    assert named[0].doc_number == "临府办〔2025〕12号"


@pytest.mark.parametrize("version", [0, 9])
def test_a_citation_of_nothing_is_refused(session, version):
    entry = made(session)
    with pytest.raises(NotFound):
        cited(session, [f"{entry.id}:{version}"], TODAY)


def test_a_code_that_answers_nothing_today_is_no_basis(session):
    tomorrow = Content("明日生效", "正文", TODAY + timedelta(days=1))
    entry = create_entry(session, tomorrow, Ownership(unit_id=1), author_id=None, now=NOW)
    for code in (entry.code, "KB-999999"):
        with pytest.raises(Invalid) as refused:
            cited(session, [code], TODAY)
        assert refused.value.field == "citations"


def test_a_version_that_never_was_is_not_found(session):
    with pytest.raises(NotFound):
        queries.replay(session, made(session).id, 2)
