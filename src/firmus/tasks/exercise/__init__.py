"""Exercises: composed within a level, with sheet, sound and answer key; answers are marked, and a record chooses."""

from __future__ import annotations

from firmus.tasks import LEVEL, OUT, Option, Verb

WHAT = Option(
    "what",
    "sight-reading, piano-reading, melodic-dictation, rhythmic-dictation, call-and-response, interval, chord, cadence, "
    "figured-bass, harmonisation or counterpoint; or the folder of an exercise, to answer it",
    "视唱、钢琴视奏、旋律听写、节奏听写、应答、音程、和弦、终止、数字低音、和声、对位；或习题文件夹，以便作答",
    metavar="KIND|FOLDER",
    nargs="?",
)

VERB = Verb(
    name="exercise",
    english="compose a music lesson's exercise within a level, with its answer key; or mark an answer",
    chinese="按级别谱写音乐课习题，附答案；或批改作答",
    arguments=(WHAT,),
    options=(
        LEVEL,
        Option("seed", "the same seed gives the same exercise", "种子相同，习题相同", int, "N"),
        Option("pupil", "whose record chooses the exercise, and keeps the answer", "按此学生的记录选题并记录作答",
               metavar="NAME"),
        Option("answer", "a name, or a file of music or sound, to mark", "要批改的答案：名称、音乐或音频文件",
               metavar="NAME|FILE"),
        Option("export", "write the pupil's record there", "把学生的记录写到此处", metavar="FILE"),
        Option("forget", "delete the pupil's record", "删除学生的记录", bool),
        OUT._replace(
            english="folder for the files (default: out/<kind>-<level>)", chinese="输出文件夹（默认 out/<类别>-<级别>）"
        ),
    ),
    place=17,
)  # fmt: skip
