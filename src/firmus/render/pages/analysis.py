"""The page of an analysis: one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from firmus.render import plots
from firmus.render.drawing import xml_text
from firmus.translation import translate

WORDS = {
    "analysis": ("Analysis", "分析"),
    "key": ("key", "调"),
    "meter": ("meter", "拍号"),
    "tempo": ("tempo, quarter notes a minute", "速度（每分钟四分音符）"),
    "form": ("form", "曲式"),
    "mood": ("mood, estimated by rule", "情绪（按规则估计）"),
    "style": ("style", "风格"),
    "genre": ("genre", "体裁"),
    "like": ("most like the music of", "最像谁的音乐"),
    "melody": ("melody", "旋律声部"),
    "confidence": ("how sure", "把握"),
    "unknown": ("What cannot be told", "无法判断的"),
    "keys": ("keys", "调"),
    "chords": ("Chords", "和弦"),
    "sections": ("sections", "段落"),
    "phrases": ("phrases", "乐句"),
    "cadences": ("Cadences", "终止"),
    "bar": ("bar", "小节"),
    "kind": ("kind", "种类"),
    "numeral": ("numeral", "级数"),
    "chord": ("chord", "和弦"),
    "similarity": ("Which bars are alike", "哪些小节相像"),
    "voices": ("pitches at once, bar by bar", "每小节同时发声的音数"),
    "density": ("onsets a quarter note, bar by bar", "每小节每四分音符的起音数"),
    "roll": ("Piano roll", "钢琴卷帘"),
    "time": ("Over the piece", "全曲"),
}
STYLE = """body{font:15px/1.5 system-ui,'Noto Sans','PingFang SC','Microsoft YaHei',sans-serif;max-width:960px;
margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse;margin:.5em 0}td,th{padding:.15em .8em .15em 0;text-align:left}
svg{max-width:100%;height:auto}h2{margin-top:1.6em;font-size:1.15em}.scroll{max-height:22em;overflow:auto}"""


def page(analysis: dict[str, Any], similarity: Any, roll: str, language: str = "en") -> str:
    """HTML of an analysis.

    Parameters
    ----------
    analysis : dict
        As `firmus.tasks.analyse.notes.Analysis.as_dict` gives it.
    similarity : array (B, B) or None
        Self-similarity of the bars, where there are not too many of them.
    roll : str
        The piano roll, SVG.
    language : {"en", "zh"}
    """

    def say(name: str) -> str:
        return WORDS[name][language == "zh"]

    def local(value: Any) -> Any:
        return translate(value, language) if isinstance(value, str) else value

    confidences = analysis["confidence"]
    rows = [
        (say(name), local(analysis[name]), confidences.get(name))
        for name in ("key", "meter", "tempo", "form", "mood", "melody")
    ]
    labels = [(say(name), analysis[name]) for name in ("style", "genre", "like") if analysis[name]]
    rows += [(name, _label_text(label, local), label["confidence"]) for name, label in labels]
    summary = "".join(
        f"<tr><th>{xml_text(name)}</th><td>{xml_text(_text(value))}</td>"
        f"<td>{'' if confidence is None else f'{confidence:.0%}'}</td></tr>"
        for name, value, confidence in rows
    )
    unknown = "".join(f"<li>{xml_text(local(reason))}</li>" for reason in analysis["unknown"].values())
    numbers = [each["bar"] for each in analysis["textures"]]
    timeline = plots.stretches(
        [
            (say("keys"), _spans([(each["bar"], local(each["key"])) for each in analysis["keys"]], numbers)),
            (say("sections"), _spans([(each["bar"], each["label"]) for each in analysis["sections"]], numbers)),
            (say("phrases"), _spans([(each["bar"], str(n)) for n, each in enumerate(analysis["phrases"], 1)], numbers)),
        ]
    )
    lines = "".join(
        plots.line([each[name] for each in analysis["textures"]], say(name)) for name in ("voices", "density")
    )
    title = local(analysis["title"]) or say("analysis")
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{xml_text(title)}</title>'
        f"<style>{STYLE}</style><h1>{xml_text(title)}</h1><table><tr><th></th><th></th><th>{say('confidence')}</th></tr>"
        f"{summary}</table>"
        + (f"<h2>{say('unknown')}</h2><ul>{unknown}</ul>" if unknown else "")
        + f"<h2>{say('time')}</h2>{timeline}{lines}"
        + ("" if similarity is None else f"<h2>{say('similarity')}</h2>{plots.matrix(similarity, numbers=numbers)}")
        + f"<h2>{say('cadences')}</h2>{_table(analysis['cadences'], ('bar', 'kind', 'key', 'confidence'), say, local)}"
        f"<h2>{say('chords')}</h2>{_table(analysis['chords'], ('bar', 'chord', 'numeral', 'confidence'), say, local)}"
        f"<h2>{say('roll')}</h2>{roll}</html>"
    )


def _text(value: Any) -> str:
    return "?" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _label_text(label: dict[str, Any], local: Any) -> str:
    """A label, with the next likeliest."""
    others = ", ".join(f"{local(each['name'])} {each['confidence']:.0%}" for each in label["others"])
    return f"{local(label['name'])} ({others})" if others else str(local(label["name"]))


def _spans(starts: Sequence[tuple[int, str]], numbers: Sequence[int]) -> list[tuple[float, float, str]]:
    """Spans, as shares of the piece, of what starts at given bars; `numbers` are those of all bars, a pickup's is 0."""
    if not starts:
        return []
    borders = [*(bar - numbers[0] for bar, _ in starts), len(numbers)]
    shares = [border / len(numbers) for border in borders]
    return [(*span, name) for span, (_, name) in zip(pairwise(shares), starts, strict=True)]


def _table(rows: Sequence[dict[str, Any]], columns: Sequence[str], say: Any, local: Any) -> str:
    head = "".join(f"<th>{say(name)}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{xml_text(_cell(local(row[name])))}</td>" for name in columns) + "</tr>" for row in rows
    )
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'


def _cell(value: Any) -> str:
    return f"{value:.0%}" if isinstance(value, float) else str(value)
