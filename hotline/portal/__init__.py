"""The public site: anybody searches policies; enterprises track, supplement, withdraw, rate, and book an expert."""

from flask import Flask

from hotline.portal import appointments, knowledge, views

ROOMS = (views, knowledge, appointments)
"""All hang their pages on one blueprint."""


def register(app: Flask) -> None:
    """The one blueprint of the public site."""
    app.register_blueprint(ROOMS[0].pages)
