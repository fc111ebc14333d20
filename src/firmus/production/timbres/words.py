"""Timbre in words, English and Chinese: instruments, how they are played, and what they sound like.

``"warm, plucked"`` is the mean of plucked instruments, darker; ``"breathy flute"`` a flute with more noise. Semantic
axes (bright, rough, full) after A. Zacharakis, K. Pastiadis & J. D. Reiss, An interlanguage study of musical timbre
semantic dimensions, Music Perception 31 (2014): luminance, texture and mass are what languages agree on.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from firmus.errors import FirmusError, InvalidBrief, unknown
from firmus.render.instruments import program_number
from firmus.translation.vocabulary import plain

MOST_WORDS = 12


class Description(NamedTuple):
    """General MIDI programs, and settings from -1 to 1."""

    programs: tuple[int, ...]
    settings: dict[str, float]


QUALITIES: dict[str, dict[str, float]] = {
    "warm": {"brightness": -0.5, "noise": -0.2}, "温暖": {"brightness": -0.5, "noise": -0.2},
    "bright": {"brightness": 0.6}, "明亮": {"brightness": 0.6}, "dark": {"brightness": -0.7},
    "暗": {"brightness": -0.7}, "昏暗": {"brightness": -0.7}, "dull": {"brightness": -0.8},
    "沉闷": {"brightness": -0.8},
    "brilliant": {"brightness": 0.9}, "辉煌": {"brightness": 0.9}, "mellow": {"brightness": -0.4, "attack": 0.1},
    "柔美": {"brightness": -0.4, "attack": 0.1}, "harsh": {"brightness": 0.7, "noise": 0.3},
    "刺耳": {"brightness": 0.7, "noise": 0.3}, "soft": {"brightness": -0.3, "attack": 0.4},
    "柔和": {"brightness": -0.3, "attack": 0.4}, "sharp": {"attack": -0.7, "brightness": 0.2},
    "尖锐": {"attack": -0.7, "brightness": 0.2}, "slow": {"attack": 0.7}, "缓慢": {"attack": 0.7},
    "sudden": {"attack": -0.8}, "突然": {"attack": -0.8}, "short": {"decay": -0.6}, "短": {"decay": -0.6},
    "long": {"decay": 0.7}, "ringing": {"decay": 0.7}, "绵长": {"decay": 0.7}, "余音": {"decay": 0.7},
    "breathy": {"noise": 0.6}, "有气声": {"noise": 0.6}, "气声": {"noise": 0.6}, "airy": {"noise": 0.5},
    "空灵": {"noise": 0.5}, "rough": {"noise": 0.6, "harmonicity": -0.2}, "粗糙": {"noise": 0.6, "harmonicity": -0.2},
    "noisy": {"noise": 0.8}, "嘈杂": {"noise": 0.8}, "pure": {"noise": -0.8, "harmonicity": 1.0},
    "纯净": {"noise": -0.8, "harmonicity": 1.0}, "clean": {"noise": -0.6}, "干净": {"noise": -0.6},
    "metallic": {"harmonicity": -0.5, "brightness": 0.3}, "金属": {"harmonicity": -0.5, "brightness": 0.3},
    "glassy": {"harmonicity": -0.4, "noise": -0.4}, "玻璃": {"harmonicity": -0.4, "noise": -0.4},
}  # fmt: skip
PLAYED: dict[str, tuple[int, ...]] = {
    "plucked": (24, 46, 105, 107), "拨弦": (24, 46, 105, 107), "弹拨": (24, 46, 105, 107),
    "bowed": (40, 41, 42), "弓弦": (40, 41, 42), "拉弦": (40, 41, 42),
    "blown": (73, 71, 60), "吹奏": (73, 71, 60), "woodwind": (73, 68, 71), "木管": (73, 68, 71),
    "brassy": (56, 57, 60), "铜管": (56, 57, 60), "struck": (11, 12, 9), "敲击": (11, 12, 9),
    "bell": (14, 9), "bells": (14, 9), "钟": (14, 9), "wooden": (12, 13), "木质": (12, 13),
    "sung": (52, 53), "歌唱": (52, 53), "vocal": (52, 53), "synthetic": (80, 81, 88), "电子": (80, 81, 88),
}  # fmt: skip
_LINKS = {"and", "with", "a", "an", "the", "like", "very", "和", "与", "的", "像", "很"}


def read(text: str) -> Description:
    """What words ask for.

    Raises
    ------
    InvalidBrief
        Where a word is unknown; the message names the nearest.

    Examples
    --------
    >>> read("warm, plucked")
    Description(programs=(24, 46, 105, 107), settings={'brightness': -0.5, 'noise': -0.2})
    >>> read("明亮的长笛和大提琴")
    Description(programs=(73, 42), settings={'brightness': 0.6})
    """
    words = [
        each for each in re.split(r"[\s,;/、，；]+|(?<=[一-鿿])[的和与](?=[一-鿿])", plain(text).casefold()) if each
    ]
    if not 0 < len(words) <= MOST_WORDS:
        raise InvalidBrief(f"like {text[:80]!r} must be 1 to {MOST_WORDS} words, such as 'warm, plucked'")
    programs: list[int] = []
    settings: dict[str, float] = {}
    place = 0
    while place < len(words):
        place += _word(words, place, programs, settings)
    return Description(
        tuple(dict.fromkeys(programs)), {name: min(max(value, -1.0), 1.0) for name, value in settings.items()}
    )


def _word(words: list[str], place: int, programs: list[int], settings: dict[str, float]) -> int:
    """Take what stands at a place; the number of words it has."""
    word = words[place]
    if word in _LINKS:
        return 1
    if word in QUALITIES:
        for name, value in QUALITIES[word].items():
            settings[name] = settings.get(name, 0.0) + value
        return 1
    if word in PLAYED:
        programs += PLAYED[word]
        return 1
    for count in (3, 2, 1):
        name = " ".join(words[place : place + count])
        if len(words) - place >= count and (program := _program(name)) is not None:
            programs.append(program)
            return count
    raise InvalidBrief(unknown("word of timbre", word, [*QUALITIES, *PLAYED]))


def _program(name: str) -> int | None:
    try:
        return program_number(name)
    except FirmusError:
        return None
