"""Texts of a piece are text, never markup: in every picture, page and file, whatever titles and names say."""

import json
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import pytest

import firmus
from firmus import formats
from firmus.render import engrave, files, heat, notebook, plots, roll
from firmus.render.pages import evaluation
from firmus.score import Chord, Note, Part, Score, Section
from firmus.tasks.analyse import notes as analysing
from firmus.tasks.evaluate import comparison
from firmus.tasks.explain import explainer
from firmus.tasks.listen import listening_test

TEXTS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</title><svg onload=alert(1)>",
    '"><b onclick=alert(1)>', "]]><script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<!--<script>alert(1)</script>", "</script><script>alert(1)</script>", "javascript:alert(1)", "__DATA__",
)  # fmt: skip
SCRIPTS = 2  # of a page with a script and its data


def piece(text):
    notes = tuple(Note(480 * step, 480, 60 + step * 2 % 12) for step in range(16))
    parts = (Part(text, notes, 0), Part(f"{text} II", tuple(Note(each.start, 480, 48) for each in notes), 42))
    marks = (Section(0, text[:100]), Section(3840, "B"))
    return Score(parts, chords=(Chord.parse("Am", 0),), sections=marks, title=text, composer=text)


class Elements(HTMLParser):
    """Counts elements, and finds attributes that are scripts or leave the page."""

    def __init__(self, page):
        super().__init__()
        self.counts, self.bad = {}, []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.bad += [(tag, name, value) for name, value in attributes if name.startswith("on") or tag == "base"]
        self.bad += [
            (tag, name, value)
            for name, value in attributes
            if name in ("src", "href", "xlink:href", "action") and not (value or "").startswith(("#", "data:"))
        ]


def check_page(page, scripts=0, bold=0):
    elements = Elements(page)
    assert elements.bad == []
    assert elements.counts.get("script", 0) == scripts
    assert elements.counts.get("b", 0) == bold


def check_svg(svg, text=""):
    root = ElementTree.fromstring(svg)
    assert not any(element.tag.endswith(("script", "foreignObject", "}img", "}b", "}a")) for element in root.iter())
    assert not any(name.lower().startswith("on") for element in root.iter() for name in element.attrib)
    check_page(svg)
    if text:
        assert text in "".join(root.itertext())


@pytest.mark.parametrize("text", TEXTS)
def test_pictures(text):
    score = piece(text)
    for page in (*engrave.pages(score), roll.svg(score), engrave.line(score)):
        check_svg(page)
    check_svg(roll.svg(score), text)
    check_svg(heat.on_score(score, {}))
    check_svg(plots.line([0, 1], text))
    check_svg(plots.histogram([[0.0, 1.0], [1.0]], [text, text], text))
    check_svg(plots.stretches([(text, [(0.0, 1.0, text)])]))
    check_page(notebook.html(score, audio=False))


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("ending", formats.extensions())
def test_files_hold_the_texts_as_they_are(text, ending):
    score = piece(text)
    data = files.encoded(score, ending)
    if ending in (".musicxml", ".xml"):
        check_svg(data.decode())
    again = formats.read(data)
    if ending in (".json", ".musicxml", ".mid"):
        assert again.title == text.strip()
    for page in engrave.pages(again):
        check_svg(page)


@pytest.mark.parametrize("text", TEXTS)
def test_a_page_of_an_analysis(text):
    for language in ("en", "zh"):
        check_page(analysing.analyse(piece(text)).html(language))


@pytest.mark.parametrize("text", TEXTS)
def test_a_page_of_an_explanation(text):
    page = explainer.explain(piece(text)).html("en")
    check_page(page, SCRIPTS)
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert json.loads(data[1])["title"] == text


def test_a_page_of_an_evaluation(tmp_path):
    for side in ("ours", "theirs"):
        (tmp_path / side).mkdir()
        for number, text in enumerate(TEXTS):
            name = re.sub("/", "", text) + f"{number}.json"
            firmus.write(piece(text), tmp_path / side / name)
    (tmp_path / "ours" / "<img src=x onerror=alert(1)>.mid").write_bytes(b"no music")
    results = comparison.evaluate(tmp_path / "ours", tmp_path / "theirs")
    for language in ("en", "zh"):
        check_page(evaluation.page(results, language), bold=1)  # that there are few pieces


def test_the_page_of_a_listening_test_writes_its_texts_as_text():
    page = (Path(listening_test.__file__).parents[2] / "assets/pages/listen.html").read_text(encoding="utf-8")
    assert "innerHTML" not in page
    assert "insertAdjacentHTML" not in page
