"""The page of an exercise: what to do, the sheet, the sound, and the answer key, which is folded; one HTML file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firmus.render.drawing import xml_text
from firmus.render.pages.analysis import STYLE
from firmus.translation import translate

INSTRUCTIONS = {
    "sight-reading": (
        "Look it over for half a minute: key, meter, where it moves by leap. Then sing or play it without stopping.",
        "先看半分钟：调、拍号、何处跳进。然后不停顿地唱出或奏出。",
    ),
    "piano-reading": (
        "Look it over for half a minute: key, meter, where each hand lies. Then play it without stopping.",
        "先看半分钟：调、拍号、双手的位置。然后不停顿地弹奏。",
    ),
    "melodic-dictation": (
        "The chord of the tonic sounds for a bar, then the melody. Hear it three times and write it down; "
        "the first note is given.",
        "先响一小节主和弦，再奏旋律。听三遍并记写；首音已给出。",
    ),
    "rhythmic-dictation": (
        "After a bar of clicks the rhythm sounds on one note. Hear it three times, and write it on the middle line.",
        "一小节预备拍后，以同一音奏出节奏。听三遍，记写在第三线上。",
    ),
    "call-and-response": (
        "Sing or play the call, then answer it: as long, in its key, with some of its rhythm, ending on the tonic.",
        "唱或奏出呼句，然后应答：等长、同调、取用其节奏，结束于主音。",
    ),
    "interval": ("Which interval is it?", "这是什么音程？"),
    "chord": ("Which chord is it?", "这是什么和弦？"),
    "cadence": ("With which cadence does the phrase end?", "乐句以哪种终止结束？"),
    "figured-bass": (
        "Set the bass for four voices: the figures say which notes sound over it, none is a triad in root position.",
        "为低音配四部和声：数字表示其上的音，无数字者为原位三和弦。",
    ),
    "harmonisation": (
        "Set the melody for soprano, alto, tenor and bass.",
        "为旋律配女高音、女低音、男高音、男低音四部和声。",
    ),
    "counterpoint": (
        "Write a counterpoint of species {species} above the cantus firmus.", "在固定旋律之上写第 {species} 类对位。"
    ),
}  # fmt: skip
"""What to do, in English and Chinese."""
WORDS = {
    "key": ("Answer", "答案"),
    "one": ("One of many right answers", "众多正确答案之一"),
    "listen": ("Listen", "聆听"),
    "choices": ("Choose one of", "从中选择"),
    "studio": ("Open in the Studio", "在 Studio 中打开"),
    "needs": ("Needs", "所需"),
}
OPEN = ("call-and-response", "figured-bass", "harmonisation", "counterpoint")
MORE_STYLE = "audio{display:block;margin:.6em 0}details{margin-top:2em}"


def instruction(document: Mapping[str, Any], language: str = "en") -> str:
    """What to do."""
    return INSTRUCTIONS[document["kind"]][language == "zh"].format(species=document["species"])


def page(document: Mapping[str, Any], sheet: str, key: str, sound: str, language: str = "en") -> str:
    """HTML of an exercise.

    Parameters
    ----------
    document : dict
        As `firmus.tasks.exercise.exercises.Exercise.as_dict` gives it, with ``studio``, a link, where there is one.
    sheet, key : str
        Engraved (SVG); empty for none.
    sound : str
        Name of the file of sound beside the page; empty for none.
    language : {"en", "zh"}
    """
    zh = language == "zh"
    title = xml_text(translate(document["title"], language))
    heard = f'<p>{WORDS["listen"][zh]}<audio controls src="{sound}"></audio></p>' if sound else ""
    names = ", ".join(xml_text(translate(each, language)) for each in document["choices"])
    choices = f"<p>{WORDS['choices'][zh]}: {names}</p>" if names else ""
    link = document.get("studio")
    studio = f'<p><a href="{xml_text(link)}">{WORDS["studio"][zh]}</a></p>' if link else ""
    answer = f"<p><b>{xml_text(translate(document['answer'], language))}</b></p>" if document["answer"] else ""
    is_open = document["kind"] in OPEN
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}{MORE_STYLE}</style><h1>{title}</h1><p>{xml_text(instruction(document, language))}</p>"
        f"{heard}{choices}{sheet}{studio}"
        f"<details><summary>{WORDS['one' if is_open else 'key'][zh]}</summary>{answer}{key}</details></html>"
    )
