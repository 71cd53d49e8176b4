"""The mutation proof, short: a clock that does not start and a right too many are noticed, and by nothing else."""

import importlib.machinery
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from scripts.faults import FAULTS, Fault

ROOT = Path(__file__).parents[2]
MUTATE = ROOT / "scripts" / "mutate"


@pytest.fixture(scope="module")
def mutate() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("mutate", str(MUTATE))
    spec = importlib.util.spec_from_loader("mutate", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["mutate"] = module
    loader.exec_module(module)
    return module


def test_two_faults_are_noticed_by_exactly_the_tests_that_should() -> None:
    done = subprocess.run([sys.executable, MUTATE, "--short"], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" 0       0\n") == 2


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_still_finds_its_place(fault: Fault) -> None:
    text = (ROOT / fault.file).read_text()
    assert fault.put_into(text) != text
    for name in fault.fails:
        file, _, test = name.partition("::")
        assert f"def {test}(" in (ROOT / "tests" / f"{file}.py").read_text(), name


def test_a_proof_fails_when_a_named_test_passes_another_fails_or_nothing_else_runs(mutate: ModuleType) -> None:
    fault = Fault("x", "x.py", "a", "b", (), ("unit/test_x::test_named",))
    ran = frozenset({"unit/test_x::test_named", "unit/test_x::test_other"})
    named, other = (frozenset({name}) for name in sorted(ran))
    assert mutate.judge(fault, mutate.Run(ran, named)).is_good
    assert mutate.judge(fault, mutate.Run(ran, other)).missed == ["unit/test_x::test_named"]
    assert mutate.judge(fault, mutate.Run(ran, ran)).unexpected == ["unit/test_x::test_other"]
    assert not mutate.judge(fault, mutate.Run(named, named)).is_good


def test_a_fault_whose_place_has_changed_says_so() -> None:
    with pytest.raises(ValueError, match="0 times, not once"):
        Fault("x", "x.py", "gone", "b", (), ()).put_into("text")
