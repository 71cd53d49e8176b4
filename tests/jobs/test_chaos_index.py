"""The index's chaos run, short: killed writers and damaged files lose no entry and cost no reader an answer."""

import json
import subprocess
import sys
from pathlib import Path

CHAOS = Path(__file__).parents[2] / "scripts" / "chaos_index"


def test_no_entry_is_lost_and_no_reader_gets_an_error() -> None:
    done = subprocess.run(
        [sys.executable, CHAOS, "--short", "--log"], capture_output=True, text=True, check=False, timeout=200
    )
    assert done.stdout, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["kills"] == 2, found
    zero = ("lost", "unanswered", "unmarked", "invisible", "fallen", "errors", "missing")
    assert {name: found[name] for name in zero} == dict.fromkeys(zero, 0), found["log"]
    assert found["answers"] > 100
