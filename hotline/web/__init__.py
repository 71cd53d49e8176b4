"""The desks' pages. Each file here is one desk; `register` hangs them all on the app."""

from flask import Flask

from hotline.web import (
    auth,
    navigation,
)

DESKS = (
    auth,
    navigation,
)


def register(app: Flask) -> None:
    """Every blueprint of the desks."""
    for module in DESKS:
        app.register_blueprint(module.pages)
