"""How somebody goes through a use of the Studio."""

import time
from importlib.resources import files

AXE = files("axe_playwright_python") / "axe.min.js"
LONG = 240_000  # milliseconds: music is composed


def use(someone, name):
    """Open a use by the tab that lists them."""
    page = someone.page
    page.get_by_role("tab", name=someone.say("tabs.uses")).click()
    page.locator("nav button").filter(has=page.get_by_text(someone.say(f"uses.{name}"), exact=True)).click()
    page.get_by_role("heading", name=someone.say(f"uses.{name}"), level=2, exact=True).wait_for()
    return page.locator("section.use")


def choose(someone, seen, field, choice):
    seen.get_by_role("combobox", name=someone.say(f"fields.{field}")).select_option(choice)


def quickly(someone, seen):
    """Compose with little effort, which is under "More"."""
    seen.locator("form summary").click()
    choose(someone, seen, "effort", "quick")


def go(someone, name):
    someone.button(f"uses.{name}.go").click()


def engraved(seen, place=0):
    seen.locator(".engraving svg.definition-scale").nth(place).wait_for(timeout=LONG)


def accessible(page):
    """Nobody is shut out: no serious finding of axe."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    assert not [(each["id"], node["target"], node["failureSummary"]) for each in serious for node in each["nodes"]]


def until(page, expression, seconds=60):
    """Wait until something holds in the page."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(100)


def give(seen, name, data):
    seen.locator("input[type=file]").first.set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    )
