"""What a process remembers of titles and words: made anew after a change, the old one serving meanwhile."""

import threading
from datetime import date

from hotline.knowledge.suggesting import Kept, State

DAY = date(2026, 3, 18)


def test_a_small_set_is_made_while_one_waits_and_only_after_a_change() -> None:
    made: list[object] = []
    kept = Kept(lambda _, before: made.append(before) or len(made))
    assert [kept.value((number, DAY), is_quick=True) for number in (1, 1, 2)] == [1, 1, 2]
    assert made == [None, 1]


def test_a_large_set_is_made_behind_and_the_old_one_serves_meanwhile() -> None:
    may_go_on, is_made = threading.Event(), threading.Event()

    def make(_: State, before: int | None) -> int:
        may_go_on.wait(10)
        is_made.set()
        return (before or 0) + 1

    kept = Kept(make, rest=0)
    assert kept.value((1, DAY), is_quick=False) is None, "nobody waits"
    may_go_on.set()
    assert is_made.wait(10)
    assert settled(kept, 1) == 1
    may_go_on.clear()
    assert kept.value((2, DAY), is_quick=False) == 1, "what was there goes on serving"
    may_go_on.set()
    assert settled(kept, 2) == 2


def test_between_two_large_sets_there_is_a_rest() -> None:
    kept = Kept(lambda _, before: (before or 0) + 1, rest=3600)
    kept.value((1, DAY), is_quick=False)
    assert settled(kept, 1) == 1
    assert [kept.value((2, DAY), is_quick=False), kept.value((3, DAY), is_quick=False)] == [1, 1]


def settled(kept: Kept[int], number: int) -> int | None:
    """The value once the background has handed it over."""
    for _ in range(1000):
        if (value := kept.value((number, DAY), is_quick=False)) == number:
            return value
        threading.Event().wait(0.005)
    return None
