"""Rules on the same matter from different hands stand side by side; the higher one is marked, or else the newer."""

from collections.abc import Sequence
from dataclasses import dataclass

from hotline.knowledge.models import KbEntryVersion
from hotline.knowledge.regions import level_of


@dataclass(frozen=True)
class Precedence:
    """Which entry goes before another, and why: "上级规定" or "较新规定"."""

    code: str
    title: str
    reason: str


def precedence(versions: Sequence[KbEntryVersion]) -> dict[int, Precedence]:
    """entry id → what goes before it, among versions in force that speak about the same matter."""
    found: dict[int, Precedence] = {}
    for one in versions:
        rivals = [other for other in versions if _is_rival(one, other) and _rank(other) < _rank(one)]
        if rivals:
            first = min(rivals, key=_rank)
            is_higher = level_of(first.entry) < level_of(one.entry)
            found[one.entry_id] = Precedence(first.entry.code, first.title, "上级规定" if is_higher else "较新规定")
    return found


def _is_rival(one: KbEntryVersion, other: KbEntryVersion) -> bool:
    """Another document on the same matter: one names the other as related, or levels differ within one category."""
    if one.entry_id == other.entry_id or _document(one) == _document(other):
        return False
    if other.entry.code in one.related or one.entry.code in other.related:
        return True
    same = one.entry.category_id is not None and one.entry.category_id == other.entry.category_id
    return same and one.entry.type == other.entry.type and level_of(one.entry) != level_of(other.entry)


def _document(version: KbEntryVersion) -> str:
    """Clauses of one document never contradict each other."""
    return version.doc_number or version.source_title or version.entry.code


def _rank(version: KbEntryVersion) -> tuple[int, int]:
    """The higher level first, then the newer."""
    return int(level_of(version.entry)), -version.effective_from.toordinal()
