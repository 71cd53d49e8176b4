"""Entries that an answer cites, as forms show them; what is internal says so."""

from collections.abc import Iterable

from hotline.errors import DomainError
from hotline.knowledge.citing import cited
from hotline.knowledge.models import KbEntryVersion
from hotline.ticket.schemas import BETWEEN
from hotline.ui.door import Door

INNER = "内部，不对外"
"""What marks an entry that no enterprise reads; scripts look for it too."""


def label(version: KbEntryVersion) -> str:
    """What a cited version is called."""
    inner = "" if version.entry.is_public else f" · {INNER}"
    return f"{version.title}（{version.entry.code} 第 {version.version} 版）{inner}"


def labelled(d: Door, values: Iterable[str]) -> list[tuple[str, str]]:
    """(what stands in the form, what it is called) of those that can be cited; the rest is left for the check."""
    found = []
    for value in dict.fromkeys(part for one in values for part in BETWEEN.split(one) if part):
        try:
            [version] = cited(d.session, [value], d.today)
        except (ValueError, DomainError):
            continue
        found.append((value, label(version)))
    return found


def unknown(values: Iterable[str], known: Iterable[tuple[str, str]]) -> str:
    """What was typed and cites nothing, to be shown again as it was typed."""
    parts = (part for one in values for part in BETWEEN.split(one) if part)
    named = {value for value, _ in known}
    return " ".join(part for part in dict.fromkeys(parts) if part not in named)
