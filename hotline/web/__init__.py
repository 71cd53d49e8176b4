"""The desks' pages. Each file here is one desk; `register` hangs them all on the app."""

from flask import Flask

from hotline.web import (
    admin,
    admin_accounts,
    admin_catalogue,
    admin_directory,
    admin_health,
    admin_time,
    attachments,
    auth,
    catalogue,
    catalogue_files,
    catalogue_watch,
    dispatch,
    inbox,
    intake,
    kb_article,
    kb_desk,
    kb_duties,
    kb_entry,
    kb_from_reply,
    kb_import,
    kb_notices,
    kb_pinned,
    kb_search,
    navigation,
    overview,
    queue,
    shifts,
    supervision,
    ticket,
    unit_load,
)

DESKS = (
    admin,
    admin_accounts,
    admin_catalogue,
    admin_directory,
    admin_health,
    admin_time,
    attachments,
    auth,
    catalogue,
    catalogue_files,
    catalogue_watch,
    dispatch,
    intake,
    kb_article,
    kb_desk,
    kb_duties,
    kb_entry,
    kb_from_reply,
    kb_import,
    kb_notices,
    kb_pinned,
    kb_search,
    inbox,
    navigation,
    overview,
    queue,
    shifts,
    supervision,
    ticket,
    unit_load,
)


def register(app: Flask) -> None:
    """Every blueprint of the desks."""
    for module in DESKS:
        app.register_blueprint(module.pages)
