"""The three-level enterprise taxonomy with its owners, as dispatch catalogue rows (rows: data/categories.toml)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from hotline.demo.data import read


@dataclass(frozen=True)
class Category:
    """A node of the taxonomy; `code` has two digits a level, so a child's code begins with its parent's.

    Only leaves (level 3) have an `owner` (主办), `support` (协办) and `by_region` (region code → owner there).
    `initials` are the pinyin initials for type-ahead.
    """

    code: str
    name: str
    initials: str
    level: int
    parent: str | None = None
    owner: str | None = None
    support: tuple[str, ...] = ()
    by_region: dict[str, str] = field(default_factory=dict)

    def owner_in(self, region: str | None) -> str | None:
        """The unit code that owns this category in the region, the city's owner where the region has none."""
        return self.by_region.get(region or "", self.owner)


def _tree() -> Iterator[Category]:
    for top in read("categories")["level1"]:
        yield Category(top["code"], top["name"], top["initials"], 1)
        for middle in top["level2"]:
            yield Category(middle["code"], middle["name"], middle["initials"], 2, top["code"])
            yield from (_leaf(row, middle["code"]) for row in middle["leaves"])


def _leaf(row: dict, parent: str) -> Category:
    by_region = read("categories")["overrides"][row["local"]] if "local" in row else {}
    return Category(
        row["code"], row["name"], row["initials"], 3, parent, row["owner"], tuple(row["support"]), dict(by_region)
    )


CATEGORIES: tuple[Category, ...] = tuple(_tree())
"""Parents stand before their children."""
CATEGORY_BY_CODE: dict[str, Category] = {category.code: category for category in CATEGORIES}
