"""Summary: what a proposal will do, in lines, in English and Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from firmus.composing.rule_based.orchestration import CHINESE
from firmus.requests.request import Request
from firmus.translation import translate
from firmus.translation.vocabulary import part_text
from firmus.work import Brief

WORDS = {
    "": ("no note is composed anew", "不谱写新的音符"),
    "compose": ("compose a new piece", "谱写新曲"),
    "plan": ("plan a new piece", "规划新曲"),
    "infill": ("compose anew {where}", "重写{where}"),
    "vary": ("vary {where}", "变奏{where}"),
    "humanise": ("give {where} a drummer's timing and loudness", "为{where}赋予鼓手的时值与力度"),
    "perform": ("perform the piece: timing, loudness and pedal", "演奏全曲：速度、力度与踏板"),
    "orchestrate": ("score the piece for {parts}", "为{parts}配器"),
    "continue": ("continue the piece", "续写乐曲"),
    "harmonise": ("harmonise {where}", "为{where}配和声"),
    "accompany": ("accompany {where}", "为{where}伴奏"),
    "bars": ("bars {bars}", "第 {bars} 小节"),
    "of": ("bars {bars} of {parts}", "第 {bars} 小节的{parts}"),
    "rests": ("rests in {where}", "{where}休止"),
    "order": ("bars {bars}, in this order", "依次为第 {bars} 小节"),
    "added": ("{bars} bars are added", "增加 {bars} 小节"),
    "seconds": ("{seconds:g} seconds", "{seconds:g} 秒"),
    "rest": ("everything else stays, note for note", "其余部分逐音保持不变"),
    "genre": ("the model has not learnt genres: {genre} is left out", "模型未学过体裁：略去{genre}"),
    "more": ("more", "更多"),
    "less": ("less", "更少"),
    "parts": ("instruments: {parts}", "乐器：{parts}"),
    "tempo": ("tempo {tempo:g}", "速度 {tempo:g}"),
    "count": ("{count} versions", "{count} 个版本"),
    "close": ("it comes to an end", "收束全曲"),
}


def lines(verb: str, brief: Brief, request: Request, language: str = "en") -> list[str]:
    """What is proposed, a line each.

    Examples
    --------
    >>> brief = Brief(bars="5-8", parts=("Cello",), density=0.3)
    >>> lines("infill", brief, Request("infill", {}, {"density": -1}))
    ['compose anew bars 5-8 of Cello', 'density 0.3 (less)', 'everything else stays, note for note']
    """

    def say(name: str, **values: Any) -> str:
        return WORDS[name][language == "zh"].format(**values)

    def local(text: str) -> str:
        return translate(text, language)

    given = brief.as_dict()
    names = [_in_chinese(name, brief.parts) if language == "zh" else name for name in brief.parts]
    parts = ("、" if language == "zh" else ", ").join(names)
    where = parts
    if isinstance(brief.bars, str):
        where = say("of", bars=brief.bars, parts=parts) if parts else say("bars", bars=brief.bars)
    if request.verb == "rest":
        return [say("rests", where=where), say("rest")]
    shown = [say(verb, where=where, parts=parts) if verb in WORDS else local(verb)]
    if not verb and brief.bars:
        shown.append(say("order", bars=str(brief.bars).replace(",", "、" if language == "zh" else ", ")))
    if verb == "continue" and brief.bars:
        shown.append(say("added", bars=brief.bars))
    if parts and verb in ("", "compose", "plan"):
        shown.append(say("parts", parts=parts))
    if verb and "tempo" not in given and brief.source and "tempo" in {*request.relative, *request.fields}:
        shown.append(say("tempo", tempo=brief.source.tempi[0].bpm))
    for name, value in given.items():
        if name in ("parts", "close", "count", "seconds") or (name == "bars" and verb not in ("compose", "plan")):
            continue
        text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
        text = ", ".join(f"{key} {each}" for key, each in value.items()) if isinstance(value, dict) else text
        line = f"{local(name)} {local(str(text)) if isinstance(text, str) else f'{text:g}'}"
        if size := request.relative.get(name):
            line += f" ({say('more' if size > 0 else 'less')})"
        shown.append(line)
    if (genre := request.fields.get("genre")) and brief.genre is None:
        shown.append(say("genre", genre=local(genre)))
    shown += [say("seconds", seconds=brief.seconds)] if brief.seconds else []
    shown += [say("count", count=brief.count)] if brief.count > 1 else []
    shown += [say("close")] if brief.close else []
    return [*shown, say("rest")] if verb in ("infill", "vary", "humanise") else shown


def _in_chinese(name: str, names: Sequence[str]) -> str:
    """An ensemble or a part, in Chinese."""
    ensembles = [chinese for chinese, english in CHINESE.items() if english == name]
    return ensembles[0] if ensembles else part_text(name, names)
