"""API v1: JSON for other systems, documented by OpenAPI at /api/v1/openapi.json."""

from flask import Blueprint
from flask_smorest import Api

from hotline.api import (
    auto_dispatch,
    catalogue,
    directory,
    experts,
    inbound,
    kb_imports,
    kb_notices,
    knowledge,
    mass,
    shifts,
    tickets,
    tokens,
)

OPENAPI = {
    "API_TITLE": "12345 企业服务热线接口",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/api/v1",
    "OPENAPI_JSON_PATH": "openapi.json",
    "API_SPEC_OPTIONS": {
        "security": [{"bearer": []}],
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    },
}


def register(api: Api) -> list[Blueprint]:
    """Hang every resource on the app; the blueprints, so that CSRF can let them be."""
    rooms = (
        tokens,
        tickets,
        mass,
        inbound,
        directory,
        catalogue,
        auto_dispatch,
        kb_notices,
        knowledge,
        kb_imports,
        experts,
        shifts,
    )
    blueprints: list[Blueprint] = [room.pages for room in rooms]
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
    return blueprints
