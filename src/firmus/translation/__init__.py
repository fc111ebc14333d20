"""What Firmus says, in Chinese: messages by a catalogue, musical words by a vocabulary that is read and written.

Messages are written in English where they arise; `translate` looks them up when they are shown. The catalogue is
``assets/translations/zh/*.toml``: of each message its English template, with ``{}`` for a field, and its Chinese.
"""

from __future__ import annotations

import os
from functools import cache

__all__ = ["language", "preferred", "translate"]


@cache
def language() -> str:
    """Language of the user, ``"zh"`` or ``"en"``: ``FIRMUS_LANG``, else the system's."""
    wanted = os.environ.get("FIRMUS_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "zh" if wanted.lower().startswith("zh") else "en"


def preferred(accepted: str) -> str:
    """The better liked of ``"zh"`` and ``"en"`` in an ``Accept-Language`` header (RFC 9110); English by default.

    Examples
    --------
    >>> preferred("zh-CN,zh;q=0.9,en;q=0.8"), preferred("de, en;q=0.7, zh;q=0.3"), preferred("")
    ('zh', 'en', 'en')
    """
    weights = {"zh": 0.0, "en": 0.0}
    for item in accepted[:1000].split(","):
        name, _, parameter = item.partition(";")
        base = name.strip().lower().partition("-")[0]
        try:
            weight = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0.0
        if base in weights:
            weights[base] = max(weights[base], weight)
    return "zh" if weights["zh"] > weights["en"] else "en"


def translate(message: str, into: str | None = None) -> str:
    """A message in a language: the user's where none is named; as it is where the catalogue does not know it.

    Examples
    --------
    >>> translate("tempo 999 must be 10 to 400 quarter notes a minute", "zh")
    '速度 999 应为每分钟 10 至 400 个四分音符'
    >>> translate("tempo 999 must be 10 to 400 quarter notes a minute", "en")
    'tempo 999 must be 10 to 400 quarter notes a minute'
    """
    if (into or language()) != "zh":
        return message
    from firmus.translation.catalogue import chinese

    return chinese(message)
