"""The demo city's texts and rows as TOML: edited by people who read Chinese, not Python."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def read(name: str) -> dict[str, Any]:
    """The tables of `name`.toml in this folder; treat them as read-only, they are shared."""
    return tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
