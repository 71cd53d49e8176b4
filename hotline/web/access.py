"""Who may open a page. What may be done on it is the table's matter."""

from collections.abc import Collection

from hotline.errors import Forbidden
from hotline.ui.door import Door


def demand(d: Door, roles: Collection[str]) -> None:
    """Let in those who have one of `roles`. Raises Forbidden."""
    if not d.actor.roles & frozenset(roles):
        raise Forbidden("您的岗位不使用这个页面", code="role_refused")
