import json
import subprocess
import sys
from pathlib import Path

import pytest

WORKDAYS = {"tz": "Asia/Shanghai", "weekly": {"mon": [["08:30", "12:00"]]}}
MONDAY = {"id": "monday", "kind": "is_workday", "calendar": WORKDAYS, "date": "2026-06-08", "expected": True}
SUNDAY = {"id": "sunday", "kind": "is_workday", "calendar": WORKDAYS, "date": "2026-06-07", "expected": True}

ALONE = """
import sys
for name in ("flask", "sqlalchemy", "redis", "rq", "psycopg"):
    sys.modules[name] = None  # importing it fails
from hotline.cli import main
main()
"""


def evaluate(file: Path) -> "subprocess.CompletedProcess[str]":
    """`hotline evaluate calendar FILE` on a machine that has neither database nor Redis nor web."""
    command = [sys.executable, "-c", ALONE, "evaluate", "calendar", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("vectors", "failed"), [([MONDAY], []), ([MONDAY, SUNDAY], ["sunday"])])
def test_the_score_is_one_line_of_json_and_a_failure_shows_in_the_exit_code(
    tmp_path: Path, vectors: list[dict[str, object]], failed: list[str]
) -> None:
    file = tmp_path / "vectors.json"
    file.write_text(json.dumps({"vectors": vectors}))
    done = evaluate(file)
    assert json.loads(done.stdout) == {"total": len(vectors), "passed": 1, "failed": failed}
    assert done.stdout.count("\n") == 1
    assert done.returncode == bool(failed), done.stderr
