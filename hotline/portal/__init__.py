"""The public site: enterprises track, supplement, withdraw and rate with number and query code."""

from flask import Flask


def register(app: Flask) -> None:
    """Every blueprint of the public site."""
