"""The chaos run, short: what is killed, flushed and restarted fires every clock once and none early."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHAOS = Path(__file__).parents[2] / "scripts" / "chaos"


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_nothing_is_lost_doubled_or_early_while_everything_is_killed(kind: str) -> None:
    done = subprocess.run(
        [sys.executable, CHAOS, "--short", "--database", kind], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert (found["clocks"], found["never"], found["twice"], found["early"]) == (150, 0, 0, 0)
    assert sum(found["kills"].values()) >= 3
