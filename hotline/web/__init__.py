"""The desks' pages. Each file here is one desk; `register` hangs them all on the app."""

from flask import Flask

from hotline.web import (
    admin,
    admin_accounts,
    admin_catalogue,
    admin_directory,
    admin_time,
    attachments,
    auth,
    dispatch,
    inbox,
    intake,
    knowledge,
    navigation,
    overview,
    queue,
    ticket,
)

DESKS = (
    admin,
    admin_accounts,
    admin_catalogue,
    admin_directory,
    admin_time,
    attachments,
    auth,
    dispatch,
    intake,
    knowledge,
    inbox,
    navigation,
    overview,
    queue,
    ticket,
)


def register(app: Flask) -> None:
    """Every blueprint of the desks."""
    for module in DESKS:
        app.register_blueprint(module.pages)
