"""The public site: enterprises track, supplement, withdraw and rate with number and query code."""

from flask import Flask

from hotline.portal import views


def register(app: Flask) -> None:
    """Every blueprint of the public site."""
    app.register_blueprint(views.pages)
