"""Random histories through `perform()` against a model that shares nothing with the house."""

import os
import time
from collections import Counter

from tests.city import City
from tests.histories.play import theatre

SECONDS = 6.0
FEWEST = 8


def test_any_history_goes_as_an_independent_model_tells_it(sqlite_city: City) -> None:
    """As many histories as fit into some seconds; `scripts/histories` plays a hundred thousand."""
    until, tally, played = time.monotonic() + SECONDS, Counter[str](), 0
    first = int(os.environ.get("HISTORY_SEED", "1"))
    with theatre(sqlite_city.database, sqlite_city.category) as play:
        while played < FEWEST or time.monotonic() < until:
            tally += play(first + played)
            played += 1
    assert {"dispatch", "object", "request_extension", "merge", "new_profile", "hand_over"} <= set(tally)
