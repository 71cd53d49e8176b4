"""Getting a token, and the house's health."""

from datetime import timedelta
from typing import Any

from flask_smorest import Blueprint

from hotline.accounts.operations import issue_token
from hotline.clock import utcnow
from hotline.deadlines.queries import health, stuck
from hotline.ticket.schemas import SHORT, Checked, line
from hotline.ui.door import let_in, transaction

pages = Blueprint("api_tokens", __name__, url_prefix="/api/v1", description="访问令牌与运行状况")
VALID = timedelta(hours=12)


class Credentials(Checked):
    """Whose token, and what it is for."""

    login = line("工号", 40, required=True)
    password = line("密码", required=True)
    name = line("令牌用途", SHORT)


@pages.post("/tokens")
@pages.arguments(Credentials)
@pages.response(201)
def create(credentials: dict[str, str]) -> dict[str, Any]:
    """Exchange login and password for a token of twelve hours."""
    now, account = utcnow(), let_in(credentials["login"], credentials["password"])
    with transaction(write=True) as session:
        secret = issue_token(session, account, credentials["name"] or "api", now, VALID)
    return {"token": secret, "expires_at": (now + VALID).isoformat()}


@pages.get("/health")
@pages.response(200)
def show_health() -> dict[str, Any]:
    """One number: seconds by which the oldest due rung has not fired. Above 60 somebody should look."""
    with transaction() as session:
        return {"oldest_unfired_seconds": round(health(session, utcnow()), 1), "stuck_clocks": len(stuck(session))}
