"""Searching a folder of music: for a melody, or for pieces that are like a piece."""

from __future__ import annotations

from firmus.tasks import TUNE, Option, Verb

VERB = Verb(
    name="search",
    english="find a melody, or pieces like a piece, in a folder of music",
    chinese="在乐谱文件夹里查找一段旋律，或与某曲相似的乐曲",
    arguments=(
        Option(
            "library",
            "a folder of music files; it is read once and remembered",
            "乐谱文件夹；只读一次，之后记住",
            metavar="LIBRARY",
        ),
    ),
    options=(
        Option(
            "melody",
            "notes, with lengths in beats if you like: 'C4 D4:2 E4:1/2'",
            "音符，可带拍数：'C4 D4:2 E4:1/2'",
            metavar="'C4 D4 E4:2'",
        ),
        Option("like", "a piece that others are to be like", "要找与之相似的乐曲的文件", metavar="FILE"),
        Option(
            "hum",
            "a sound file of a melody, sung or played by one voice",
            "单声部哼唱或演奏的音频文件",
            metavar="TAKE.wav",
        ),
        TUNE,
        Option(
            "count", "how many pieces at most (default: 10)", "最多列出几首（默认 10）", int, metavar="N", default=10
        ),
        Option("rebuild", "read every file again", "重新读取所有文件", bool),
    ),
    writes=False,
    one_of=("melody", "like", "hum"),
    place=20,
)
