"""Blind pairs: eight bars of real music beside eight bars of composed music, printed alike, for a reader to tell apart.

Protocol: of each style as many pairs as asked for, a composed piece and a held-out real one (then training pieces; see
benchmarks/music.py) in the same meter and in as many parts, of each the first eight full bars. Both sides have the
style's instruments, keys estimated from the notes, short gaps closed, and no names, titles, loudness, tempi or chord
symbols (but in lead sheets). Which side is real is drawn, and stands in a file of its own beside the folder. A reader
who sees the pages alone writes one line a pair, its number and the side that is real: "07 b". Scored is how many were
told, with the exact binomial interval: half of them is chance.

    python benchmarks/pairs.py write out/pairs [--sets ../shared/data] [--count 40] [--styles folk hymn] [--seed 1]
    python benchmarks/pairs.py score out/pairs.answers.json judged.txt
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

from firmus.analysis import keys
from firmus.analysis.excerpt import excerpt
from firmus.analysis.passages import plain
from firmus.composing.styles import styles
from firmus.formats import musicxml
from firmus.render import drawing, engrave
from firmus.score import Score
from music import composed, composing_options, corpus_and_styles, real_music

BARS = 8


def printed(score: Score, style: str) -> Score | None:
    """The first bars as they are printed; None where they have not the style's parts."""
    usual, first = styles()[style].voices, int(score.pickup > 0)
    shown = plain(excerpt(score, 0, first + BARS), BARS)
    if [part.is_drums for part in shown.parts] != [voice.is_drums for voice in usual]:
        return None
    key = keys.estimate(shown)
    parts = (replace(part, program=voice.program) for part, voice in zip(shown.parts, usual, strict=True))
    start = score.pickup
    symbols = [chord for chord in score.chords if start <= chord.start < start + shown.end]
    return replace(
        shown,
        parts=tuple(parts),
        keys=(replace(key.key, start=0),) if key and any(not part.is_drums for part in shown.parts) else (),
        chords=tuple(replace(chord, start=chord.start - start) for chord in symbols) if len(usual) == 1 else (),
    )


def page(score: Score) -> str:
    """The score as one SVG without directions and names."""
    text = musicxml.write(score).decode()
    text = re.sub(r"<direction\b.*?</direction>|<sound\b[^>]*/>", "", text, flags=re.DOTALL)
    text = re.sub(r"(<(part-name|part-abbreviation|work-title|instrument-name)\b[^>]*>)[^<]*", r"\1", text)
    return engrave.svg_of_musicxml(text)


def matched(ours: list[Score], real: list[Score], count: int) -> list[tuple[Score, Score]]:
    """Pairs of composed and real scores in the same meter, each used once."""
    by_meter: dict[str, list[Score]] = defaultdict(list)
    for score in real:
        by_meter[score.meters[0].text].append(score)
    pairs = [(score, by_meter[score.meters[0].text].pop(0)) for score in ours if by_meter[score.meters[0].text]]
    return pairs[:count]


def write(asked: argparse.Namespace) -> None:
    """Write the pages of all pairs, and beside their folder which sides are real."""
    generator = np.random.default_rng(asked.seed)
    corpus, wanted = corpus_and_styles(asked)
    pairs: list[tuple[str, Score, Score]] = []
    pieces, asked.count = asked.count, 20  # composed pieces of a style, of which some have a partner
    for style in wanted:
        ours = [printed(piece.beginning, style) for piece in composed(asked, style)]
        real = [printed(piece.beginning, style) for piece in real_music(corpus, style, 60, generator)]
        found = matched(*([each for each in some if each] for some in (ours, real)), -(-pieces // len(wanted)))
        print(f"{style}: {len(found)} pairs")
        pairs += [(style, *pair) for pair in found]
    answers = {}
    asked.out.mkdir(parents=True)
    for number, index in enumerate(generator.permutation(len(pairs))[:pieces].tolist(), 1):
        style, *pair = pairs[index]
        real_side = "ab"[int(generator.integers(2))]
        answers[f"{number:02}"] = {"style": style, "real": real_side}
        for side, score in zip("ba" if real_side == "a" else "ab", pair, strict=True):
            drawn = page(score)
            (asked.out / f"{number:02}-{side}.svg").write_text(drawn, encoding="utf-8")
            (asked.out / f"{number:02}-{side}.png").write_bytes(drawing.png(drawn))
    path = asked.out.with_name(f"{asked.out.name}.answers.json")
    path.write_text(json.dumps(answers, indent=1), encoding="utf-8")
    print(f"{len(answers)} pairs in {asked.out}, answers in {path}")


def score(asked: argparse.Namespace) -> None:
    """Print how many of the pairs were told, of each style and of all."""
    answers = json.loads(asked.answers.read_text(encoding="utf-8"))
    judged = dict(re.findall(r"^\s*(\d+)\s*[:.]?\s*([abAB])\b", asked.judged.read_text(encoding="utf-8"), re.MULTILINE))
    right: dict[str, list[bool]] = defaultdict(list)
    for number, side in judged.items():
        if (answer := answers.get(f"{int(number):02}")) is not None:
            for label in (answer["style"], "all"):
                right[label].append(side.lower() == answer["real"])
    print("| style | pairs | told | 95 % interval |\n|-|-:|-:|-|")
    for label, told in sorted(right.items(), key=lambda item: item[0] == "all"):
        low, high = binomtest(sum(told), len(told)).proportion_ci()
        print(f"| {label} | {len(told)} | {np.mean(told):.0%} | {low:.0%} to {high:.0%} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    writing = verbs.add_parser("write", parents=[composing_options(None)], add_help=False)
    writing.add_argument("out", type=Path)
    writing.add_argument("--seed", type=int, default=1)
    writing.set_defaults(run=write, count=40)
    scoring = verbs.add_parser("score")
    scoring.add_argument("answers", type=Path)
    scoring.add_argument("judged", type=Path, help='lines such as "07 b"')
    scoring.set_defaults(run=score)
    asked = parser.parse_args()
    asked.run(asked)


if __name__ == "__main__":
    main()
