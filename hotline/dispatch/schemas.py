"""Forms of the dispatch stage."""

from hotline.ticket.schemas import LINE, Form, instant, line, reference, references, text


class Dispatch(Form):
    """派单: one lead, perhaps supporting units."""

    unit_code = reference("主办单位", "units", required=True)
    support_unit_codes = references("协办单位", "units")
    text = text("派单意见", rows=2)


class Redispatch(Form):
    """改派."""

    unit_code = reference("改派至", "units", required=True)
    text = text("改派理由", required=True, rows=2)


class ReturnForSupplement(Form):
    """退回补充."""

    text = text("需补充的内容", required=True)


class TransferExternal(Form):
    """转外地或省12345."""

    transferred_to = line("转往", 60, required=True, hint="如：广东省12345、某市12345")
    external_no = line("对方编号", 64)
    text = text("说明", rows=2)


class ExternalReply(Form):
    """登记外地答复."""

    public_text = text("对方答复", required=True)
    legal_basis = line("依据", LINE)


class Merge(Form):
    """并单 into an open ticket."""

    master_no = line("并入工单号", 24, required=True)
    text = text("并单理由", required=True, rows=2)


class AddSupport(Form):
    """加派协办."""

    unit_code = reference("协办单位", "units", required=True)
    text = text("协办事项", required=True, rows=2)


class TellByPhone(Form):
    """登记电话告知."""

    unit_code = reference("告知单位", "parts", hint="不选即为主办单位")
    person = line("接听人", 60, required=True)
    phone = line("接听号码", 32, required=True, widget="tel")
    told_at = instant("告知时间", hint="不填即为现在")
    text = text("说明", rows=2)
