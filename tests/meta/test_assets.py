import hashlib
import json
import re

import pytest

from tests.meta.tree import ROOT, files

STATIC = ROOT / "hotline" / "web" / "static"
VENDOR = STATIC / "vendor"
OUTSIDE = re.compile(
    r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//|url\(\s*["']?(?:https?:)?//|@import|importScripts"""
)
"""A page, style sheet or script that would make the browser ask another host."""


@pytest.fixture(scope="module")
def manifest() -> list[dict[str, str]]:
    loaded: list[dict[str, str]] = json.loads((VENDOR / "manifest.json").read_text())
    return loaded


def test_each_third_party_file_is_what_the_manifest_says(manifest: list[dict[str, str]]) -> None:
    for entry in manifest:
        assert hashlib.sha256((VENDOR / entry["file"]).read_bytes()).hexdigest() == entry["sha256"], entry["file"]


def test_the_manifest_names_every_third_party_file_and_its_licence(manifest: list[dict[str, str]]) -> None:
    shipped = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    apart = {name for name in shipped if name.startswith("licences/")}
    assert shipped - apart == {entry["file"] for entry in manifest} | {"manifest.json"}
    assert all(entry["licence"] and list((VENDOR / "licences" / entry["name"]).iterdir()) for entry in manifest)


def test_third_party_files_have_the_versions_of_the_lock_file(manifest: list[dict[str, str]]) -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for entry in manifest:
        assert entry["version"] == packages[f"node_modules/{entry['name']}"]["version"]


def test_pages_use_no_third_party_file_that_is_not_there() -> None:
    wanted = re.compile(r"vendor/([\w./-]+\.(?:js|css|woff2)\b)")
    pages = [path for path in files("hotline") if path.suffix in {".html", ".css", ".js", ".py"}]
    named = {name for path in pages for name in wanted.findall(path.read_text())}
    assert {name for name in named if not (VENDOR / name).exists()} == set()


def test_no_page_asks_another_host() -> None:
    pages = [path for path in files("hotline") if path.suffix in {".html", ".css", ".js"}]
    leaks = [str(path.relative_to(ROOT)) for path in pages if OUTSIDE.search(path.read_text())]
    assert leaks == []
