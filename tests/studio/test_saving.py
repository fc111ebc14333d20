"""Nothing is lost: two tabs, a tab that is closed, a service that is gone or killed."""

import json

from firmus.service.http import page as page_files
from person import Person
from serving import Studio


def write(page):
    """Write a note at the playhead."""
    page.get_by_role("application").focus()
    page.keyboard.press("n")


def keep(someone):
    """Keep the piece as a revision, and wait until it is one."""
    someone.page.keyboard.press("Control+s")
    while not json.loads(someone.page.evaluate("localStorage.getItem('firmus.draft')"))["root"]:
        someone.page.wait_for_timeout(50)


def beside(someone):
    """A second tab with the same piece."""
    other = someone.page.context.new_page()
    other.goto(someone.url)
    other.get_by_role("application").wait_for()
    return other


def test_two_tabs_keep_both_versions(person):
    with person() as someone:
        someone.begin()
        page = someone.page
        keep(someone)
        for each in (beside(someone), page):
            write(each)
            each.wait_for_timeout(3500)
        page.get_by_role("alert").filter(has_text=someone.say("status.conflictAbout")).wait_for()
        someone.button("status.keepMine").click()
        page.get_by_role("tab", name=someone.say("tabs.library")).click()
        page.locator("li .title", has_text="↳").nth(1).wait_for()


def test_a_tab_that_is_looked_at_again_offers_the_newest_version_of_another(person):
    with person() as someone:
        someone.begin()
        page, before = someone.page, len(someone.notes())
        keep(someone)
        other = beside(someone)
        write(other)
        other.wait_for_timeout(3500)
        page.evaluate("() => { window.dispatchEvent(new FocusEvent('focus')) }")
        page.get_by_role("alert").filter(has_text=someone.say("status.conflictAbout")).wait_for()
        write(other)  # its revision is replaced by another meanwhile
        other.wait_for_timeout(3500)
        someone.button("status.openOther").click()
        page.get_by_role("alert").wait_for(state="detached")
        someone.saved()
        assert len(someone.notes()) == before + 2


def test_each_tab_opens_its_own_piece_again(person):
    with person() as someone:
        someone.begin()
        page, own = someone.page, someone.piece()["title"]
        other = beside(someone)
        other.get_by_label(someone.say("top.home")).click()
        other.locator(".card").filter(has_text=someone.say("starters.folk")).click()
        other.get_by_label(someone.say("top.pause"), exact=True).wait_for()
        write(page)
        other.keyboard.press("ArrowRight")
        page.reload()
        page.get_by_role("application").wait_for()
        assert page.get_by_role("textbox", name=someone.say("top.title")).input_value() == own


def test_a_tab_that_is_closed_at_once_loses_nothing(person):
    with person() as someone:
        someone.begin()
        before = len(someone.notes())
        write(someone.page)
        someone.page.wait_for_timeout(200)  # far less than until a revision is stored
        someone.page.close(run_before_unload=False)
        someone.page = someone.page.context.new_page()
        someone.page.goto(someone.url)
        someone.saved()
        assert len(someone.notes()) == before + 1


def test_a_service_that_is_killed_loses_nothing(tmp_path, browser):
    running = Studio(tmp_path / "data", page_files.FOLDER)
    running.ready()
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    someone = Person(context, running.said["url"], "en")
    someone.begin()
    before = len(someone.notes())
    write(someone.page)
    running.kill()
    write(someone.page)
    someone.page.get_by_role("status").filter(has_text=someone.say("status.offline")).wait_for()
    running.port = running.said["port"]
    running.start()
    someone.saved()
    (newest, *_) = running.client.get("/v1/works").json()["items"]
    assert newest["summary"]["notes"] == len(someone.notes()) == before + 2
    context.close()
    running.stop()


def test_editing_goes_on_without_the_service_and_is_stored_when_it_is_back(tmp_path, browser):
    running = Studio(tmp_path / "data", page_files.FOLDER)
    running.ready()
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    someone = Person(context, running.said["url"], "en")
    someone.page.get_by_role("tab", name=someone.say("tabs.library")).click()
    someone.page.get_by_text(someone.say("library.empty")).wait_for()
    someone.page.get_by_role("tab", name=someone.say("tabs.create")).click()
    someone.begin()
    before = len(someone.notes())
    running.stop()
    write(someone.page)
    someone.page.get_by_role("status").filter(has_text=someone.say("status.offline")).wait_for()
    assert len(someone.notes()) == before + 1
    running.port = running.said["port"]
    running.start()
    someone.saved()
    (newest, *_) = running.client.get("/v1/works").json()["items"]
    assert newest["summary"]["notes"] == before + 1
    context.close()
    running.stop()
