"""Explaining: of each note of a piece its likelihood, what forced it, and where it comes from."""

from __future__ import annotations

from firmus.tasks import TUNE, Option, Verb

VERB = Verb(
    name="explain",
    english="say of each note how surprising it is, what forced it, where it comes from",
    chinese="逐音说明：有多意外、受什么规则约束、依据什么而来",
    arguments=(
        Option(
            "source",
            "a music file, or the folder of a piece that Firmus composed",
            "音乐文件，或 Firmus 作品的文件夹",
            metavar="FILE|FOLDER",
        ),
    ),
    options=(
        TUNE,
        Option(
            "bars",
            "which bars, such as 9-12 or 3,5,9- (from 1, inclusive)",
            "哪些小节，如 9-12 或 3,5,9-（从 1 数起，含两端）",
            metavar="5-8",
        ),
        Option(
            "parts",
            "names or numbers from 1, divided by commas",
            "声部名称或编号（从 1 数起），以逗号分隔",
            metavar="LIST",
        ),
        Option(
            "note",
            "one note above all: bar, beat (quarter notes from 1) and part",
            "着重说明的音：小节、拍（四分音符，从 1 数起）与声部",
            metavar="'bar 7 beat 2 alto'",
        ),
        Option(
            "style", "chorale, hymn, folk ... (see firmus models)", "风格：chorale、hymn、folk……（见 firmus models）"
        ),
        Option(
            "model",
            "name of the weights (see firmus models), or a folder (see docs/engines.md)",
            "权重名称（见 firmus models）或文件夹（见 docs/engines.md）",
            metavar="NAME",
        ),
        Option(
            "among",
            "a folder of pieces to look for the same runs of notes in",
            "在此文件夹的乐曲中寻找相同的音列",
            metavar="DIR",
        ),
        Option(
            "out",
            "also write explain.json, explain.html and the heat maps there",
            "另在此文件夹写入 explain.json、explain.html 和热图",
            metavar="DIR",
        ),
    ),
    place=14,
)
