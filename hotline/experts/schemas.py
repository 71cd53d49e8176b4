"""Forms of the expert desk."""

from hotline.ticket.schemas import LINE, SHORT, Form, line, text


class AskExpert(Form):
    """请专家解答."""

    expert_login = line("政策专家", SHORT, required=True, widget="select", source="experts")
    question = text("咨询问题", required=True, rows=3)


class ExpertAnswer(Form):
    """专家答复: the unit's word."""

    answer = text("专家答复", required=True, rows=5)
    legal_basis = line("政策依据", LINE, required=True)


class ExpertDecline(Form):
    """转其他专家."""

    expert_login = line("转给专家", SHORT, required=True, widget="select", source="experts")
    text = text("原因", required=True, rows=2)
