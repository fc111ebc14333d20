"""Heat maps: shades that everybody can tell apart, on the notes that they belong to."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from firmus.render import heat
from firmus.score import Note, Part, Score

SCORE = Score(
    (
        Part("Flute", (Note(0, 480, 72), Note(480, 3000, 74), Note(3480, 360, 60))),
        Part("Drums", (Note(0, 240, 38),), is_drums=True),
    )
)


def linear(shade):
    """Red, green and blue of ``#rrggbb``, as light."""
    parts = np.array([int(shade[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def luminance(shade):
    return float(linear(shade) @ (0.2126, 0.7152, 0.0722))


def contrast(one, other):
    """As the Web Content Accessibility Guidelines define it: 3 is asked of pictures, 4.5 of text."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def as_seen_without_green(shade):
    """What somebody without green cones sees (F. Viénot, H. Brettel & J. D. Mollon 1999)."""
    lms = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
    long, _, short = lms @ linear(shade)
    return np.linalg.inv(lms) @ [long, 0.494207 * long + 1.24827 * short, short]


@pytest.mark.parametrize(("shades", "paper"), [(heat.SURPRISE, "#ffffff"), (heat.SURPRISE_DARK, "#17191d")])
def test_surprise_gets_lighter_by_even_steps_and_stands_out_from_the_paper(shades, paper):
    lightness = [luminance(shade) ** (1 / 3) for shade in shades]
    steps = np.diff(lightness)
    assert (steps > 0).all()
    assert steps.max() < 2.5 * steps.mean()
    assert min(contrast(shade, paper) for shade in shades) >= 2.95
    assert len(shades) == heat.MOST_BITS + 1


@pytest.mark.parametrize("shades", [heat.INFLUENCE, heat.INFLUENCE_DARK])
def test_for_and_against_are_told_apart_by_everybody(shades):
    assert len(shades) == 2 * len(heat.BORDERS) + 1
    middle = len(heat.BORDERS)
    for step in range(2, middle + 1):
        against, for_it = (as_seen_without_green(shades[middle + way * step]) for way in (-1, 1))
        assert np.abs(against - for_it).max() > 0.05
    gaps = [contrast(shades[middle], shades[place]) for place in (0, -1)]
    assert min(gaps) > 3


def test_each_note_has_its_shade_on_roll_and_score():
    shades = {(0, 0): "#0d0887", (0, 1): "#b83289", (1, 0): "#d35171"}
    drawn = heat.on_roll(SCORE, shades, selected=(0, 1), legend=heat.surprise_legend())
    root = ElementTree.fromstring(drawn)
    rects = [each for each in root.iter("{http://www.w3.org/2000/svg}rect") if each.get("class") == "note"]
    assert {(each.get("data-note"), each.get("fill")) for each in rects} == {
        ("0-0", "#0d0887"), ("0-1", "#b83289"), ("0-2", heat.UNEXPLAINED), ("1-0", "#d35171"),
    }  # fmt: skip
    assert {each.get("data-note") for each in rects if each.get("stroke")} == {"0-1"}
    engraved = heat.on_score(SCORE, shades, heat.surprise_legend())
    ElementTree.fromstring(engraved)
    fills = re.findall(r'<g id="n(\d)-(\d)(?:t\d)?" class="note"(?: fill="(#\w+)")?', engraved)
    assert len(fills) > 4  # of the long note, the tied ones too
    assert {(int(part), int(index)): shade for part, index, shade in fills} == shades | {(0, 2): ""}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_legends_say_what_is_shown_and_in_which_units(language):
    for legend in (heat.surprise_legend(language), heat.influence_legend(language)):
        assert ("比特" if language == "zh" else "bits") in legend
        ElementTree.fromstring(f"<svg>{legend}</svg>")
    assert all(shade in heat.surprise_legend(language) for shade in heat.SURPRISE)
    assert heat.WORDS["more"][language == "zh"].format(most=10) in heat.surprise_legend(language)


def test_a_long_piece_has_no_engraved_score():
    long = Score((Part("", (Note(0, 480, 60),)),), end=1920 * (heat.MOST_ENGRAVED + 1))
    assert heat.on_score(long, {}) == ""


def test_steps_are_those_of_the_legend():
    assert [heat.influence_step(sign * bits) for bits in (0.1, 0.5, 1, 2) for sign in (1, -1)] == [
        5,
        3,
        6,
        2,
        7,
        1,
        8,
        0,
    ]
    assert [heat.surprise_step(bits) for bits in (0, 0.99, 1, 9.99, 10, 99)] == [0, 0, 1, 9, 10, 10]
