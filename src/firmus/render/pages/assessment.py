"""The page of an assessed exercise: one self-contained HTML file."""

from __future__ import annotations

from typing import Any

from firmus.render.drawing import xml_text
from firmus.render.pages.analysis import STYLE
from firmus.translation import translate

WORDS = {
    "title": ("Assessment", "评阅"),
    "key": ("key", "调"),
    "voices": ("voices", "声部"),
    "fault": ("faults", "错误"),
    "weakness": ("weaknesses", "不足"),
    "remark": ("remarks", "提示"),
    "musicality": (
        "more like a chorale than {percentile} % of {chorales} real ones (likelihood of the first {bars} bars)",
        "比 {chorales} 首真实众赞歌中的 {percentile}% 更像众赞歌（前 {bars} 小节的似然）",
    ),
    "findings": ("What breaks a rule", "违反规则之处"),
    "none": ("Nothing: every rule is kept.", "没有：所有规则都已遵守。"),
    "bar": ("bar", "小节"),
    "beat": ("beat", "拍"),
    "rule": ("rule", "规则"),
    "notes": ("notes", "音"),
    "why": ("why", "说明"),
    "yours": ("The exercise", "原作"),
    "corrected": ("A corrected version", "改正版"),
    "changed": ("Composed anew (green): bars {bars}.", "重新谱写（绿色）：第 {bars} 小节。"),
    "left": ("Still there: {left}.", "仍然存在：{left}。"),
    "in bar": ("{rule} (bar {bar})", "{rule}（第 {bar} 小节）"),
}
MORE_STYLE = (
    "table.findings td{vertical-align:top}.fault{color:#c8102e}.weakness{color:#b46000}.remark{color:#2563b0}"
    ".rule{font-weight:600;white-space:nowrap}"
)


def page(document: dict[str, Any], marked: str, corrected: str, language: str = "en") -> str:
    """HTML of an assessment.

    Parameters
    ----------
    document : dict
        As `firmus.tasks.teach.assessment.Assessment.as_dict` gives it in that language.
    marked, corrected : str
        The exercise and the corrected version, engraved (SVG); empty for none.
    language : {"en", "zh"}
    """

    def say(name: str, **fields: Any) -> str:
        return WORDS[name][language == "zh"].format(**fields)

    title = document["title"] or say("title")
    counts = ", ".join(
        f'<span class="{severity}">{count} {say(severity)}</span>' for severity, count in document["counts"].items()
    )
    voices = ", ".join(translate(name, language) for name in document["voices"])
    natural = f" · {say('musicality', **document['musicality'])}" if document["musicality"] else ""
    facts = f"{xml_text(translate(document['key'] or '?', language))} · {xml_text(voices)}"
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{xml_text(title)}</title>'
        f"<style>{STYLE}{MORE_STYLE}</style><h1>{xml_text(title)}</h1><p>{facts}</p><p>{counts}{natural}</p>"
        f"<h2>{say('yours')}</h2>{marked}<h2>{say('findings')}</h2>{_table(document['findings'], language)}"
        f"{_corrected(document, corrected, say)}"
        f"<p>{xml_text(translate(document['limits'], language))}</p></html>"
    )


def _table(findings: list[dict[str, Any]], language: str) -> str:
    zh = language == "zh"
    if not findings:
        return f"<p>{WORDS['none'][zh]}</p>"
    head = "".join(f"<th>{WORDS[name][zh]}</th>" for name in ("bar", "beat", "rule", "voices", "notes", "why"))
    rows = ""
    for found in findings:
        voices = ", ".join(translate(name, language) for name in found["voices"])
        cells = "".join(f"<td>{xml_text(text)}</td>" for text in (voices, " ".join(found["notes"]), found["why"]))
        rows += (
            f"<tr><td>{found['bar']}</td><td>{found['beat']:g}</td>"
            f'<td class="rule {found["severity"]}">{xml_text(found["name"])}</td>{cells}</tr>'
        )
    return f'<table class="findings"><tr>{head}</tr>{rows}</table>'


def _corrected(document: dict[str, Any], drawn: str, say: Any) -> str:
    if not drawn:
        return ""
    found = document["corrected"]
    text = say("changed", bars=", ".join(map(str, found["bars"])))
    grave = [each for each in found["findings"] if each["severity"] != "remark"]
    if grave:
        left = ", ".join(say("in bar", rule=each["name"], bar=each["bar"]) for each in grave)
        text += " " + say("left", left=left)
    return f"<h2>{say('corrected')}</h2><p>{xml_text(text)}</p>{drawn}"
