"""Which entries may be found at all: decided for every document before the best are chosen."""

from __future__ import annotations  # numpy's arrays are generic for the type checker only

from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

NEAR = 0.02
"""What a nearer region is worth, as a share of the best score: it decides between answers that fit equally well."""
UNSET = "-"
"""How a document without a region, audience, … stands in the index."""


@dataclass(frozen=True)
class Filters:
    """Narrow a search down; an empty field does not narrow. Values are those of `index.Doc`.

    regions: region codes, nearest first (district, city, province, nation). Entries of other regions are not found;
        those without a region are, as the farthest.
    audience: at least one of an entry's tags must be among these; an entry without tags is meant for everybody.
    unit_ids, entry_types, categories: the entry's own must be among them.
    """

    public_only: bool = True
    regions: tuple[str, ...] = ()
    unit_ids: frozenset[int] = frozenset()
    audience: frozenset[str] = frozenset()
    entry_types: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Allowed:
    """For each of `d` documents: mask bool[d], may it be found; nearness float32[d] from 0 to 1, or None for all."""

    mask: NDArray[np.bool_]
    nearness: NDArray[np.float32] | None


class Columns(Protocol):
    """What the filters need of a snapshot."""

    live: NDArray[np.bool_]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]

    def having(self, field: str, term: str) -> NDArray[np.uint32]:
        """The documents with this value."""


def allow(columns: Columns, on: date, filters: Filters) -> Allowed:
    """What may be found on a day; an entry's first and last day are in force."""
    day = on.toordinal()
    mask = columns.live & (columns.starts <= day) & (day <= columns.ends)
    if filters.public_only:
        mask &= _any(columns, "is_public", ["1"])
    for field, wanted, lenient in (
        ("region", filters.regions, True),
        ("audience", filters.audience, True),
        ("unit", filters.unit_ids, False),
        ("type", filters.entry_types, False),
        ("category", filters.categories, False),
    ):
        if wanted:
            mask &= _any(columns, field, [*map(str, wanted), *([UNSET] if lenient else [])])
    return Allowed(mask, _nearness(columns, filters.regions))


def _any(columns: Columns, field: str, values: list[str]) -> NDArray[np.bool_]:
    mask = np.zeros(len(columns.live), dtype=np.bool_)
    for value in values:
        mask[columns.having(field, value)] = True
    return mask


def _nearness(columns: Columns, regions: tuple[str, ...]) -> NDArray[np.float32] | None:
    if len(regions) < 2:
        return None
    near = np.zeros(len(columns.live), dtype=np.float32)
    for place, code in enumerate(regions):
        near[columns.having("region", code)] = 1 - place / len(regions)
    return near
