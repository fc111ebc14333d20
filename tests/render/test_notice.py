"""Scores that a model composed say so at the foot of each page; others do not."""

import re
from xml.etree import ElementTree

from firmus.render import engrave, files, fonts
from firmus.score import Note, Part, Score

NOTES = tuple(Note(480 * place, 480, 60 + place % 12) for place in range(800))
COMPOSED = Score((Part("", NOTES),), title="Etude", composer="A. Person, with Firmus (AI-generated)")


def feet(page):
    """Texts in the last tenth of a page."""
    root = ElementTree.fromstring(page)
    height = float(root.get("viewBox").split()[3])
    return [each.text for each in root if each.tag.endswith("text") and float(each.get("y")) > 0.9 * height]


def test_every_page_has_the_notice():
    pages = engrave.pages(COMPOSED)
    assert len(pages) > 1
    assert [feet(page) for page in pages] == [["AI生成 / AI-generated"]] * len(pages)
    assert engrave.svg(COMPOSED).count(engrave.NOTICE) == len(engrave.pages(COMPOSED, cut=True))


def test_what_a_person_wrote_has_none():
    assert engrave.NOTICE not in engrave.svg(Score(COMPOSED.parts, composer="A. Person"))


def test_in_pdf_it_is_in_letters_that_the_machine_has(monkeypatch):
    few = Score((Part("", NOTES[:8]),), composer=COMPOSED.composer)
    seen = []
    monkeypatch.setattr(fonts, "lacks_chinese", lambda text: seen.append(text) or True)
    assert files.encoded(few, ".pdf").startswith(b"%PDF")
    assert seen == [engrave.NOTICE]
    assert re.search("[\u4e00-\u9fff]", engrave.NOTICE)
