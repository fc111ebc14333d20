"""Nothing is said in English alone: each message of the code stands in the catalogue."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import pytest

from firmus import recipes, tasks
from firmus.composing.styles import styles
from firmus.evaluation.report import MEASURES
from firmus.render.instruments import PROGRAMS
from firmus.runtime.weights import cards
from firmus.translation import catalogue, vocabulary
from translation.templates import SOURCE, messages

WHERE = "src/firmus/assets/translations/zh"
CHINESE = "".join(catalogue.entries().values())
HAN = re.compile(r"[\u4e00-\u9fff]")
ALIKE = {  # the same in both languages
    "cpu", "firmus-score", "META-INF/container.xml", "{} > {}: {}, n {}, p {}", "{}: {} ({} … {}), n {}",
    "{} - {}, {}: {}, p {}, Holm {}{}", "{} {}s",
}  # fmt: skip


def _file(place: str) -> str:
    """The file of the catalogue in which the message of a module belongs."""
    room = place.partition("/")[0]
    named = {"service": "service", "client": "service", "learning": "training", "models": "training"}
    return f"{WHERE}/{ {'formats': 'files', 'render': 'files'}.get(room) or named.get(room, 'music') }.toml"


@pytest.mark.parametrize("template", [each for each in messages() if each not in ALIKE])
def test_every_message_has_its_chinese(template):
    place = messages()[template]
    sample = template.replace("{}", "7")
    shown = catalogue.chinese(sample)
    assert template in catalogue.entries() or HAN.search(shown), (
        f'src/firmus/{place} says "{template}": add its Chinese to {_file(place)}'
    )
    left = [each for each in re.findall(r"[a-z]{3,} [a-z]{2,}", shown) if each not in CHINESE]
    assert not left, f'src/firmus/{place} says "{template}", of which {left} stays English: add it to {_file(place)}'
    if match := re.match(r"unknown (.+?) \{\}:", template):
        what = match[1].replace("{}", "7")
        assert HAN.search(catalogue.chinese(what)), (
            f'src/firmus/{place} says "{what}": add its Chinese to {WHERE}/words.toml'
        )


def test_every_title_description_and_word_has_its_chinese():
    all_cards = cards().values()
    words = [text for card in all_cards for text in (card.title, card.description, card.kind)]
    words += [name for card in all_cards for name in (*card.styles, *card.tasks)]
    words += [recipes.title(path) for path in recipes.recipes().values()]
    words += [*MEASURES, *styles(), *(style.title for style in styles().values())]
    words += [voice.name for style in styles().values() for voice in style.voices]
    words += [f"{style.title} in G major" for style in styles().values()]
    words += [option.name for option in tasks.OPTIONS]
    recogniser = next(card for card in all_cards if "classes" in card.facts)
    words += [name for some in recogniser.facts["classes"].values() for name in some if name]
    missing = sorted({each for each in words if not HAN.search(catalogue.chinese(each))} - {"style", "model"})
    assert not missing, f"add their Chinese to {WHERE}/words.toml: {missing}"


def test_the_catalogue_is_whole():
    for english, chinese in catalogue.entries().items():
        fields = english.count("{}")
        if english in DROPPED:
            continue
        numbered = {int(each) for each in re.findall(r"\{(\d)(?:!s)?\}", chinese)}
        plain = chinese.replace("{{", "").replace("}}", "").count("{}") + chinese.count("{!s}")
        if "{'" not in english:
            assert plain == fields or numbered == set(range(fields)), (english, chinese)
        assert chinese.format(*["7"] * fields), english


def test_nothing_in_the_catalogue_is_said_no_more():
    """A message that is gone takes its Chinese with it: all that is told by a template stands in the code."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(SOURCE.rglob("*.py")))
    text += "".join(
        path.read_text(encoding="utf-8") for path in sorted(Path(SOURCE).glob("assets/weights/*/card.json"))
    )
    text += "".join(path.read_text(encoding="utf-8") for path in recipes.recipes().values())
    text += Path(argparse.__file__).read_text(encoding="utf-8")
    joined = re.sub(r"\"\s*\n\s*f?\"", "", text).lower()
    lost = []
    for english in catalogue.entries():
        longest = max(re.split(r"\{\}|'", english), key=len).strip().lower()
        if " " in longest and longest not in joined and json.dumps(longest, ensure_ascii=False)[1:-1] not in joined:
            lost.append(english)
    allowed = {each for each in lost if each in SYSTEM or each in COMPOSED}
    assert set(lost) == allowed, f"no module says these any more: take them out of {WHERE}: {set(lost) - allowed}"


SYSTEM = {  # words of the operating system, of argparse in some versions of Python, of pydantic
    "Field required", "Extra inputs are not permitted", "Input should be a valid {}", "Input should be {}",
    "its worker died {} times: it may need more memory or time than a job may have",
    "invalid choice: {}, maybe you meant {}? (choose from {})", "expected {} arguments", "expected {} argument",
    "invalid {} value: {}", "{}: [Errno {}] {}: {}", "[Errno {}] {}: {}", "Format not recognised",
    "No such file or directory", "Is a directory", "Not a directory", "Permission denied", "File exists",
    "File name too long", "No space left on device", "Read-only file system", "Address already in use",
    "Too many open files", "Input/output error", "Too many levels of symbolic links",
}  # fmt: skip
DROPPED = {"{}: [Errno {}] {}: {}", "[Errno {}] {}: {}"}  # of which a number, or a name said twice, is left out
COMPOSED = {  # joined of two pieces of code
    "unknown mood {}: did you mean {}? ({}), or valence,arousal such as 0.3,-0.5",
    "unknown mood {}: it must be one of {}, or valence,arousal such as 0.3,-0.5",
    "{} must be an object: {'work': …}, {'sound': …} or a Firmus score",
    "train {} · valid {}",
    "step {}/{} · {} min · {} M tokens · {}",
    "{} = {} must be a number of 0 or more",
    "syncopation {}: model {} cannot be asked for it; no model here can",
}


def test_programs_of_general_midi_are_known_to_the_vocabulary_of_parts():
    for english, words in vocabulary.PARTS.items():
        assert words, english
    assert all(HAN.search(chinese) for _, chinese in PROGRAMS)
