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


def suggested(folder: Path, *trains: list[object], test: list[object]) -> "subprocess.CompletedProcess[str]":
    """`hotline evaluate suggest` on files of these rows."""
    words = []
    for at, rows in enumerate((*trains, test)):
        file = folder / f"{at}.jsonl"
        file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        words += ["--test" if at == len(trains) else "--train", str(file)]
    command = [sys.executable, "-c", ALONE, "evaluate", "suggest", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_suggestion_is_judged_on_raw_and_on_segmented_texts_from_several_files(tmp_path: Path) -> None:
    raw: dict[str, object] = {"subject": "贷款贴息", "body": "设备贷款贴息怎么申请", "category": "loan"}
    cut: dict[str, object] = {"tokens": ["营业", "执照", "变更", "登记"], "category": "licence"}
    done = suggested(tmp_path, [raw] * 6, [cut] * 6, test=[raw, cut])
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["train"], told["test"], told["accuracy"]) == (12, 2, 1.0)


@pytest.mark.parametrize("bad", [{"subject": "没有分类"}, ["不是对象"], "文字"])
def test_a_file_of_another_shape_is_refused_in_words_with_an_exit_code(tmp_path: Path, bad: object) -> None:
    done = suggested(tmp_path, [bad], test=[bad])
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("文件不能用于检验") and "Traceback" not in done.stderr
