"""One documented route for each row of a table, from the same dict as the pages."""

from collections.abc import Callable
from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema

from hotline.api.access import bearer
from hotline.errors import NotFound


def route(
    pages: Blueprint, path: str, action: str, label: str, schema: type[Schema], view: Callable[..., Any], status: int
) -> None:
    """A POST route whose body is the action's form. `path` ends in the action, after "new" or "actions"."""
    view.__name__ = name = ("new_" if "/new/" in path else "act_") + action
    view.__doc__ = f"{label}（{action}）"
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    documented = pages.doc(requestBody=body)(pages.response(status)(bearer(view)))
    pages.route(path, methods=["POST"], endpoint=name)(documented)


def refuse_others(pages: Blueprint, subject: str) -> None:
    """Any other action of `subject` (a part of the path, "<no>" or "consultations/<int:advice_id>"): there is none."""

    def unknown_action(action: str, **_: Any) -> None:
        raise NotFound(f"没有“{action}”这个操作", code="unknown_action")

    pages.post(f"/{subject}/actions/<action>")(bearer(pages.response(404)(unknown_action)))
