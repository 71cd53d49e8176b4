"""Forms of supervision."""

from hotline.ticket.schemas import SHORT, Form, line, text


class ChangeFollower(Form):
    """变更跟办人."""

    follower_login = line("跟办人", SHORT, required=True, widget="select", source="desk")
    text = text("原因", rows=2)


class HandOver(Form):
    """交接: what one person holds in a ticket goes to another."""

    from_login = line("移交人工号", SHORT, required=True)
    to_login = line("接收人工号", SHORT, required=True)
    text = text("交接说明", required=True, rows=2)


class Note(Form):
    """添加备注."""

    text = text("备注", required=True, rows=3)
