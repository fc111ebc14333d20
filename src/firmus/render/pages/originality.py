"""The page of a check for originality: one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from firmus.errors import FirmusError
from firmus.render import engrave
from firmus.render.drawing import xml_text
from firmus.render.pages.analysis import STYLE
from firmus.score import Score
from firmus.translation import translate

WORDS = {
    "originality": ("Originality", "原创性"),
    "longest_run": ("longest run that is the same elsewhere, notes", "与别处相同的最长音列（音数）"),
    "coverage": ("share of one part in passages of one other piece", "某一声部见于另一首曲子的音所占比例"),
    "collection": ("compared with", "比较对象"),
    "pieces": ("{count} pieces", "{count} 首"),
    "people": (
        "{share:.0%} of {pieces} held-out pieces by people share less ({low:.0%} to {high:.0%}, 95 %)",
        "{pieces} 首人写的留出乐曲中，{share:.0%} 与之相同的更少（95 % 区间 {low:.0%} 至 {high:.0%}）",
    ),
    "run": ("longest run", "最长音列"),
    "bits": ("most telling passage", "最有特点的片段"),
    "matches": ("Passages that stand elsewhere", "见于别处的片段"),
    "none": ("None.", "没有。"),
    "bars": ("bars here", "此处小节"),
    "other_bars": ("bars there", "彼处小节"),
    "part": ("part", "声部"),
    "notes": ("notes", "音数"),
    "title": ("title", "标题"),
    "composer": ("composer", "作曲者"),
    "origin": ("set or file", "曲集或文件"),
    "here": ("here, bars {first}-{last}", "此处，第 {first}-{last} 小节"),
    "there": ("{title}, bars {first}-{last}", "{title}，第 {first}-{last} 小节"),
    "licence": ("licence", "许可"),
    "no notes": ("its notes are not kept: see bars {first}-{last}", "未保存其音符：见第 {first}-{last} 小节"),
}


def page(report: dict[str, Any], pairs: Sequence[tuple[Score, Score | None]], language: str = "en") -> str:
    """HTML of a check.

    Parameters
    ----------
    report : dict
        As `firmus.tasks.check.report.Report.as_dict` gives it.
    pairs : sequence of (Score, Score or None)
        Of each of the first matches its bars here, and there where they are at hand.
    language : {"en", "zh"}
    """

    def say(name: str, **fields: Any) -> str:
        return WORDS[name][language == "zh"].format(**fields)

    rows = [
        (say("longest_run"), str(report["longest_run"])),
        (say("coverage"), f"{report['coverage']:.0%}"),
        (say("collection"), f"{translate(report['collection'], language)}, {say('pieces', count=report['pieces'])}"),
        *((say(name), say("people", **standing)) for name, standing in report["people"].items()),
    ]
    title = report["title"] or say("originality")
    summary = "".join(f"<tr><th>{xml_text(name)}</th><td>{xml_text(value)}</td></tr>" for name, value in rows)
    bars = "".join(_pair(match, *pair, say) for match, pair in zip(report["matches"], pairs, strict=False))
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{xml_text(title)}</title>'
        f"<style>{STYLE}.pair{{display:grid;grid-template-columns:1fr 1fr;gap:1em}}</style>"
        f"<h1>{xml_text(title)}: {xml_text(translate(report['verdict'], language))}</h1><table>{summary}</table>"
        f"<h2>{say('matches')}</h2>{_table(report['matches'], say)}{bars}"
        f"<p>{xml_text(translate(report['limits'], language))}</p></html>"
    )


def _table(matches: Sequence[dict[str, Any]], say: Any) -> str:
    if not matches:
        return f"<p>{say('none')}</p>"
    columns = ("title", "composer", "origin", "licence", "part", "bars", "other_bars", "notes", "run")
    head = "".join(f"<th>{say(name)}</th>" for name in columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{xml_text(_cell(match, name))}</td>" for name in columns) + "</tr>" for match in matches
    )
    return f'<div class="scroll"><table><tr>{head}</tr>{rows}</table></div>'


def _cell(match: dict[str, Any], name: str) -> str:
    value = match["source"].get(name, match.get(name))
    return f"{value[0]}-{value[1]}" if isinstance(value, list | tuple) else str(value)


def _pair(match: dict[str, Any], own: Score, other: Score | None, say: Any) -> str:
    """The bars of a match, side by side."""
    (first, last), (begin, end) = match["bars"], match["other_bars"]
    there = say("there", title=match["source"]["title"], first=begin, last=end)
    drawn = _engraved(other) if other else f"<p>{xml_text(say('no notes', first=begin, last=end))}</p>"
    return (
        f'<div class="pair"><div><h3>{xml_text(say("here", first=first, last=last))}</h3>{_engraved(own)}</div>'
        f"<div><h3>{xml_text(there)}</h3>{drawn}</div></div>"
    )


def _engraved(score: Score) -> str:
    try:
        return engrave.svg(score, isolated=True)
    except FirmusError:
        return ""  # too long for a page
