"""Which page of a long list, for macro pager."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Pager:
    """`page` counts from 1; `href` gives the address of a page by its number."""

    page: int
    total: int
    size: int
    href: Callable[[int], str]

    @property
    def pages(self) -> int:
        """How many there are, at least one."""
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """The place in the whole list of this page's first row."""
        return (self.page - 1) * self.size + 1

    @property
    def last(self) -> int:
        """The place of its last one."""
        return min(self.page * self.size, self.total)
