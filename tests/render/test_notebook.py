from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass

import soundfile

from firmus.render.notebook import html
from firmus.score import Note, Part, Score


@dataclass
class Holder:
    score: Score


def melody(count: int) -> Score:
    return Score(
        (Part("Flute", tuple(Note(480 * i, 480, 60 + i % 12) for i in range(count)), program=73),), title="<A>"
    )


def picture(text: str) -> str:
    found = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', text)
    assert found is not None
    return base64.b64decode(found[1]).decode()


def test_a_short_score_is_engraved_and_heard() -> None:
    text = html(Holder(melody(8)))
    assert len(re.findall(r'class="note"', picture(text))) == 8
    assert 'alt="&lt;A&gt;"' in text
    found = re.search(r'src="data:audio/mpeg;base64,([^"]+)"', text)
    assert found is not None
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(found[1])))
    assert abs(len(samples) / rate - 6.0) < 0.2
    assert abs(samples).max() > 0.1


def test_a_long_score_is_a_roll_and_audio_can_be_left_out() -> None:
    text = html(melody(400), audio=False)
    assert picture(text).count('class="note"') == 400
    assert "stroke" in picture(text)
    assert "<audio" not in text


def test_nothing_at_all_can_be_shown() -> None:
    assert "<svg" in picture(html(Score(), audio=False))
