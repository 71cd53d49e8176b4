"""Chinese numbers as documents count with them."""

from functools import lru_cache

_DIGITS = "〇一二三四五六七八九"
_LIMIT = 1000


def chinese(number: int) -> str:
    """1…9999 as written in documents: 十二, 一百零三."""
    parts, gap = "", False
    for power, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // power % 10
        if digit:
            parts += ("零" if gap and parts else "") + _DIGITS[digit] + unit
        gap = digit == 0
    return parts[1:] if 10 <= number < 20 else parts


def value(written: str) -> int | None:
    """The number of "十二", "两" or "12", up to 999; None for anything else."""
    if written.isascii() and written.isdigit():
        return int(written)
    return _values().get(written.replace("两", "二"))


@lru_cache(maxsize=1)
def _values() -> dict[str, int]:
    return {chinese(number): number for number in range(1, _LIMIT)}
