"""The public site: anybody searches policies; enterprises track, supplement, withdraw and rate with number and code."""

from flask import Flask

from hotline.portal import knowledge


def register(app: Flask) -> None:
    """The one blueprint of the public site: `views`', on which `knowledge` hangs its pages too."""
    app.register_blueprint(knowledge.pages)
