"""Adapting: a model is adapted to the style of some pieces, in a minute or so, and composes like them."""

from __future__ import annotations

from firmus.tasks import OPTION, Option, Verb

VERB = Verb(
    name="adapt",
    english="adapt a model to your own style: 5 to 20 pieces in a folder",
    chinese="使模型贴近您自己的风格：文件夹中的 5 至 20 首乐曲",
    arguments=(
        Option("folder", "a folder of 5 to 20 pieces", "含 5 至 20 首乐曲的文件夹", metavar="FOLDER"),
    ),
    options=(
        OPTION["style"]._replace(
            english="that the pieces are nearest to (default: by their parts)",
            chinese="与乐曲最接近的风格（默认按声部推断）",
        ),
        OPTION["model"]._replace(
            english="that is adapted (default: composer)", chinese="要调整的模型（默认 composer）", metavar="NAME"
        ),
        Option(
            "out", "folder of the new model (default: out/models/<folder>)",
            "新模型的文件夹（默认 out/models/<文件夹名>）", metavar="DIR",
        ),
    ),
    place=24,
)  # fmt: skip
