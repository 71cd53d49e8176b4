import ast
from pathlib import Path
from statistics import median, quantiles

import pytest

from tests.meta.tree import ROOT, python_files

LONGEST_FILE, LONGEST_TEST_FILE = 300, 400
LONGEST_FUNCTION = 50
MEDIAN, NINE_OF_TEN = 8, 25


def functions(path: Path) -> list[tuple[str, int]]:
    """Name and lines of every function of a file, docstring included."""
    defined = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, defined)]
    return [(f"{path.relative_to(ROOT)}:{node.name}", (node.end_lineno or 0) - node.lineno + 1) for node in nodes]


@pytest.fixture(scope="module")
def lengths() -> dict[str, int]:
    return dict(pair for path in python_files() for pair in functions(path))


def test_no_file_is_too_long_to_read() -> None:
    lines = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in python_files()}
    limit = {path: LONGEST_TEST_FILE if path.parts[0] == "tests" else LONGEST_FILE for path in lines}
    assert {str(path): count for path, count in lines.items() if count > limit[path]} == {}


def test_no_function_is_longer_than_a_screen(lengths: dict[str, int]) -> None:
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def test_most_functions_are_short(lengths: dict[str, int]) -> None:
    ours = [lines for name, lines in lengths.items() if not name.startswith("tests/")]
    assert median(ours) <= MEDIAN
    assert quantiles(ours, n=10)[-1] <= NINE_OF_TEN
