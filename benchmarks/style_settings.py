"""Settings of a style beside one another: with which its music is most like real music.

Protocol: of each setting (fields of `firmus.composing.styles.Style`; "" for the style as it is) so many pieces of 16
bars, seeds from 20001, beside real ones as in `benchmarks/music.py`. *Critic* is the mean log-odds of being real to
the critic that ships, with its standard error; *AUC* the area of another one, trained anew on both sides (.50 where it
cannot tell them); *distance* the mean distance of .5 of the areas of every feature alone, which chance moves least.
Settings are chosen by all three, and by what a musician would say of the features that tell.

    python benchmarks/style_settings.py folk "" "pitch_temperature=0.9" "step_close=0.7" [--prepared FILE]
"""

from __future__ import annotations

import ast
import time
from dataclasses import replace
from typing import Any

import numpy as np

import firmus
from firmus.brief_fields import EFFORTS
from firmus.composing.styles import styles
from firmus.evaluation import feature_critic
from firmus.learning.real_music import BARS, comparable
from firmus.runtime import critic
from music import corpus_and_styles, options, real_music

FIRST_SEED = 20001
TOGETHER = 8  # pieces that are composed at once
TELLING = 6  # features that are named


def setting(text: str) -> dict[str, Any]:
    """Fields and values of ``"temperature=0.9, forms=('AABB',)"``.

    Examples
    --------
    >>> setting("temperature=0.9, forms=('AABB',)")
    {'temperature': 0.9, 'forms': ('AABB',)}
    """
    call = ast.parse(f"dict({text})", mode="eval").body
    assert isinstance(call, ast.Call)
    return {str(each.arg): ast.literal_eval(each.value) for each in call.keywords}


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("style")
    parser.add_argument("settings", nargs="+")
    parser.add_argument("--effort", default="quick", choices=EFFORTS)
    asked = parser.parse_args()
    corpus, _ = corpus_and_styles(asked)
    usual = styles()[asked.style]
    pieces = real_music(corpus, asked.style, 2 * asked.count, np.random.default_rng(0))
    real = [feature_critic.features(piece.beginning, piece.end) for piece in pieces]
    print("| setting | critic | AUC | distance | seconds | telling (ours, real) |\n|-|-:|-:|-:|-:|-|", flush=True)
    for text in asked.settings:
        styles()[asked.style] = replace(usual, **setting(text))
        began, scores = time.process_time(), []
        for seed in range(FIRST_SEED, FIRST_SEED + asked.count, TOGETHER):
            works = firmus.compose(style=asked.style, bars=BARS, seed=seed, count=TOGETHER, effort=asked.effort)
            scores += [work.score for work in works]
        seconds = time.process_time() - began
        judged = [critic.judge(score, usual.model_style or asked.style).whole for score in scores]
        heard = [comparable(asked.style, score) for score in scores]
        ours = [feature_critic.features(score, score) for score in heard]
        area, low, high = feature_critic.auc(ours, real)
        telling = feature_critic.telling(ours, real, len(feature_critic.NAMES))
        distance = np.mean([abs(alone - 0.5) for _, alone in telling])
        named = []
        for name, _ in telling[:TELLING]:
            sides = [np.nanmean([each[feature_critic.NAMES.index(name)] for each in side]) for side in (ours, real)]
            named.append(f"{name} {sides[0]:.2f}, {sides[1]:.2f}")
        print(f"| {text or 'as it is'} | {np.mean(judged):.2f} ± {np.std(judged) / len(judged) ** 0.5:.2f} | "
              f"{area:.2f} ({low:.2f} to {high:.2f}) | {distance:.3f} | {seconds:.0f} | {'; '.join(named)} |",
              flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
