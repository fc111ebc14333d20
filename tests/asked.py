"""The pieces that `requests.json` asks about: a string quartet, a song and a band."""

from firmus.score import Key, Meter, Note, Part, Score, Tempo


def _line(pitches, beats, step=480):
    return tuple(Note(place * step, step, pitches[place % len(pitches)]) for place in range(beats))


QUARTET = Score(
    (
        Part("Violin I", _line((76, 79, 77, 74), 64), 40),
        Part("Violin II", _line((67, 71, 69, 65), 64), 40),
        Part("Viola", _line((60, 62, 60, 59), 64), 41),
        Part("Cello", _line((48, 43, 53, 55), 64), 42),
    ),
    meters=(Meter(0, 4, 4),),
    tempi=(Tempo(0, 96),),
    keys=(Key(0, "C"),),
)
SONG = Score(
    (
        Part("Voice", _line((67, 69, 71, 74), 48), 52),
        Part("Piano right", _line((71, 74, 79), 48), 0),
        Part("Piano left", _line((43, 50, 55), 48), 0),
    ),
    meters=(Meter(0, 3, 4),),
    tempi=(Tempo(0, 80),),
    keys=(Key(0, "G"),),
)
BAND = Score(
    (
        Part("Melody", _line((69, 72, 76, 74), 32), 73),
        Part("Guitar", _line((57, 60, 64), 32), 25),
        Part("Bass", _line((33, 40), 32), 33),
        Part("Drums", _line((36, 42, 38, 42), 64, 240), 0, is_drums=True),
    ),
    meters=(Meter(0, 4, 4),),
    tempi=(Tempo(0, 120),),
    keys=(Key(0, "A", "minor"),),
)
PIECES = {"quartet": QUARTET, "song": SONG, "band": BAND, "none": None}
