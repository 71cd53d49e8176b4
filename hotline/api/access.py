"""Who calls: a bearer token on every route but the one that gives tokens."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import abort, g, request

from hotline.accounts.operations import account_of_token
from hotline.clock import utcnow
from hotline.errors import Invalid, Unauthenticated
from hotline.idempotency import once
from hotline.ui.door import Door, transaction

View = TypeVar("View", bound=Callable[..., Any])


def json_body() -> dict[str, Any]:
    """The request's JSON object. Raises Invalid for anything else, 415 for another kind of content."""
    if not request.is_json:
        abort(415)
    try:
        payload = request.get_json(silent=True)
    except RecursionError:  # a hundred thousand brackets
        payload = None
    if not isinstance(payload, dict):
        raise Invalid("请求内容须是 JSON 对象", code="json_required")
    return payload


def bearer(view: View) -> View:
    """Let the view run for a good token only: `Authorization: Bearer hl_…`."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise Unauthenticated("请在请求头中提供访问令牌", code="token_required")
        with transaction() as session:
            g.account_id = account_of_token(session, secret.strip(), utcnow()).id
        return view(*args, **kwargs)

    return checked  # type: ignore[return-value]


def once_for(d: Door, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The same `Idempotency-Key` with the same input gives the same answer."""
    key = request.headers.get("Idempotency-Key")
    return once(d.session, d.owner, key, {"path": request.path, **json_body()}, d.now, make)
