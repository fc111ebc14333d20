"""The audible label of AI-generated sound: the rhythm short, long, short, short, before the music.

Source: GB 45438-2025, 5.3, as quoted by others: the rhythm is that of "AI" in Morse code; it stands at the beginning,
the end, or a suitable place in the middle. Lengths and pitch are ours: nothing is said of them where we could read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firmus.render.synth import Audio

SHORT, LONG, GAP, BETWEEN = 0.12, 0.36, 0.12, 0.36  # seconds; between the letters A and I a longer gap
HERTZ, LEVEL, EDGE = 880.0, 0.2, 0.005  # level of full scale; seconds in which a tone swells and fades
RHYTHM = ((SHORT, GAP), (LONG, BETWEEN), (SHORT, GAP), (SHORT, 0.6))
"""Length of each tone, and of the silence behind it."""


def with_label(audio: Audio) -> Audio:
    """The sound behind its audible label.

    Examples
    --------
    >>> import numpy as np
    >>> from firmus.render.synth import Audio
    >>> with_label(Audio(np.zeros((441, 2), np.float32), 44100)).seconds
    1.93
    """
    import numpy as np

    from firmus.render.synth import Audio

    rate, pieces = audio.sample_rate, []
    for length, silence in RHYTHM:
        time = np.arange(round(length * rate)) / rate
        envelope = np.minimum(1, np.minimum(time, time[::-1]) / EDGE)
        tone = LEVEL * envelope * np.sin(2 * np.pi * HERTZ * time)
        pieces += [np.repeat(tone[:, None], 2, 1), np.zeros((round(silence * rate), 2))]
    return Audio(np.concatenate([*pieces, audio.samples]).astype(np.float32), rate)
