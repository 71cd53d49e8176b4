"""The line learns from its closed tickets, and knows which open tickets are alike, in every process."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from hotline.dispatch import learning
from hotline.dispatch.learning import Models, advise, examples
from hotline.ticket import similar as ticket_similar
from hotline.ticket.similar import SimilarTickets
from knowledge_base.segment import Segmenter
from tests.city import City

CUT = Segmenter().once
LOAN, ROAD = "040201", "010102"
LOAN_TEXTS = ["设备贷款贴息怎么申请", "技改贷款贴息多少", "贷款利息补贴到账时间", "银行贷款到期续贷"]
ROAD_TEXTS = ["营业执照变更怎么办", "公司注册地址变更登记", "注销登记需要什么材料", "营业执照遗失补办"]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small city's worth of tickets is enough here."""
    monkeypatch.setattr(learning, "FEWEST", 4)


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return Models(tmp_path / "models", CUT)


def answered(city: City, texts: Sequence[str], category: str) -> list[str]:
    """Tickets that the desk answered itself: closed at once."""
    answer = {"public_text": "已答复", "legal_basis": "依据", "wants_callback": False}
    return [
        city.register(
            "agent1", "answer", title=text, body=text, category_code=category, appeal_type="CONSULTATION", **answer
        )
        for text in texts
    ]


def lesson(city: City, models: Models) -> learning.Learned:
    with city.database.transaction(write=False) as session:
        return models.learn(session, city.now)


def category_of(city: City, models: Models, text: str) -> str | None:
    with city.database.transaction(write=False) as session:
        found = advise(session, models, "category", text, city.now.date())
        return found.options[0].row.code if found else None


@pytest.mark.usefixtures("few")
def test_what_was_closed_teaches_the_category_and_every_process_follows(city: City, models: Models) -> None:
    other_process = Models(models.folder, CUT)
    assert category_of(city, other_process, LOAN_TEXTS[0]) is None
    answered(city, LOAN_TEXTS, LOAN)
    answered(city, ROAD_TEXTS, ROAD)
    learned = lesson(city, models)
    assert learned.examples["category"] == 8
    assert category_of(city, other_process, "想申请贷款贴息") == LOAN
    assert category_of(city, other_process, "营业执照怎么变更") == ROAD
    assert category_of(city, other_process, "  ") is None


@pytest.mark.usefixtures("few")
def test_a_later_lesson_replaces_the_first_and_old_files_go(city: City, models: Models) -> None:
    answered(city, LOAN_TEXTS, LOAN)
    for _ in range(4):
        lesson(city, models)
        city.now += timedelta(hours=24)
    assert len({file.name.partition("-")[0] for file in models.folder.glob("*.npz")}) == learning.KEPT
    assert json.loads((models.folder / "current").read_text())["version"] in {
        file.name.partition("-")[0] for file in models.folder.glob("*.npz")
    }


@pytest.mark.usefixtures("few")
def test_a_lesson_is_fresh_for_a_day_and_a_damaged_pointer_or_file_only_silences_it(city: City, models: Models) -> None:
    answered(city, LOAN_TEXTS, LOAN)
    assert not models.is_fresh(city.now)
    learned = lesson(city, models)
    assert models.is_fresh(city.now + timedelta(hours=1))
    assert not models.is_fresh(city.now + timedelta(hours=21))
    (models.folder / f"{learned.version}-category.npz").write_bytes(b"spoilt")
    assert category_of(city, Models(models.folder, CUT), LOAN_TEXTS[0]) is None
    (models.folder / "current").write_text("{}")
    assert Models(models.folder, CUT).learned() is None


def test_too_few_tickets_teach_nothing(city: City, models: Models) -> None:
    answered(city, LOAN_TEXTS, LOAN)
    assert lesson(city, models).examples == {}


def test_an_upheld_objection_teaches_the_unit_at_once_and_confidential_texts_teach_nothing(city: City) -> None:
    number = city.register(title="设备贴息")
    city.register(title="保密的事", is_confidential=True)
    city.do("dispatch1", "dispatch", number, unit_code="JRJ")
    with city.database.transaction(write=False) as session:
        assert examples(session, CUT)["unit"] == []
    grounds = {"reason": "NOT_OUR_DUTY", "legal_basis": "三定方案", "text": "属工信局职责"}
    city.do("jrj.handler", "object", number, suggested_unit_code="GXJ", **grounds)
    city.do("dispatch1", "redispatch", number, unit_code="GXJ", text="退单理由成立")
    with city.database.transaction(write=False) as session:
        assert [label for _, label in examples(session, CUT)["unit"]] == ["GXJ"]
        assert examples(session, CUT)["category"] == []


def found(city: City, similar: SimilarTickets, login: str, text: str, **how: object) -> list[str]:
    with city.database.transaction(write=False) as session:
        return [one.ticket.no for one in similar.find(session, city.actor(login), city.now, text, **how)]


def test_a_new_ticket_is_found_by_its_text_in_a_process_that_did_not_make_it(city: City) -> None:
    similar = SimilarTickets(CUT)
    noise = {"title": "搅拌厂噪音扰民", "body": "丽发新城附近修建搅拌厂，噪音灰尘严重"}
    assert found(city, similar, "agent1", noise["body"]) == []
    number = city.register(**noise)
    city.register(title="出口退税", body="出口退税进度查询，已申报三个月")
    assert found(city, similar, "agent1", "丽发新城旁边的搅拌厂噪音太大") == [number]


def test_a_closed_ticket_an_old_one_and_the_ticket_itself_are_not_found(city: City) -> None:
    similar = SimilarTickets(CUT)
    text = "丽发新城附近修建搅拌厂，噪音灰尘严重"
    number = city.register(title="搅拌厂噪音扰民", body=text)
    with city.ticket(number) as (_, ticket):
        assert found(city, similar, "agent1", text, but=ticket.id) == []
    city.now += timedelta(days=91)
    assert found(city, similar, "agent1", text) == []


def test_what_an_actor_may_not_see_is_not_found_by_its_text(city: City) -> None:
    similar = SimilarTickets(CUT)
    text = "丽发新城附近修建搅拌厂，噪音灰尘严重"
    number = city.register(title="搅拌厂", body=text, appeal_type="TIP_OFF")
    assert found(city, similar, "dispatch1", text) == [number]
    assert found(city, similar, "jrj.handler", text) == []


def test_more_than_a_batch_is_taken_in_by_the_following_questions(city: City) -> None:
    similar = SimilarTickets(CUT)
    for number in range(5):
        city.register(title=f"第{number}件", body="园区道路积水")
    with city.database.transaction(write=False) as session:
        assert [similar.follow(session, city.now, most=2) for _ in range(4)] == [2, 2, 1, 0]


def test_a_process_that_starts_reads_in_all_there_are(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticket_similar, "BATCH", 2)
    numbers = [city.register(title=f"第{number}件", body="丽发新城附近搅拌厂噪音") for number in range(5)]
    similar = SimilarTickets(CUT)
    similar.catch_up(lambda: city.database.transaction(write=False), city.now)
    assert sorted(found(city, similar, "agent1", "丽发新城附近搅拌厂噪音")) == numbers


NOISE = "丽发新城附近修建搅拌厂，噪音灰尘严重"


def test_ended_tickets_on_a_hot_matter_do_not_hide_the_open_one(city: City) -> None:
    here, late = SimilarTickets(CUT), SimilarTickets(CUT)
    number = city.register(title="搅拌厂噪音扰民", body=NOISE)
    ended = [city.register(title="搅拌厂噪音扰民", body=NOISE) for _ in range(42)]
    found(city, here, "agent1", NOISE)
    for one in ended:
        city.do("agent1", "withdraw", one, text="来电撤回")
    assert found(city, here, "agent1", NOISE) == found(city, late, "agent1", NOISE) == [number]


def test_tickets_out_of_sight_do_not_hide_the_one_in_sight(city: City) -> None:
    similar = SimilarTickets(CUT)
    number = city.register("agent2", "submit", title="搅拌厂噪音扰民", body=NOISE)
    for _ in range(42):
        city.register("agent2", "submit", title="搅拌厂噪音扰民", body=NOISE, appeal_type="TIP_OFF")
    assert found(city, similar, "agent1", NOISE) == [number]


def test_what_was_reworded_ended_or_reopened_since_is_followed_by_every_process(city: City) -> None:
    similar = SimilarTickets(CUT)
    number = city.register(title="来电反映", body="请回电")
    assert found(city, similar, "agent1", NOISE) == []
    city.do("dispatch1", "return_for_supplement", number, text="请说明事由")
    city.do("agent1", "supplement", number, text=NOISE)
    assert found(city, similar, "agent1", NOISE) == [number]
    city.do("dispatch1", "refuse", number, refusal_reason="LEGAL_ROUTE", legal_route="可起诉")
    assert found(city, similar, "agent1", NOISE) == []
    city.do("super1", "reopen", number, text="重新受理")
    assert found(city, similar, "agent1", NOISE) == [number]
    city.do("dispatch1", "amend", number, title="员工社保断缴如何补缴", text="更正")
    assert found(city, similar, "agent1", "员工社保断缴补缴") == [number]


def test_in_the_place_of_a_merged_ticket_its_master_is_offered_and_before_others(city: City) -> None:
    similar = SimilarTickets(CUT)
    master = city.register(title="环境问题", body="请核查搅拌厂")
    child = city.register(title="搅拌厂噪音扰民", body=NOISE)
    other = city.register(title="搅拌厂噪音扰民", body=NOISE)
    city.do("dispatch1", "merge", child, master_no=master, text="同一事项")
    assert found(city, similar, "agent1", NOISE) == [master, other]
