"""The repository as git sees it, for tests about the repository itself."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ("hotline", "routing", "knowledge_base", "scripts", "migrations", "tests")


def files(*below: str) -> list[Path]:
    """Every file that is, or would be, committed under the given folders (all without any), except deleted ones."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *below]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def is_python(path: Path) -> bool:
    """By ending, or by the first line for scripts without one."""
    if path.suffix:
        return path.suffix == ".py"
    with path.open("rb") as file:
        return file.readline().startswith(b"#!/usr/bin/env python3")


def python_files() -> list[Path]:
    """Python code of ours; migrations that have landed are history and are kept apart."""
    return [path for path in files(*CODE) if is_python(path) and "versions" not in path.relative_to(ROOT).parts]
