"""A short form of `scripts/races`; the full one has fifty processes."""

import json
import subprocess
import sys

from tests.meta.tree import ROOT


def test_of_several_processes_one_dispatches_each_ticket_and_each_rung_fires_once() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "races"), "--processes", "4", "--tickets", "4"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    line = json.loads(ran.stdout)
    assert (line["won"], line["lost"], line["leads"], line["troubles"]) == (4, 12, 4, {})
    assert line["firings"] >= 4
