"""Recommending: music of a folder, or composed anew, by a taste that is learnt from ratings."""

from __future__ import annotations

from firmus.tasks import FILES, OPTION, Option, Verb

PIECE = "pieces of the folder, or music files: TUNE.abc or BOOK.abc#2"
PIECE_CHINESE = "文件夹中的乐曲，或音乐文件：TUNE.abc 或 BOOK.abc#2"

VERB = Verb(
    name="recommend",
    english="recommend music of a folder, or compose some, by a taste that it learns from your ratings",
    chinese="按从您的评价中学到的喜好，推荐文件夹中的乐曲，或新作乐曲",
    arguments=(
        Option(
            "library",
            "a folder of music files; it is read once and remembered",
            "乐谱文件夹；只读一次，之后记住",
            metavar="LIBRARY",
            nargs="?",
        ),
    ),
    options=(
        Option("like", f"what you like: {PIECE}", f"喜欢：{PIECE_CHINESE}", metavar="PIECE", nargs="+"),
        Option("finish", "what you listened to to its end", "听完了的乐曲", metavar="PIECE", nargs="+"),
        Option("skip", "what you skipped", "跳过的乐曲", metavar="PIECE", nargs="+"),
        Option("dislike", "what you dislike", "不喜欢的乐曲", metavar="PIECE", nargs="+"),
        Option("count", "how many (default: 10, and 1 to compose)", "数量（默认 10；谱写时为 1）", int, "N"),
        Option("compose", "compose for your taste, instead of choosing", "按喜好谱写，而不是挑选", bool),
        OPTION["style"],
        Option("bars", "how many bars to compose", "谱写的小节数", int, "N"),
        OPTION["seed"],
        OPTION["effort"],
        Option(
            "taste", "file of the taste (default: in your data folder)", "喜好文件（默认在用户数据文件夹）",
            metavar="FILE",
        ),
        Option(
            "export", "write the taste there, all that is known of you", "将喜好（所知的全部）写到该文件",
            metavar="FILE.json",
        ),
        Option("erase", "delete the taste", "删除喜好", bool),
        *FILES,
    ),
    place=21,
)  # fmt: skip
