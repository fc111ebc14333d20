"""Sound of words, by a model that the user has."""

from __future__ import annotations

from firmus.tasks import AUDIBLE_LABEL, C2PA, OPTION, Option, Verb

VERB = Verb(
    name="sound",
    english="make sound of words, by a model that you have",
    chinese="用您已有的模型，由文字生成声音",
    arguments=(
        Option("prompt", "what is to be heard, in words", "用文字描述要听到的声音", metavar="WORDS"),
        Option(
            "target",
            "the sound file (.wav .flac .ogg .mp3); its origin is written beside it",
            "声音文件（.wav .flac .ogg .mp3）；来源记录写在旁边",
            metavar="OUT.wav",
        ),
    ),
    options=(
        OPTION["model"],
        Option("seconds", "1 to 30 (default: 10)", "1 至 30（默认 10）", float, metavar="10", default=10.0),
        OPTION["seed"],
        OPTION["temperature"]._replace(metavar="1", default=1.0),
        AUDIBLE_LABEL,
        C2PA,
    ),
    place=18,
)
