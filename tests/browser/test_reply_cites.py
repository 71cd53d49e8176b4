"""A unit's reply cites what it stands on: searched for in the form, ticked in its list, marked when it is internal."""

from playwright.sync_api import Page, expect
from sqlalchemy import select

from hotline.clock import utcnow
from hotline.knowledge.models import KbEntry, KbEntryVersion
from hotline.ticket.models import Citation
from tests.factories import make
from tests.live import Live


def internal_title(live: Live) -> str:
    """The title of an entry that is now internal."""
    with live.city.database.transaction() as session:
        entry = session.scalars(select(KbEntry).order_by(KbEntry.id)).first()
        assert entry is not None
        entry.is_public = False
        return str(session.scalars(select(KbEntryVersion.title).filter_by(entry_id=entry.id)).one())


def test_what_is_chosen_becomes_a_ticked_line_and_an_internal_entry_brings_up_the_warning(
    live: Live, page: Page
) -> None:
    live.city.now = utcnow()
    title, number = internal_title(live), make(live.city, "handling")
    live.log_in(page, "wd.handler", f"/tickets/{number}")
    panel = page.locator("details", has=page.locator("form[action$='/actions/reply']"))
    panel.locator("summary").first.click()
    field = panel.locator("[data-citations]")
    expect(field.locator("[data-internal-note]")).to_be_hidden()
    field.locator("input[type=text]").fill(title[:8])
    field.locator("[role=option]").first.click()
    expect(field.locator("input[type=checkbox]")).to_be_checked()
    expect(field.locator("input[type=text]")).to_have_value("")
    expect(field.locator(".citations li")).to_contain_text("内部，不对外")
    expect(field.locator("[data-internal-note]")).to_be_visible()
    panel.locator("[name=public_text]").fill("材料齐全后三个工作日内受理。")
    panel.locator("[name=legal_basis]").fill("贴息办法第六条")
    panel.locator("[data-primary]").click()
    expect(page.locator(".tl-files")).to_contain_text("内部，不对外")
    with live.city.database.transaction(write=False) as session:
        [row] = session.scalars(select(Citation))
        assert (row.title, row.is_internal) == (title, True)
