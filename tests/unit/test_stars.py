"""Groups on one matter: everybody alike to the centre, nobody twice, the same groups whatever the order."""

import random
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.similar import ALIKE, SimilarIndex
from tests.calendars import local

NOW = local("2026-03-25 10:00")
WORDS = [f"词{number}" for number in range(30)]
LEAST = 3
texts = st.lists(st.lists(st.sampled_from(WORDS), max_size=6), max_size=14)


def index(told: list[list[str]]) -> SimilarIndex:
    made = SimilarIndex(100)
    for number, words in enumerate(told):
        made.add(number, NOW, words)
    return made


def alike(made: SimilarIndex, one: int, other: int) -> float:
    """By the words as the index keeps them."""
    left, right = (
        {int(c): float(w) for c, w in zip(made._columns[n], made._weights[n], strict=True)} for n in (one, other)
    )
    return sum(weight * right.get(column, 0.0) for column, weight in left.items())


@settings(deadline=None, max_examples=150)
@given(texts, st.randoms(use_true_random=False))
def test_groups_are_disjoint_around_a_centre_complete_and_independent_of_the_order(
    told: list[list[str]], rng: random.Random
) -> None:
    made, ids = index(told), list(range(len(told)))
    found = made.stars(ids, LEAST)
    members = [one for star in found for one in star.members]
    assert len(members) == len(set(members))
    for star in found:
        assert star.center in star.members
        assert len(star.members) >= LEAST
        assert list(star.members) == sorted(star.members)
        assert all(alike(made, star.center, one) >= ALIKE - 1e-5 for one in star.members if one != star.center)
    left = set(ids) - set(members)
    for one in left:
        assert sum(alike(made, one, other) >= ALIKE + 1e-5 for other in left - {one}) < LEAST - 1
    rng.shuffle(ids)
    assert made.stars([*ids, *ids], LEAST) == found


def test_likeness_does_not_creep_from_one_ticket_to_the_next() -> None:
    chain = [[f"词{number + step}" for step in range(4)] for number in range(0, 12, 2)]
    made = index(chain)
    assert alike(made, 0, 1) >= ALIKE > alike(made, 0, 2)
    found = made.stars(range(6), 3)
    assert [len(star.members) for star in found] == [3, 3]


def test_of_equals_the_oldest_is_the_centre_and_what_is_gone_is_in_no_group() -> None:
    made = index([["搅拌厂", "噪音"]] * 4 + [["退税"]])
    [star] = made.stars(range(5), 3)
    assert (star.center, star.members) == (0, (0, 1, 2, 3))
    made.discard(0)
    assert [star.members for star in made.stars(range(5), 3)] == [(1, 2, 3)]
    made.discard(1)
    assert made.stars(range(5), 3) == []


def test_two_thousand_open_tickets_are_grouped_while_one_waits() -> None:
    rng, made = random.Random(7), SimilarIndex(5000)
    for number in range(2000):
        matter = [f"事{rng.randrange(100)}之{place}" for place in range(12)]
        made.add(number, NOW, [*matter, *(f"词{rng.randrange(5000)}" for _ in range(30))])
    begun = time.process_time()
    made.stars(range(2000), LEAST)
    assert time.process_time() - begun < 3


def test_the_words_that_join_a_group_stand_in_most_of_it() -> None:
    made = index([["搅拌厂", "噪音", "请", "回电"]] * 3)
    texts_ = ["搅拌厂噪音大", "搅拌厂的噪音", "搅拌厂灰尘"]
    assert set(made.joining(["搅拌厂", "噪音", "请", "回电"], texts_)) == {"搅拌厂", "噪音"}
