"""General MIDI programs and drum keys: their names and notation in MusicXML."""

from __future__ import annotations

import re

# The 128 programs of General MIDI, level 1.
PROGRAMS = (
    "Acoustic Grand Piano", "Bright Acoustic Piano", "Electric Grand Piano", "Honky-tonk Piano",
    "Electric Piano 1", "Electric Piano 2", "Harpsichord", "Clavinet", "Celesta", "Glockenspiel", "Music Box",
    "Vibraphone", "Marimba", "Xylophone", "Tubular Bells", "Dulcimer", "Drawbar Organ", "Percussive Organ",
    "Rock Organ", "Church Organ", "Reed Organ", "Accordion", "Harmonica", "Tango Accordion",
    "Acoustic Guitar (nylon)", "Acoustic Guitar (steel)", "Electric Guitar (jazz)", "Electric Guitar (clean)",
    "Electric Guitar (muted)", "Overdriven Guitar", "Distortion Guitar", "Guitar Harmonics", "Acoustic Bass",
    "Electric Bass (finger)", "Electric Bass (pick)", "Fretless Bass", "Slap Bass 1", "Slap Bass 2",
    "Synth Bass 1", "Synth Bass 2", "Violin", "Viola", "Cello", "Contrabass", "Tremolo Strings",
    "Pizzicato Strings", "Orchestral Harp", "Timpani", "String Ensemble 1", "String Ensemble 2",
    "Synth Strings 1", "Synth Strings 2", "Choir Aahs", "Voice Oohs", "Synth Voice", "Orchestra Hit", "Trumpet",
    "Trombone", "Tuba", "Muted Trumpet", "French Horn", "Brass Section", "Synth Brass 1", "Synth Brass 2",
    "Soprano Sax", "Alto Sax", "Tenor Sax", "Baritone Sax", "Oboe", "English Horn", "Bassoon", "Clarinet",
    "Piccolo", "Flute", "Recorder", "Pan Flute", "Blown Bottle", "Shakuhachi", "Whistle", "Ocarina",
    "Lead 1 (square)", "Lead 2 (sawtooth)", "Lead 3 (calliope)", "Lead 4 (chiff)", "Lead 5 (charang)",
    "Lead 6 (voice)", "Lead 7 (fifths)", "Lead 8 (bass + lead)", "Pad 1 (new age)", "Pad 2 (warm)",
    "Pad 3 (polysynth)", "Pad 4 (choir)", "Pad 5 (bowed)", "Pad 6 (metallic)", "Pad 7 (halo)", "Pad 8 (sweep)",
    "FX 1 (rain)", "FX 2 (soundtrack)", "FX 3 (crystal)", "FX 4 (atmosphere)", "FX 5 (brightness)",
    "FX 6 (goblins)", "FX 7 (echoes)", "FX 8 (sci-fi)", "Sitar", "Banjo", "Shamisen", "Koto", "Kalimba",
    "Bagpipe", "Fiddle", "Shanai", "Tinkle Bell", "Agogo", "Steel Drums", "Woodblock", "Taiko Drum",
    "Melodic Tom", "Synth Drum", "Reverse Cymbal", "Guitar Fret Noise", "Breath Noise", "Seashore",
    "Bird Tweet", "Telephone Ring", "Helicopter", "Applause", "Gunshot",
)  # fmt: skip

# MusicXML 4.0 sound names of the programs that have one.
SOUNDS = {
    0: "keyboard.piano.grand", 6: "keyboard.harpsichord", 8: "keyboard.celesta", 9: "pitched-percussion.glockenspiel",
    11: "pitched-percussion.vibraphone", 12: "pitched-percussion.marimba", 13: "pitched-percussion.xylophone",
    19: "keyboard.organ.pipe", 20: "keyboard.organ.reed", 21: "keyboard.accordion", 22: "wind.reed.harmonica",
    24: "pluck.guitar.nylon-string", 25: "pluck.guitar.steel-string", 27: "pluck.guitar.electric",
    32: "pluck.bass.acoustic", 33: "pluck.bass.electric", 40: "strings.violin", 41: "strings.viola",
    42: "strings.cello", 43: "strings.contrabass", 46: "pluck.harp", 47: "drum.timpani", 48: "strings.group",
    52: "voice.aa", 53: "voice.oo", 56: "brass.trumpet", 57: "brass.trombone", 58: "brass.tuba",
    60: "brass.french-horn", 64: "wind.reed.saxophone.soprano", 65: "wind.reed.saxophone.alto",
    66: "wind.reed.saxophone.tenor", 67: "wind.reed.saxophone.baritone", 68: "wind.reed.oboe",
    69: "wind.reed.english-horn", 70: "wind.reed.bassoon", 71: "wind.reed.clarinet", 72: "wind.flutes.flute.piccolo",
    73: "wind.flutes.flute", 74: "wind.flutes.recorder",
}  # fmt: skip

# Positions of General MIDI drum keys on a percussion staff, and with which notehead (after N. Weinberg,
# "Guidelines for Drumset Notation", 1994); a key not in the table stands on the third line.
DRUMS = {
    35: ("F", 4, "normal"), 36: ("F", 4, "normal"), 37: ("C", 5, "x"), 38: ("C", 5, "normal"), 39: ("C", 5, "triangle"),
    40: ("C", 5, "normal"), 41: ("G", 4, "normal"), 42: ("G", 5, "x"), 43: ("A", 4, "normal"), 44: ("D", 4, "x"),
    45: ("B", 4, "normal"), 46: ("G", 5, "circle-x"), 47: ("D", 5, "normal"), 48: ("E", 5, "normal"),
    49: ("A", 5, "x"), 50: ("F", 5, "normal"), 51: ("F", 5, "x"), 52: ("B", 5, "x"), 53: ("F", 5, "diamond"),
    54: ("E", 5, "triangle"), 55: ("B", 5, "x"), 56: ("E", 5, "triangle"), 57: ("A", 5, "x"), 59: ("F", 5, "x"),
}  # fmt: skip


DRUM_NAMES = {
    35: "Acoustic Bass Drum", 36: "Bass Drum 1", 37: "Side Stick", 38: "Acoustic Snare", 39: "Hand Clap",
    40: "Electric Snare", 41: "Low Floor Tom", 42: "Closed Hi-Hat", 43: "High Floor Tom", 44: "Pedal Hi-Hat",
    45: "Low Tom", 46: "Open Hi-Hat", 47: "Low-Mid Tom", 48: "Hi-Mid Tom", 49: "Crash Cymbal 1", 50: "High Tom",
    51: "Ride Cymbal 1", 52: "Chinese Cymbal", 53: "Ride Bell", 54: "Tambourine", 55: "Splash Cymbal",
    56: "Cowbell", 57: "Crash Cymbal 2", 58: "Vibraslap", 59: "Ride Cymbal 2", 60: "Hi Bongo", 61: "Low Bongo",
    62: "Mute Hi Conga", 63: "Open Hi Conga", 64: "Low Conga", 65: "High Timbale", 66: "Low Timbale",
    67: "High Agogo", 68: "Low Agogo", 69: "Cabasa", 70: "Maracas", 71: "Short Whistle", 72: "Long Whistle",
    73: "Short Guiro", 74: "Long Guiro", 75: "Claves", 76: "Hi Wood Block", 77: "Low Wood Block",
    78: "Mute Cuica", 79: "Open Cuica", 80: "Mute Triangle", 81: "Open Triangle",
}  # fmt: skip
_SHORT = {
    "soprano": "S.", "mezzo-soprano": "Mzs.", "alto": "A.", "tenor": "T.", "baritone": "Bar.", "bass": "B.",
    "voice": "V.", "piano": "Pno.", "harpsichord": "Hpschd.", "organ": "Org.", "violin": "Vln.", "viola": "Vla.",
    "violoncello": "Vc.", "cello": "Vc.", "contrabass": "Cb.", "double bass": "Db.", "flute": "Fl.", "oboe": "Ob.",
    "clarinet": "Cl.", "bassoon": "Bsn.", "horn": "Hn.", "french horn": "Hn.", "trumpet": "Tpt.",
    "trombone": "Tbn.", "tuba": "Tba.", "guitar": "Gtr.", "harp": "Hp.", "timpani": "Timp.", "drums": "Dr.",
    "melody": "Mel.", "drumset": "Dr.", "strings": "Str.", "choir": "Ch.",
}  # fmt: skip


def abbreviation(name: str) -> str:
    """Short form of a part's name, as it stands before the later systems; "" where none is usual.

    Examples
    --------
    >>> abbreviation("Violin II"), abbreviation("Soprano"), abbreviation("Lead")
    ('Vln. II', 'S.', '')
    """
    match = re.fullmatch(r"(.*?)(\s+(?:[IVX]+|\d+))?", name.strip())
    word, count = (match[1], match[2] or "") if match else (name, "")
    abbreviated = _SHORT.get(word.lower(), "")
    return abbreviated + count if abbreviated else ""
