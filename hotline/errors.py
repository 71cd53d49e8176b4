"""What can go wrong, each with a stable code and a Chinese sentence; one mapping to pages and JSON."""

import re
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Flask, current_app, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException


class DomainError(Exception):
    """Raised by operations. `code` is stable, `message` is Chinese and shown to people.

    `field` names the input at fault; `details` (plain values only) go into the JSON answer.
    """

    code = "domain_error"
    status = 400

    def __init__(self, message: str, *, code: str | None = None, field: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.field = field
        self.details = details

    def payload(self) -> dict[str, Any]:
        """The JSON body: {code, message, field?, **details}."""
        body: dict[str, Any] = {"code": self.code, "message": self.message, **self.details}
        if self.field:
            body["field"] = self.field
        return body

    def by_field(self, otherwise: str) -> dict[str, Any]:
        """{field: messages} as marshmallow has them; what belongs to no field stands under `otherwise`."""
        return dict(self.details.get("fields") or {self.field or otherwise: [self.message]})


class Invalid(DomainError):
    """The input breaks a rule."""

    code = "invalid"
    status = 422


class Unauthenticated(DomainError):
    """Nobody is logged in, or the token is not known."""

    code = "unauthenticated"
    status = 401


class Forbidden(DomainError):
    """This actor may not do this."""

    code = "forbidden"
    status = 403


class NotFound(DomainError):
    """Not there, or not there for this actor: the two look alike from outside."""

    code = "not_found"
    status = 404


class Conflict(DomainError):
    """Somebody else was faster, or the form is stale."""

    code = "conflict"
    status = 409


class IllegalAction(Conflict):
    """The table has no such row for the present status."""

    code = "illegal_action"


class TooLarge(DomainError):
    """More bytes than allowed."""

    code = "too_large"
    status = 413


class TooMany(DomainError):
    """Too many tries; wait."""

    code = "too_many"
    status = 429


class Unavailable(DomainError):
    """A part the request needs (disk, index, lock) cannot serve now."""

    code = "unavailable"
    status = 503


FRAMEWORK = {
    400: ("bad_request", "请求有误，请检查后重试"),
    401: ("unauthenticated", "请先登录"),
    403: ("forbidden", "您没有权限进行此操作"),
    404: ("not_found", "没有找到这个页面"),
    405: ("method_not_allowed", "不支持这种请求方式"),
    408: ("timeout", "请求超时，请重试"),
    413: ("too_large", "提交的内容太大，请精简文字或压缩附件后重试"),
    414: ("too_large", "提交的内容太大，请精简文字或压缩附件后重试"),
    415: ("unsupported_media_type", "不支持这种内容格式"),
    422: ("invalid_form", "填写内容有误，请按提示修改"),
    429: ("too_many", "操作过于频繁，请稍后再试"),
}
CODE = re.compile(r"[A-Z_]+|true|false|on|[\d:]{1,6}")
"""A value that was chosen, not typed."""
BROKEN = ("internal_error", "系统出错了，已记录；请稍后重试，并把请求编号告诉管理员")


def register(app: Flask) -> None:
    """Every error of the app in one shape: JSON under /api, a page elsewhere."""
    app.register_error_handler(DomainError, _answer)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _broken)


def _answer(error: DomainError) -> ResponseReturnValue:
    if isinstance(error, Unauthenticated) and not _wants_json():
        return redirect(f"/login?{urlencode({'next': _way_back()})}", 303)
    if _wants_json():
        return jsonify(error.payload() | {"request_id": g.get("request_id")}), error.status
    page = render_template(
        "ui/error.html", code=error.status, message=error.message, request_id=g.get("request_id"), reason=error.code
    )
    return page, error.status


def _way_back() -> str:
    """The page to open after the log-in: a sent form's own address opens nothing, the page it stood on does."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    page = urlsplit(request.referrer or "")
    return urlunsplit(("", "", page.path, page.query, ""))


def _csrf(_error: CSRFError) -> ResponseReturnValue:
    """Mostly a log-in that ran out while somebody typed: what was typed goes back to them, nothing is done."""
    if _wants_json() or not (kept := _typed()):
        return _answer(Forbidden("页面停留时间过长，请返回上一页刷新后重新提交", code="csrf"))
    message = "页面停留时间过长，内容没有提交；请复制下面的文字，重新登录后再提交"
    back = {"href": f"/login?{urlencode({'next': _way_back()})}", "label": "重新登录"}
    return render_template("ui/error.html", code=403, message=message, reason="csrf", kept=kept, back=back), 403


def _typed() -> list[str]:
    """The texts of the refused form; neither secrets nor the codes that a page brings itself."""
    secret = ("csrf_token", "idempotency_key", "login", "query_code")
    shown = {name: text.strip() for name, text in request.form.items() if name not in secret and "password" not in name}
    return [text for text in shown.values() if len(text) > 1 and not CODE.fullmatch(text)]


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    code, message = FRAMEWORK.get(error.code, BROKEN if error.code >= 500 else FRAMEWORK[400])
    known = DomainError(message, code=code)
    known.status = error.code
    fields = getattr(error, "data", {}).get("messages", {}) if hasattr(error, "data") else {}
    if fields:
        told = fields.get("json", fields.get("query", fields))
        if isinstance(told, dict):  # a list only says "Invalid JSON", in English
            known.details["fields"] = told
    return _answer(known)


def _broken(error: Exception) -> ResponseReturnValue:
    current_app.logger.exception("request %s failed", g.get("request_id"), exc_info=error)
    known = DomainError(BROKEN[1], code=BROKEN[0])
    known.status = 500
    return _answer(known)


def _wants_json() -> bool:
    return request.path.startswith("/api/")
