"""The page of a performance that was compared with its score: one self-contained HTML file."""

from __future__ import annotations

from typing import Any

from firmus.render import plots
from firmus.render.drawing import xml_text
from firmus.render.pages.analysis import STYLE

WORDS = {
    "title": ("Performance", "演奏"),
    "summary": (
        "{correct} of {notes} notes right, {wrong} wrong, {missing} missing, {extra} extra (F1 {agreement:.3f})",
        "{notes} 个音中正确 {correct}，错 {wrong}，漏 {missing}，多 {extra}（F1 {agreement:.3f}）",
    ),
    "tempo": ("tempo {mean} a minute (written {written}), varies by {variation:.1%}",
              "速度每分钟 {mean}（谱上 {written}），变化 {variation:.1%}"),
    "timing": ("notes deviate by {deviation:.3f} s from the tempo around them; {late:.0%} late, {early:.0%} early",
               "各音偏离局部速度 {deviation:.3f} 秒；{late:.0%} 偏晚，{early:.0%} 偏早"),
    "dynamics": ("loudness {softest} to {loudest} (mean {mean})", "力度 {softest} 至 {loudest}（平均 {mean}）"),
    "legend": ("missing: red; wrong: orange; late: blue; early: violet", "漏音：红；错音：橙；偏晚：蓝；偏早：紫"),
    "by bar": ("tempo, bar by bar", "每小节速度"),
    "loudness": ("loudness, bar by bar", "每小节力度"),
    "wrong": ("Wrong notes", "错音"),
    "missing": ("Missing notes", "漏音"),
    "extra": ("Extra notes", "多余的音"),
    "uneven": ("Early and late notes", "偏早与偏晚的音"),
    "bar": ("bar", "小节"),
    "beat": ("beat", "拍"),
    "note": ("note", "音"),
    "played": ("played", "所弹"),
    "late": ("late, s", "偏晚（秒）"),
    "seconds": ("at second", "时间（秒）"),
}  # fmt: skip


def summary(document: dict[str, Any], language: str = "en") -> list[str]:
    """The figures of a performance, in lines."""

    def say(name: str, fields: dict[str, Any]) -> str:
        return WORDS[name][language == "zh"].format(**fields)

    counts = {name: len(document[name]) for name in ("wrong", "missing", "extra")}
    lines = [say("summary", {**document, **counts})]
    if document["tempo"]["mean"] is not None:
        lines.append(say("tempo", document["tempo"]))
    return [*lines, say("timing", document["timing"]), say("dynamics", document["dynamics"])]


def page(document: dict[str, Any], marked: str, language: str = "en") -> str:
    """HTML of a performance.

    Parameters
    ----------
    document : dict
        As `firmus.tasks.teach.performance.Performed.as_dict` gives it.
    marked : str
        The score, engraved (SVG).
    language : {"en", "zh"}
    """
    zh = language == "zh"
    title = document["title"] or WORDS["title"][zh]
    lines = "".join(f"<p>{xml_text(each)}</p>" for each in summary(document, language))
    drawn = "".join(
        plots.line([row[name] for row in document["bars"]], WORDS[words][zh])
        for name, words in (("tempo", "by bar"), ("loudness", "loudness"))
    )
    tables = "".join(_table(document[name], name, zh) for name in ("wrong", "missing", "extra", "uneven"))
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{xml_text(title)}</title>'
        f"<style>{STYLE}</style><h1>{xml_text(title)}</h1>{lines}<p>{WORDS['legend'][zh]}</p>{marked}{drawn}{tables}</html>"
    )


def _table(rows: list[dict[str, Any]], name: str, zh: bool) -> str:
    if not rows:
        return ""
    columns = [column for column in rows[0] if column in WORDS]
    head = "".join(f"<th>{WORDS[column][zh]}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{xml_text(str(row[each]))}</td>" for each in columns) + "</tr>" for row in rows
    )
    return f'<h2>{WORDS[name][zh]}</h2><div class="scroll"><table><tr>{head}</tr>{body}</table></div>'
