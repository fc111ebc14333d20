"""A link that carries a piece opens it in the page."""

from dataclasses import replace

from firmus.tasks.exercise.kinds import exercise
from firmus.tasks.exercise.sheets import STUDIO, studio_link


def test_the_link_of_an_exercise_opens_it(person):
    asked = exercise("sight-reading", level=2, seed=3)
    link = studio_link(replace(asked.sheet, title=asked.title))
    with person() as someone:
        fragment = link.removeprefix(STUDIO)
        someone.page.goto("about:blank")
        someone.page.goto(someone.url + fragment)
        someone.page.get_by_text(someone.say("import.done", name=f"{asked.title}.abc")).wait_for()
        assert "#abc" not in someone.page.url
