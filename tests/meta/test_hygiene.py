import json
import re
from importlib.metadata import requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.meta.tree import ROOT, files

TEXT = {".py", ".md", ".cfg", ".toml", ".json", ".txt", ".html", ".css", ".js", ".mako", ".yml", ".yaml", ".svg", ""}
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:root|home|work)/\w")
"""A folder of somebody's machine, written into the code."""


def texts() -> list[tuple[str, str]]:
    found = [path for path in files() if path.suffix in TEXT]
    return [(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in found]


def dependencies() -> list[list[str]]:
    """The dependency lists of setup.cfg, each with its comments and blank lines left out by nobody."""
    lines = (ROOT / "setup.cfg").read_text().splitlines()
    heads = [
        number for number, line in enumerate(lines) if re.fullmatch(r"(install_requires|test|check|assets) =", line)
    ]
    return [_indented(lines[number + 1 :]) for number in heads]


def _indented(lines: list[str]) -> list[str]:
    end = next((number for number, line in enumerate(lines) if not line.startswith("    ")), len(lines))
    return [line.strip() for line in lines[:end]]


def pinned() -> dict[str, str]:
    """name → version, of setup.cfg and of the constraints file."""
    constraints = (ROOT / "requirements" / "constraints.txt").read_text().splitlines()
    lines = [line for group in [*dependencies(), constraints] for line in group if line and not line.startswith("#")]
    parsed = [Requirement(line) for line in lines]
    return {canonicalize_name(one.name): str(one.specifier).removeprefix("==") for one in parsed}


def brought_along(name: str, extras: frozenset[str], seen: set[tuple[str, frozenset[str]]]) -> None:
    """Collect what a distribution needs on this machine, and what that needs."""
    if (name, extras) in seen:
        return
    seen.add((name, extras))
    for text in requires(name) or ():
        need = Requirement(text)
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras | {""}):
            brought_along(canonicalize_name(need.name), frozenset(need.extras), seen)


def test_every_dependency_is_pinned_also_those_of_dependencies() -> None:
    seen: set[tuple[str, frozenset[str]]] = set()
    brought_along("hotline", frozenset({"test"}), seen)
    names = {name for name, _ in seen} - {"hotline"}
    assert len(names) > 30
    assert {name: version(name) for name in names if pinned().get(name) != version(name)} == {}


def test_every_dependency_says_why_it_is_there() -> None:
    for group in dependencies():
        assert group, "the list is empty or was not found"
        assert group[0].startswith("# ")
        assert all("==" in line for line in group if not line.startswith("#"))
    named = sum(not line.startswith("#") for group in dependencies() for line in group)
    reasons = sum(line.startswith("#") for group in dependencies() for line in group)
    assert reasons >= 0.75 * named, "one reason may serve two neighbours, no more"


def test_lock_files_name_no_host_to_fetch_from() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert all("integrity" in package for name, package in lock["packages"].items() if name)
    for name in ("requirements/constraints.txt", ".npmrc", "package.json", "setup.cfg", "scripts/prepare"):
        assert "://" not in (ROOT / name).read_text(), name


def test_browser_packages_have_exact_versions() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())
    for version_wanted in [*wanted["dependencies"].values(), *wanted["devDependencies"].values()]:
        assert re.fullmatch(r"\d+\.\d+\.\d+", version_wanted)


def test_nothing_names_a_folder_of_the_machine_it_was_written_on() -> None:
    own = {str(ROOT), str(Path.home())} - {"/", "/root"}
    leaks = [name for name, text in texts() if MACHINE_PATH.search(text) or any(folder in text for folder in own)]
    assert leaks == []


def test_nothing_that_is_built_or_kept_at_run_time_is_committed() -> None:
    kept = re.compile(r"(^|/)(\.venv|var|node_modules|vendor|__pycache__)/|\.(sqlite3|key|sock|pyc|log)$")
    assert [name for name in (str(path.relative_to(ROOT)) for path in files()) if kept.search(name)] == []


def test_text_files_end_with_one_newline() -> None:
    wrong = [name for name, text in texts() if text and (not text.endswith("\n") or text.endswith("\n\n"))]
    assert wrong == []


@pytest.mark.parametrize("name", ["scripts/run", "scripts/test", "scripts/check", ".ci/run"])
def test_the_commands_can_be_called(name: str) -> None:
    assert (ROOT / name).stat().st_mode & 0o111
