"""Every verb with every model that does it: the same seed gives the same piece, release after release.

What stands around the notes (title, bars, parts, marks, spans that were composed, rules) must be alike everywhere.
The notes follow from arithmetic that differs from one processor to the next, so they are compared where the composer's
logits are, bit for bit, those of a machine on which the pieces were written down; `machine` tells machines apart.

``python tests/golden/test_works.py`` writes the pieces anew, of this machine.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import firmus
from firmus.formats.json import to_dict
from firmus.runtime import stepper
from firmus.runtime.weights import cards
from firmus.score import Meter, Note, Part, Score, Tempo

FILE = Path(__file__).parent / "works.json"
TUNE = [67, 69, 71, 72, 74, 71, 67, 0, 69, 71, 72, 69, 66, 67, 67, 0]
COMPOSED = {
    "chorale": {"style": "chorale", "bars": 3}, "wishes": {"style": "hymn", "bars": 2, "mood": "calm", "density": 0.3},
    "chords": {"style": "song", "chords": "G D,C | G", "bars": 3}, "form": {"style": "folk", "form": "A2B2A'2"},
    "sheet": {"style": "lead-sheet", "bars": 4, "key": "D minor", "meter": "3/4"},
    "band": {"style": "band", "bars": 2, "count": 2}, "drums": {"style": "drums", "bars": 2},
    "seconds": {"style": "quartet", "seconds": 6, "tempo": 100, "ranges": {"Cello": "C2-C4"}},
    "parts": {"style": "piano", "bars": 2, "temperature": 0.7, "top_p": 0.9, "loose": ("key",), "key": "E major"},
}  # fmt: skip


def tune(times: int = 1, semitones: int = 0) -> Score:
    """Four bars of one part, typed in by us, so many times."""
    notes = tuple(Note(480 * place, 480, pitch + semitones) for place, pitch in enumerate(TUNE * times) if pitch)
    return Score((Part("Tune", notes, 73),), (Meter(0, 4, 4),), (Tempo(0, 96),), title="Tune")


def groove() -> Score:
    """Two bars of drums, as a machine plays them."""
    hits = [(step * 240, 42) for step in range(16)] + [(beat * 960, 36) for beat in range(4)]
    hits += [(480 + beat * 960, 38) for beat in range(4)]
    part = Part("Drums", tuple(Note(start, 120, pitch, 90) for start, pitch in hits), is_drums=True)
    return Score((part,), (Meter(0, 4, 4),), (Tempo(0, 110),), title="Groove")


def asked() -> dict[str, tuple[str, tuple[Score, ...], dict]]:
    """Verb, scores and options of each case, by its name."""
    able = {verb: [name for name, card in cards().items() if verb in card.tasks] for verb in ("compose", "vary")}
    cases = {
        f"compose {name}": ("compose", (), {"meter": "4/4", **options, "seed": 7}) for name, options in COMPOSED.items()
    }
    for name in able["compose"]:
        cases[f"compose with {name}"] = (
            "compose",
            (),
            {"model": name, "bars": 4, "meter": "4/4", "seed": 3, "count": 2},
        )
    for name in able["vary"]:
        source = groove() if name == "vae-groove" else tune(4)
        cases[f"vary with {name}"] = ("vary", (source,), {"model": name, "seed": 5, "amount": 0.5})
    for name in ("composer", "recurrent"):
        with_seed = {"model": name, "seed": 11}
        cases[f"continue with {name}"] = ("extend", (tune(),), {**with_seed, "bars": 2, "chords": "G C"})
        cases[f"infill with {name}"] = ("infill", (tune(),), {**with_seed, "bars": "2-3", "key": "G major"})
        cases[f"harmonise with {name}"] = ("harmonise", (tune(),), {**with_seed, "style": "chorale"})
        cases[f"accompany with {name}"] = ("accompany", (tune(),), {**with_seed, "style": "song", "chords": "G D"})
    cases["accompany a sheet"] = ("accompany", (tune(),), {"style": "lead-sheet", "seed": 2})
    cases["accompany with gan-band"] = ("accompany", (tune(),), {"model": "gan-band", "seed": 2})
    cases["humanise"] = ("humanise", (groove(),), {"seed": 4})
    for name in ("vae-melody", "vae-melody-16", "vae-gan"):
        cases[f"interpolate with {name}"] = (
            "interpolate",
            (tune(4), tune(4, 5)),
            {"model": name, "steps": 3, "seed": 6},
        )
    return cases


def made(name: str) -> dict:
    """What a case comes to: what stands around the notes, and a digest of the notes."""
    verb, scores, options = asked()[name]
    works = getattr(firmus, verb)(*scores, **options)
    around, notes = [], []
    for work in works if isinstance(works, list) else [works]:
        score, origin = to_dict(work.score), work.origin
        notes.append([[part["notes"] for part in score["parts"]], score.get("chords"), origin.measured])
        parts = [{key: value for key, value in part.items() if key != "notes"} for part in score["parts"]]
        around.append([
            origin.task, origin.model, origin.seed, origin.brief, origin.composed, origin.source,
            {key: value for key, value in score.items() if key not in ("parts", "chords", "title", "keys", "tempi")},
            parts,
        ])  # fmt: skip
    return {"around": _digest(around), "notes": _digest([notes, [each[6] for each in around]])}


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=list).encode()).hexdigest()[:16]


@cache
def machine() -> str:
    """What tells machines apart whose arithmetic differs: digest of the logits after a prompt."""
    loaded = stepper.load("composer")
    slots = np.zeros((8, 3), np.int64)
    logits = loaded.feed(np.arange(8), slots, loaded.start(8))
    return hashlib.sha256(np.asarray(logits, np.float32).tobytes()).hexdigest()[:16]


@pytest.mark.parametrize("name", sorted(asked()))
def test_the_same_seed_gives_the_piece_it_gave(name):
    known = json.loads(FILE.read_text())
    now = made(name)
    assert now["around"] == known["around"][name], "what stands around the notes has changed"
    notes = known["notes"].get(machine(), {})
    assert now["notes"] == notes.get(name, now["notes"]), "the notes have changed"


def test_every_verb_that_makes_works_and_every_model_that_composes_is_compared():
    cases = asked().values()
    assert {verb for verb, *_ in cases} == {
        "compose", "extend", "infill", "harmonise", "accompany", "vary", "humanise", "interpolate",
    }  # fmt: skip
    composing = {name for name, card in cards().items() if "compose" in card.tasks or "vary" in card.tasks}
    assert composing <= {options.get("model", "composer") for *_, options in cases}


if __name__ == "__main__":
    known = json.loads(FILE.read_text()) if FILE.exists() else {"around": {}, "notes": {}}
    found = {name: made(name) for name in sorted(asked())}
    same = known["around"] == {name: each["around"] for name, each in found.items()}
    known["notes"] = {**(known["notes"] if same else {}), machine(): {n: each["notes"] for n, each in found.items()}}
    known["around"] = {name: each["around"] for name, each in found.items()}
    FILE.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
