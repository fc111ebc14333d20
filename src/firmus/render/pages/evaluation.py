"""The page of an evaluation: composed and real music compared, in one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from firmus.render import plots
from firmus.render.drawing import xml_text
from firmus.render.pages.analysis import STYLE
from firmus.translation import translate

WORDS = {
    "title": ("Composed beside real music", "作品与真实音乐的比较"),
    "pieces": ("{generated} composed pieces, {reference} real ones", "{generated} 首作品，{reference} 首真实音乐"),
    "measures": ("Measures of a piece", "单曲指标"),
    "measure": ("measure", "指标"),
    "ours": ("composed", "作品"),
    "real": ("real", "真实"),
    "interval": ("95 % interval", "95% 区间"),
    "inside": ("inside", "在区间内"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "overlap": ("Distances between the sets (Yang & Lerch 2020)", "集合间距离（Yang & Lerch 2020）"),
    "area": ("overlap, 1 is best", "重叠面积，1 为最佳"),
    "divergence": ("divergence, nats", "散度（奈特）"),
    "critic": ("Told apart by a critic of features", "特征评判器区分两者"),
    "area under": ("area under the ROC curve, .5 is chance", "ROC 曲线下面积，0.5 为随机"),
    "copying": ("Windows of bars that stand in the real music", "出现在真实音乐中的小节窗口"),
    "window": ("window", "窗口"),
    "people": ("real music in other real music", "真实音乐之间"),
    "controls": ("What was asked", "提出的要求"),
    "obeyed": ("obeyed", "做到"),
    "pairs": ("Pieces of the same name", "同名乐曲"),
    "squared": ("squared error", "平方误差"),
    "crossed": ("cross-entropy, nats", "交叉熵（奈特）"),
    "few": (
        "Fewer than {least} pieces on a side: intervals are wide, differences may be chance.",
        "某一方少于 {least} 首：区间很宽，差异可能出于偶然。",
    ),
    "left_out": ("Left out", "未计入"),
}
FEW = 20


def page(results: dict[str, Any], language: str = "en") -> str:
    """HTML of the results of `firmus.tasks.evaluate.comparison.evaluate`."""

    def say(name: str) -> str:
        return WORDS[name][language == "zh"]

    def local(text: str) -> str:
        return translate(text, language)

    parts = [f"<h1>{say('title')}</h1><p>{say('pieces').format(**results['pieces'])}</p>"]
    if min(results["pieces"].values()) < FEW:
        parts.append(f"<p><b>{say('few').format(least=FEW)}</b></p>")
    rows: list[tuple[str, ...]] = [
        (
            local(name),
            f"{each['generated']:.3f}",
            _interval(each["generated_interval"]),
            f"{each['reference']:.3f}",
            _interval(each["reference_interval"]),
            say("yes" if each["inside"] else "no"),
        )
        for name, each in results["measures"].items()
    ]
    head = [say(name) for name in ("measure", "ours", "interval", "real", "interval", "inside")]
    parts += [f"<h2>{say('measures')}</h2>", table(head, rows)]
    parts += [
        plots.histogram(each["values"], [say("ours"), say("real")], local(name))
        for name, each in results["measures"].items()
    ]
    rows = [
        (local(name), f"{each['overlap']:.3f}", f"{each['divergence']:.3f}")
        for name, each in results["overlap"].items()
    ]
    parts += [f"<h2>{say('overlap')}</h2>", table([say("measure"), say("area"), say("divergence")], rows)]
    if critic := results["critic"]:
        head = [say("area under"), say("interval")]
        parts += [f"<h2>{say('critic')}</h2>", table(head, [(f"{critic['auc']:.2f}", _interval(critic["interval"]))])]
    rows = [
        (
            local(name),
            f"{each['generated']:.1%} ({each['windows']})",
            f"{each['people']:.1%} ({each['people_windows']})",
        )
        for name, each in results["copying"].items()
    ]
    parts += [f"<h2>{say('copying')}</h2>", table([say("window"), say("ours"), say("people")], rows)]
    if results["controls"]:
        rows = [(local(name), f"{each['obeyed']:.1%} ({each['pieces']})") for name, each in results["controls"].items()]
        parts += [f"<h2>{say('controls')}</h2>", table(["", say("obeyed")], rows)]
    if results["pairs"]:
        rows = [
            (name, f"{each['squared_error']:.3f}", f"{each['cross_entropy']:.3f}")
            for name, each in results["pairs"].items()
        ]
        parts += [f"<h2>{say('pairs')}</h2>", table(["", say("squared"), say("crossed")], rows)]
    if results["left_out"]:
        parts += [
            f"<h2>{say('left_out')}</h2>",
            table(["", ""], [(path, local(why)) for path, why in results["left_out"].items()]),
        ]
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{say("title")}</title>'
        f"<style>{STYLE}</style>{''.join(parts)}</html>"
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """An HTML table."""
    top = "".join(f"<th>{xml_text(each)}</th>" for each in head)
    body = "".join("<tr>" + "".join(f"<td>{xml_text(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"


def _interval(bounds: list[float]) -> str:
    return f"{bounds[0]:.3f} … {bounds[1]:.3f}"
