"""Forms of the dispatch stage."""

from marshmallow import fields, validate

from hotline.ticket.models import AppealType
from hotline.ticket.schemas import LINE, Checked, Form, code, day, flag, instant, line, reference, references, text


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


class MassMerge(Checked):
    """集中诉求: many into one at one go."""

    master_no = line("主单", 24, required=True)
    nos = fields.List(
        fields.String(validate=validate.Length(1, 24, error="工单号有误")),
        required=True,
        validate=validate.Length(1, 100, error="请勾选 1 至 100 件要并入的工单"),
        metadata={"label": "并入的工单"},
        error_messages={"required": "请勾选要并入的工单"},
    )
    text = text("并单理由", required=True, rows=2)


class AddSupport(Form):
    """加派协办."""

    unit_code = reference("协办单位", "units", required=True)
    text = text("协办事项", required=True, rows=2)


class CatalogueEntry(Form):
    """派单目录: what one row is to say from a day on; `version` is the id of the row that it replaces."""

    category_code = reference("事项", "topics", width=8, placeholder="区域通则：该区域的承接或兜底单位")
    region_code = reference("适用区域", "regions", width=4, placeholder="全市")
    appeal_type = code(AppealType, "诉求类型", width=4, placeholder="全部类型")
    unit_code = reference("主办单位", "units", required=True, width=8)
    support_unit_codes = references("协办单位", "units", width=8)
    fallback_unit_code = reference("兜底单位", "units", width=8, hint="主办单位停用或无人接收时由其承接")
    legal_basis = text("法律依据", 1000, rows=2, hint="如：三定方案、权责清单的条款")
    effective_from = day("生效日期", required=True, width=4, hint="原安排至前一日止")
    effective_to = day("有效期至", width=4, hint="当日仍有效；留空为长期")
    reason = line("变更原因", LINE, required=True, width=8)


class CatalogueEnding(Form):
    """派单目录: a row ends."""

    effective_to = day("最后有效日", required=True, width=4, hint="当日仍有效，次日起停用")
    reason = line("停用原因", LINE, required=True, width=8)


class CatalogueImport(Form):
    """派单目录: a sheet is carried out."""

    is_complete = flag("文件是完整目录：文件中没有的安排自明日起停用")
    reason = line("变更原因", LINE, required=True)


def percent(label: str, least: int, most: int, usual: int, hint: str) -> fields.Integer:
    """A whole number of percent."""
    return fields.Integer(
        load_default=usual,
        validate=validate.Range(least, most, error=f"{label}须为 {least} 至 {most} 的整数"),
        metadata={"label": f"{label}（%）", "width": 4, "hint": hint},
        error_messages={"invalid": f"{label}须为 {least} 至 {most} 的整数"},
    )


class AutoDispatching(Form):
    """自动派单: what a category's rule says; `version` is that of the rule as the sender saw it, 0 for none."""

    is_on = flag("启用：该分类（含下级）的工单不经人工派单")
    bar = percent("把握门槛", 50, 99, 90, "学习模型对目录单位的把握不低于此值才自动派单")
    sample = percent("抽查比例", 1, 100, 10, "自动派出的工单由人抽查的比例")
    floor = percent("准确率下限", 50, 100, 95, "最近 20 件已判定的低于此值时自动停用")
    reason = line("原因", LINE, required=True)


class OfTopic(Form):
    """What concerns a category of any level."""

    category_code = reference("事项", "topics", required=True, width=8)


class AutoRule(AutoDispatching, OfTopic):
    """自动派单: a rule for a category that has none yet; the category is asked for first."""


class AutoVerdict(Form):
    """自动派单抽查."""

    is_right = flag("结论", default=None, widget="radio", choices=[("true", "准确"), ("false", "不准确")])
    right_unit_code = reference("应派单位", "units")
    note = text("说明", LINE, rows=2)


class TellByPhone(Form):
    """登记电话告知."""

    unit_code = reference("告知单位", "parts", hint="不选即为主办单位")
    person = line("接听人", 60, required=True)
    phone = line("接听号码", 32, required=True, widget="tel")
    told_at = instant("告知时间", hint="不填即为现在")
    text = text("说明", rows=2)
