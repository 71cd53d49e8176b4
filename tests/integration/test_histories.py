"""Random histories through `perform()` against a model that shares nothing with the house."""

import os
import time
from collections import Counter

from tests.city import City
from tests.histories.play import LEAVES
from tests.histories.theatre import theatre

SECONDS = 6.0
FEWEST = 4


def test_any_history_goes_as_an_independent_model_tells_it(sqlite_city: City) -> None:
    """As many histories as fit into some seconds; `scripts/histories` plays a hundred thousand."""
    until, tally, prints, seeds = time.monotonic() + SECONDS, Counter[str](), set[int](), 0
    first = int(os.environ.get("HISTORY_SEED", "1"))
    with theatre(sqlite_city.database, sqlite_city.category) as play:
        while seeds < FEWEST or time.monotonic() < until:
            counted, new = play(first + seeds)
            tally, prints, seeds = tally + counted, prints | new, seeds + 1
    assert len(prints) > 0.95 * LEAVES * seeds, "the histories of a seed hardly differ"
    assert {"dispatch", "object", "request_extension", "merge", "new_profile", "hand_over"} <= set(tally)
