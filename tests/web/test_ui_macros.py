"""The macros: what they say to people, to screen readers and to the content security policy."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from marshmallow import Schema, fields, validate

from hotline.ui import forms, helpers
from hotline.ui.format import due_view

STATIC = Path(helpers.__file__).parents[1] / "web" / "static"
TEMPLATES = Path(helpers.__file__).parent / "templates" / "ui"
HOSTILE = '<script>alert("x")</script>'
NOW = datetime(2026, 3, 18, 2, 42, tzinfo=UTC)
HOUR = 3600


class AppealForm(Schema):
    kind = fields.String(
        required=True,
        validate=validate.OneOf(["1", "2"], ["咨询", "求助"]),
        metadata={"label": "类型", "widget": "chips"},
    )
    title = fields.String(required=True, validate=validate.Length(max=80), metadata={"label": "标题", "hint": "一句话"})
    matter = fields.String(metadata={"label": "事项", "widget": "typeahead"})
    is_confidential = fields.Boolean(metadata={"label": "身份保密"})


@pytest.fixture
def app():
    app = Flask(__name__)
    app.secret_key = "test"
    app.jinja_env.globals["csrf_token"] = lambda: "token-of-the-session"
    app.config["VERSION"] = "0.1.0"
    helpers.register(app)
    return app


@pytest.fixture
def draw(app):
    """Render a snippet in which `ui` is the macros."""

    def render(snippet, **context):
        with app.test_request_context():
            return render_template_string('{% import "ui/macros.html" as ui with context %}' + snippet, **context)

    return render


@pytest.fixture
def page(app):
    """Render base.html around a snippet, with a viewer and navigation unless the context says otherwise."""
    frame = {
        "viewer": {"name": "陈晓敏", "role": "话务员", "number": "1026"},
        "nav": [
            {"href": "/desk", "label": "受理", "icon": "telephone", "active": True, "count": 0},
            {"href": "/tickets", "label": "工单", "icon": "list", "active": False, "count": 128},
        ],
        "request_id": "9f3c",
    }

    def render(content="", **context):
        source = (
            '{% extends "ui/base.html" %}{% block title %}工单{% endblock %}{% block content %}'
            + content
            + "{% endblock %}"
        )
        with app.test_request_context():
            return render_template_string(source, **{**frame, **context})

    return render


def descriptors(values=None, errors=None):
    return forms.fields_of(AppealForm, values, errors, {"matter": [("税务", [("m3", "出口退税", "cktx")])]})


# ---- escaping ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "snippet",
    [
        "{{ ui.status_badge(x) }}",
        "{{ ui.kv([(x, x)]) }}",
        "{{ ui.masked(x, x) }}",
        "{{ ui.copy(x) }}",
        "{{ ui.stat(x, x, x, x, href=x, definition=x) }}",
        "{{ ui.notice(x) }}",
        "{{ ui.empty_state('search', x, x, {'href': x, 'label': x}) }}",
        "{{ ui.tabs([{'href': x, 'label': x, 'count': 1}]) }}",
        "{% call ui.card(x, end=x) %}{{ x }}{% endcall %}",
        "{{ ui.timeline([{'label': x, 'actor': x, 'unit': x, 'at_text': x, 'text': x, 'kind': 'public',"
        " 'changes': [(x, x, x)], 'attachments': [{'href': x, 'name': x, 'size_text': x}]}]) }}",
        "{{ ui.action_bar([{'action': x, 'label': x, 'url': x, 'lead': x, 'hint': x}], key=x, version=x) }}",
        "{{ ui.field({'name': x, 'label': x, 'value': x, 'hint': x, 'error': x, 'placeholder': x}) }}",
        "{{ ui.field({'name': x, 'label': x, 'value': x, 'widget': 'textarea'}) }}",
        "{{ ui.field({'name': x, 'label': x, 'widget': 'select', 'choices': [(x, x, x), (x, [(x, x)])]}) }}",
        "{{ ui.field({'name': x, 'label': x, 'value': [x], 'widget': 'checkbox', 'choices': [(x, x)]}) }}",
        "{{ ui.error_summary([{'name': x, 'label': x, 'message': x}]) }}",
    ],
)
def test_text_from_people_is_escaped_everywhere(draw, snippet):
    html = draw(snippet, x=HOSTILE)
    assert "<script" not in html
    assert "&lt;script" in html


def test_templates_hold_no_inline_script_style_or_handler():
    for path in TEMPLATES.glob("*.html"):
        source = path.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)", source), path.name
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|hx-on|javascript:", source), path.name


def test_templates_and_stylesheets_refer_to_no_other_host():
    for path in [*TEMPLATES.glob("*.html"), *STATIC.glob("css/*.css"), *STATIC.glob("js/*.js")]:
        assert not re.search(r"(https?:)?//[a-z0-9.-]+\.[a-z]{2,}", path.read_text()), path.name


# ---- states -----------------------------------------------------------------------------------------------------


def test_a_status_has_a_colour_an_icon_and_a_word(draw):
    html = draw("{{ ui.status_badge('已办结', 'ok') }}")
    assert "is-ok" in html and "bi-check-circle" in html and "已办结" in html
    assert 'aria-hidden="true"' in html


def test_an_overdue_clock_says_so_in_words(draw):
    due = due_view(datetime(2026, 3, 17, 10, 0, tzinfo=UTC), NOW, -3 * HOUR, 40 * HOUR)
    html = draw("{{ ui.due_badge(due) }}", due=due)
    assert "is-bad" in html and "已超期 3 工作小时" in html and "03-17 18:00" in html


def test_a_clock_on_an_unpublished_calendar_is_marked_provisional(draw):
    due = due_view(datetime(2027, 1, 5, 10, 0, tzinfo=UTC), NOW, 30 * HOUR, 40 * HOUR, provisional=True)
    assert "（暂定）" in draw("{{ ui.due_badge(due) }}", due=due)


def test_internal_and_public_entries_are_told_apart_in_words(draw):
    entries = [{"label": "答复", "kind": "public", "text": "甲"}, {"label": "备注", "kind": "internal", "text": "乙"}]
    html = draw("{{ ui.timeline(entries) }}", entries=entries)
    assert (
        html.index("公开答复 · 企业可见")
        < html.index("甲")
        < html.index("内部信息 · 仅工作人员可见")
        < html.index("乙")
    )


def test_a_change_shows_field_old_and_new_value(draw):
    html = draw("{{ ui.timeline([{'label': '更正', 'changes': [('区域', '香洲区', '')]}]) }}")
    assert "<del>香洲区</del>" in html and "<ins>（空）</ins>" in html


def test_unmasking_is_a_post_with_a_token(draw):
    html = draw("{{ ui.masked('138****2231', '/contacts/1/unmask') }}")
    assert 'method="post" action="/contacts/1/unmask"' in html and "token-of-the-session" in html


def test_a_masked_value_without_permission_offers_no_button(draw):
    assert "<button" not in draw("{{ ui.masked('138****2231') }}")


# ---- actions ----------------------------------------------------------------------------------------------------


def test_an_action_with_fields_opens_without_scripts_and_carries_key_and_version(draw):
    action = {"action": "object", "label": "退单", "danger": True, "url": "/t/1/object", "fields": descriptors()}
    html = draw("{{ ui.action_bar([action], key='k1', version=3) }}", action=action)
    assert "<details" in html and "<summary" in html and 'action="/t/1/object"' in html
    assert 'name="idempotency_key" value="k1-object"' in html and 'name="version" value="3"' in html
    assert "确认退单" in html


def test_two_open_actions_with_equal_fields_share_no_id(draw):
    actions = [{"action": name, "label": name, "url": "/", "fields": descriptors()} for name in ("object", "extend")]
    ids = re.findall(r'\sid="([^"]+)"', draw("{{ ui.action_bar(actions) }}", actions=actions))
    assert len(ids) == len(set(ids))


def test_a_plain_action_posts_at_once(draw):
    html = draw("{{ ui.action_bar([{'action': 'sign', 'label': '签收', 'url': '/t/1/sign'}]) }}")
    assert "<details" not in html and 'method="post" action="/t/1/sign"' in html


# ---- forms ------------------------------------------------------------------------------------------------------


def test_every_control_has_a_label_and_its_error_is_tied_to_it(draw):
    html = draw("{{ ui.form_fields(fields) }}", fields=descriptors(errors={"title": ["请填写标题"]}))
    assert 'for="f-title"' in html and 'id="f-title"' in html
    assert 'aria-invalid="true" aria-describedby="f-title-hint f-title-error"' in html
    assert 'id="f-title-error"' in html and 'maxlength="80"' in html
    assert "<legend>类型" in html


def test_a_typed_value_is_shown_again(draw):
    html = draw("{{ ui.form_fields(fields) }}", fields=descriptors({"title": "贴息", "kind": "2", "matter": "m3"}))
    assert 'value="贴息"' in html
    assert re.search(r'value="2" checked', html) and not re.search(r'value="1" checked', html)
    assert '<option value="m3" selected data-keys="cktx">出口退税</option>' in html


def test_a_password_is_never_sent_back(draw):
    assert "hunter2" not in draw(
        "{{ ui.field({'name': 'p', 'label': '密码', 'widget': 'password', 'value': 'hunter2'}) }}"
    )


def test_a_textarea_keeps_its_first_empty_line(draw):
    html = draw("{{ ui.field({'name': 'c', 'label': '内容', 'widget': 'textarea', 'value': '\\n第二行'}) }}")
    assert ">\n\n第二行</textarea>" in html


def test_the_error_summary_links_to_each_field_and_is_announced(draw):
    errors = forms.error_list(AppealForm, {"title": ["请填写标题"], "_schema": ["联系人和企业至少填写一项"]})
    html = draw("{{ ui.error_summary(errors) }}", errors=errors)
    assert 'role="alert"' in html and 'href="#f-title"' in html and "有 2 处需要修改" in html
    assert "<li>联系人和企业至少填写一项</li>" in html


def test_no_errors_draw_no_summary(draw):
    assert draw("{{ ui.error_summary([]) }}").strip() == ""


# ---- pages ------------------------------------------------------------------------------------------------------


def test_the_pager_names_the_total_and_leaves_gaps(draw):
    pager = {
        "page": 9,
        "pages": 20,
        "total": 1000,
        "first": 401,
        "last": 450,
        "href": lambda n: f"?status=open&page={n}",
    }
    html = draw("{{ ui.pager(page) }}", page=pager)
    assert "共 1000 条，第 401–450 条" in html and html.count("…") == 2
    assert 'href="?status=open&amp;page=10"' in html and 'aria-current="page"' in html


def test_the_frame_has_skip_link_landmarks_language_and_request_id(page):
    html = page()
    assert 'lang="zh-CN"' in html and 'class="skip" href="#content"' in html and '<main id="content"' in html
    assert 'role="search" action="/search" method="get"' in html and 'aria-label="主导航"' in html
    assert "请求编号 9f3c" in html and "<title>工单 · 12345 企业服务专席</title>" in html
    assert html.count("<h1") == 1


def test_the_navigation_marks_the_present_page_and_caps_counts(page):
    html = page()
    assert '<a href="/desk" aria-current="page">' in html and "99+" in html and "128" not in html


def test_logging_out_is_a_post_with_a_token(page):
    assert re.search(r'method="post" action="/logout"><input type="hidden" name="csrf_token"', page())


def test_a_stranger_sees_no_search_and_no_logout(page):
    html = page(viewer=None, nav=[])
    assert 'action="/search"' not in html and "/logout" not in html and 'href="/login"' in html


def test_missing_vendor_files_are_announced_by_name(page):
    assert "缺 bootstrap.min.css、icons.css" in page(missing_vendor=["bootstrap.min.css", "icons.css"])
    assert "界面资源不完整" not in page(missing_vendor=[])


def test_an_error_page_gives_code_sentence_request_id_and_a_way_back(app):
    with app.test_request_context():
        html = app.jinja_env.get_template("ui/error.html").render(code=409, message="请刷新后再试", request_id="9f3c")
    assert "409" in html and "<h1>请刷新后再试</h1>" in html and "9f3c" in html and 'href="/"' in html


def test_the_login_page_takes_pasted_passwords_and_keeps_where_to_go(app):
    with app.test_request_context():
        html = app.jinja_env.get_template("ui/login.html").render(
            next="/tickets?x=1", login="chen", error="账号或密码不正确"
        )
    assert 'autocomplete="current-password"' in html and 'autocomplete="username"' in html
    assert 'name="next" value="/tickets?x=1"' in html and 'value="chen"' in html and 'role="alert"' in html


# ---- stylesheets ------------------------------------------------------------------------------------------------


def test_the_two_dark_token_sets_are_equal():
    source = (STATIC / "css" / "hotline.css").read_text()
    by_system = re.search(r':root:not\(\[data-theme="light"\]\) \{(.*?)\}', source, re.S).group(1)
    by_choice = re.search(r':root\[data-theme="dark"\] \{(.*?)\}', source, re.S).group(1)
    assert by_system.split() == by_choice.split()


def test_state_colours_reach_aa_contrast_in_light_and_dark():
    source = (STATIC / "css" / "hotline.css").read_text()
    for block in (source.split("@media")[0], source.split(':root[data-theme="dark"]')[1].split("}")[0]):
        token = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", block))
        pairs = [(kind, f"{kind}-bg") for kind in ("run", "ok", "warn", "bad", "off")]
        pairs += [("text", "bg"), ("muted", "bg"), ("muted", "paper-2"), ("link", "hover"), ("bar-muted", "bar-2")]
        for ink, paper in pairs:
            assert contrast(token[ink], token[paper]) >= 4.5, (ink, paper)
        assert contrast(token["edge"], token["paper"]) >= 3


def test_stylesheets_use_nothing_newer_than_chromium_86():
    newer = r":has\(|@container|color-mix\(|@layer|:is\(|:where\(|aspect-ratio|\binset:|\b\d*dvh\b|\s&[ :.>]"
    for path in STATIC.glob("css/*.css"):
        assert not re.search(newer, path.read_text()), path.name


def contrast(one, other):
    """WCAG contrast ratio of two #rrggbb colours."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
