"""Asking in plain words, English or Chinese: the words become a Brief, which is shown before anything is composed."""

from __future__ import annotations

from firmus.tasks import FILES, TUNE, WHICH_BARS, Option, Verb

VERB = Verb(
    name="ask",
    english="say in plain words what to compose or change, in English or Chinese",
    chinese="用日常语言说出要谱写或修改什么，中英文均可",
    arguments=(
        Option(
            "words",
            "a music file, if one is to change, and what is asked for: 'make bars 5 to 8 calmer, keep the bass'",
            "要修改的音乐文件（如有），以及要求：“第5到8小节平静一点，低音不变”",
            metavar="WORDS",
            nargs="+",
        ),
    ),
    options=(
        TUNE,
        WHICH_BARS._replace(
            metavar="5-8", english="bars that 'here' means, such as 5-8", chinese="“这里”所指的小节，如 5-8"
        ),
        Option("parts", "parts that 'here' means", "“这里”所指的声部", metavar="LIST"),
        Option("seed", "the same seed gives the same piece", "种子相同，乐曲相同", int, "N"),
        Option("yes", "compose at once; else it is shown first, and asked", "直接谱写；否则先显示，再询问", bool),
        *FILES,
    ),
    place=9,
)
