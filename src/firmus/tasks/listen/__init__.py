"""Listening tests: people say, blind, which of several folders of music they prefer."""

from __future__ import annotations

from firmus.tasks import Option, Verb

VERB = Verb(
    name="listen",
    english="ask people, blind, which of several folders of music they prefer",
    chinese="盲听测试：询问人们更喜欢哪个文件夹里的音乐",
    arguments=(
        Option(
            "folders",
            "two folders, or report and a file of results",
            "两个文件夹；或 report 加结果文件",
            metavar="A B | report RESULTS",
            nargs="+",
        ),
    ),
    options=(
        Option("real", "a folder of real music to be judged beside them", "一并评判的真实音乐文件夹", metavar="REAL"),
        Option(
            "out",
            "file of the answers (default: listening.jsonl)",
            "答案文件（默认 listening.jsonl）",
            metavar="RESULTS",
            default="listening.jsonl",
        ),
        Option(
            "port",
            "of the page, on this machine alone; 0 takes any",
            "网页端口，仅限本机；0 为任意空闲端口",
            int,
            default=8350,
        ),
    ),
    writes=False,
    place=16,
)
