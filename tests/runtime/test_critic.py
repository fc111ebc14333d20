"""The critic prefers music to what is left of it, and hears nothing that a file decides."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from firmus import formats
from firmus.runtime import critic
from firmus.score import Key, Note, Part, Score, Tempo
from firmus.timing import bars

NAMES = (
    "42dHighlandRegimentStrathspey", "AbithaMugginsFavoriteReel", "AldridgesHornpipe", "AllAboardReel",
    "AllTheRageReel", "AllTheWayToGalwayReel", "AlmacksHornpipe", "AroundTheWorldReel", "AspinwallHornpipe",
    "BabbitsHornpipe", "BattleTheCashJig", "BeebesHornpipe",
)  # of Ryan's Mammoth Collection (1883)  # fmt: skip


@pytest.fixture(scope="module")
def tunes():
    music21 = pytest.importorskip("music21")
    folder = Path(music21.__file__).parent / "corpus" / "ryansMammoth"
    return [formats.read(folder / f"{name}.abc", trusted=True) for name in NAMES]


def noted(score, change):
    """The score with every note changed by a function of its place in its part and itself."""
    parts = (replace(part, notes=tuple(change(*each) for each in enumerate(part.notes))) for part in score.parts)
    return replace(score, parts=tuple(parts))


def shuffled_pitches(score, generator):
    pitches = generator.permutation([note.pitch for note in score.parts[0].notes]).tolist()
    return noted(score, lambda place, note: replace(note, pitch=pitches[place]))


def one_bar(score, _):
    first = bars(score)[1]
    bar = [note for note in score.parts[0].notes if first.start <= note.start < first.end]
    starts = [each.start for each in bars(score)]
    notes = tuple(replace(note, start=note.start - first.start + start) for start in starts for note in bar)
    return replace(score, parts=(replace(score.parts[0], notes=notes),))


def wild_leaps(score, generator):
    return noted(score, lambda _, note: replace(note, pitch=note.pitch + 12 * int(generator.integers(-1, 2))))


@pytest.mark.parametrize("damage", [shuffled_pitches, one_bar, wild_leaps])
def test_a_tune_is_preferred_to_what_damage_leaves_of_it(tunes, damage):
    generator = np.random.default_rng(1)
    pairs = [(tune, damage(tune, generator)) for tune in tunes]
    better = [critic.judge(tune, "folk").whole > critic.judge(damaged, "folk").whole for tune, damaged in pairs]
    assert np.mean(better) >= 0.9
    assert np.mean([critic.preferred([damaged, tune], "folk", 4, 8) for tune, damaged in pairs]) >= 0.75


CHANGES = {
    "loudness": lambda score: noted(score, lambda place, note: replace(note, velocity=1 + place % 127)),
    "gaps": lambda score: noted(score, lambda _, note: replace(note, duration=max(20, note.duration - 30))),
    "grid": lambda score: noted(score, lambda place, note: replace(note, start=max(0, note.start + place % 5 - 2))),
    "key": lambda score: score.transposed(-5),
    "marks": lambda score: replace(
        score,
        parts=tuple(replace(part, name="Track", program=5, volume=30) for part in score.parts),
        tempi=(Tempo(0, 61),), keys=(Key(0, "F#"),), title="A File", composer="Nobody",
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_file_decides_is_not_heard(tunes, change):
    for tune in tunes[:4]:
        changed = CHANGES[change](tune)
        assert changed != tune
        before, after = (critic.judge(each, "folk", 0, 8) for each in (tune, changed))
        assert after.whole == pytest.approx(before.whole, abs=1e-3)
        assert after.bars == pytest.approx(before.bars, abs=1e-3)


def test_twice_the_length_is_not_better(tunes):
    for tune in tunes[:4]:
        again = tuple(replace(note, start=note.start + tune.end) for note in tune.parts[0].notes)
        longer = replace(tune, parts=(replace(tune.parts[0], notes=tune.parts[0].notes + again),))
        assert abs(critic.judge(longer, "folk").whole - critic.judge(tune, "folk").whole) < 1.5


def test_the_damaged_bars_are_the_weakest(tunes):
    generator, found = np.random.default_rng(2), []
    for tune in tunes:
        spoilt = [bar for bar in bars(tune) if bar.number > 0][8:12]
        inside = range(spoilt[0].start, spoilt[-1].end)
        drawn = generator.integers(50, 90, len(tune.parts[0].notes)).tolist()
        damaged = noted(
            tune, lambda place, note: replace(note, pitch=drawn[place]) if note.start in inside else note  # noqa: B023
        )  # fmt: skip
        judged = critic.judge(damaged, "folk")
        found.append(abs(judged.weakest(4) - 8) <= 2)
    assert np.mean(found) >= 0.75


def test_every_bar_is_judged_and_ranks_are_shares(tunes):
    judged = critic.judge(tunes[0], "folk")
    assert len(judged.bars) == sum(bar.number > 0 for bar in bars(tunes[0]))
    assert 0 <= judged.rank <= 1
    silence = Score((Part("Flute", ()),), end=16 * 1920)
    assert critic.judge(silence, "folk").rank == 0
    assert len(critic.judge(tunes[0], "folk", 4, 12).bars) == 8


def test_what_it_has_not_learnt_or_is_too_short_is_not_judged(tunes):
    assert critic.judge(tunes[0], "polka band") is None
    assert critic.judge(Score((Part("Flute", (Note(0, 480, 60),)),)), "folk") is None
    assert critic.preferred(tunes[:2], "polka band", 0, 4) == 0
