"""Notes, rests and signatures as MusicXML text."""

from __future__ import annotations

from firmus.formats.musicxml.harmony import DEGREES, KIND_OF
from firmus.formats.musicxml.instruments import DRUMS
from firmus.formats.musicxml.values import FULL_VELOCITY
from firmus.notation.layout import Clef
from firmus.notation.measures import PartLayout, Segment
from firmus.pitch import NO_CHORD
from firmus.score import Chord, Key, Meter, Note

ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
_NORMAL_TYPES = {3: "", 5: "16th", 7: "16th"}


def note_id(part: int, index: int, segment: int = 0) -> str:
    """Id of a note: its part's and its own place in the Score, and which of its tied segments.

    Examples
    --------
    >>> note_id(0, 12), note_id(0, 12, 1)
    ('n0-12', 'n0-12t1')
    """
    return f"n{part}-{index}" + (f"t{segment}" if segment else "")


class NoteWriter:
    """Writes the notes of one part; tracks the dynamic level in force."""

    def __init__(self, layout: PartLayout, level: int) -> None:
        self.layout = layout
        self.level = level

    def segment(self, segment: Segment, staff: int, voice: int, stem: str) -> str:
        """XML of one chord or rest."""
        if segment.chord is None:
            return self._rest(segment, staff, voice)
        notes = sorted(segment.chord.notes, key=lambda note: self.layout.notes[note].pitch)
        return "".join(
            self._note(segment, note, staff, (voice, stem), chord=place > 0) for place, note in enumerate(notes)
        )

    def _rest(self, segment: Segment, staff: int, voice: int) -> str:
        value = segment.value
        duration = value.end - value.start
        if segment.hidden:
            return f"<forward><duration>{duration}</duration></forward>"
        rest = '<rest measure="yes"/>' if segment.whole_bar else "<rest/>"
        kind = "" if segment.whole_bar else _type(segment)
        return (
            f"<note>{rest}<duration>{duration}</duration><voice>{voice}</voice>{kind}"
            f"{_modification(segment)}{self._staff(staff)}{_notations(segment, first=True)}</note>"
        )

    def _note(self, segment: Segment, index: int, staff: int, voice_and_stem: tuple[int, str], chord: bool) -> str:
        note, value = self.layout.notes[index], segment.value
        ties = '<tie type="stop"/>' * segment.tied_from + '<tie type="start"/>' * segment.tied_to
        pitch, instrument, head = self._pitch(index, note)
        accidental = ""
        if index in segment.accidentals:
            accidental = f"<accidental>{ACCIDENTALS[self.layout.spelling[index][1]]}</accidental>"
        voice, stem = voice_and_stem
        if self.layout.is_drums:
            stem = "up"
        beams = (
            ""
            if chord
            else "".join(f'<beam number="{level}">{word}</beam>' for level, word in enumerate(segment.beams, 1))
        )
        return (
            f'<note id="{note_id(*self.layout.ids[index], segment.number)}"{self._playing(segment, index, note)}>'
            f"{'<chord/>' if chord else ''}{pitch}<duration>{value.end - value.start}</duration>{ties}{instrument}"
            f"<voice>{voice}</voice>{_type(segment)}{accidental}{_modification(segment)}"
            f"{f'<stem>{stem}</stem>' if stem else ''}{head}{self._staff(staff)}{beams}"
            f"{_notations(segment, first=not chord)}</note>"
        )

    def _staff(self, staff: int) -> str:
        return f"<staff>{staff}</staff>" if self.layout.staves > 1 else ""

    def _pitch(self, index: int, note: Note) -> tuple[str, str, str]:
        if self.layout.is_drums:
            step, octave, head = DRUMS.get(note.pitch, ("B", 4, "normal"))
            pitch = (
                f"<unpitched><display-step>{step}</display-step><display-octave>{octave}</display-octave></unpitched>"
            )
            instrument = f'<instrument id="P{self.layout.parts[0] + 1}-I{note.pitch + 1}"/>'
            return pitch, instrument, "" if head == "normal" else f"<notehead>{head}</notehead>"
        step, alter, octave = self.layout.spelling[index]
        altered = f"<alter>{alter}</alter>" if alter else ""
        return f"<pitch><step>{step}</step>{altered}<octave>{octave}</octave></pitch>", "", ""

    def _playing(self, segment: Segment, index: int, note: Note) -> str:
        """Attributes for what notation cannot represent: velocity, and time off the grid."""
        start, end = self.layout.times[index]
        text = ""
        if not segment.tied_from:
            if note.velocity != self.level:
                text += f' dynamics="{percent(note.velocity)}"'
            if note.start != start:
                text += f' attack="{note.start - start}"'
        if not segment.tied_to and note.end != end:
            text += f' release="{note.end - end}"'
        return text


def percent(velocity: int) -> str:
    """Velocity as MusicXML's percent of 90."""
    return f"{velocity / FULL_VELOCITY:.2f}"


def _type(segment: Segment) -> str:
    return f"<type>{segment.value.name}</type>" + "<dot/>" * segment.value.dots


def _modification(segment: Segment) -> str:
    span = segment.value.span
    if span is None:
        return ""
    kind = _NORMAL_TYPES[span.actual] if span.end - span.start == 480 else ""
    normal = f"<normal-type>{kind}</normal-type>" if kind else ""
    return (
        f"<time-modification><actual-notes>{span.actual}</actual-notes>"
        f"<normal-notes>{span.normal}</normal-notes>{normal}</time-modification>"
    )


def _notations(segment: Segment, first: bool) -> str:
    text = '<tied type="stop"/>' * segment.tied_from + '<tied type="start"/>' * segment.tied_to
    if first and segment.tuplet_starts:
        text += f'<tuplet type="start" bracket="{"no" if segment.beams else "yes"}"/>'
    if first and segment.tuplet_stops:
        text += '<tuplet type="stop"/>'
    return f"<notations>{text}</notations>" if text else ""


# -- signatures and symbols -----------------------------------------------------------------------------------


def key_xml(key: Key, is_printed: bool) -> str:
    """Key signature with its mode; drums know the key, but do not print it."""
    hidden = "" if is_printed else ' print-object="no"'
    return f"<key{hidden}><fifths>{key.signature}</fifths><mode>{key.church_mode or key.mode}</mode></key>"


def meter_xml(meter: Meter, is_printed: bool) -> str:
    """Time signature; one that only restarts the bar is not printed."""
    hidden = "" if is_printed else ' print-object="no"'
    return f"<time{hidden}><beats>{meter.numerator}</beats><beat-type>{meter.denominator}</beat-type></time>"


def clef_xml(clef: Clef, number: int) -> str:
    """Clef of a staff."""
    line = f"<line>{clef.line}</line>" if clef.line else ""
    octave = f"<clef-octave-change>{clef.octave}</clef-octave-change>" if clef.octave else ""
    return f'<clef number="{number}"><sign>{clef.sign}</sign>{line}{octave}</clef>'


def harmony_xml(chord: Chord, offset: str) -> str:
    """Chord symbol."""
    if chord.root == NO_CHORD:
        root, kind = '<root><root-step text="">C</root-step></root>', '<kind text="N.C.">none</kind>'
        return f"<harmony>{root}{kind}{offset}</harmony>"
    name, degrees = DEGREES.get(chord.quality, (KIND_OF.get(chord.quality, "major"), ()))
    altered = "".join(
        f'<degree print-object="no"><degree-value>{value}</degree-value><degree-alter>{alter}</degree-alter>'
        f"<degree-type>{kind}</degree-type></degree>"
        for value, alter, kind in degrees
    )
    bass = _named("bass", chord.bass) if chord.bass else ""
    named = f'{_named("root", chord.root)}<kind text="{chord.quality}">{name}</kind>{bass}'
    return f"<harmony>{named}{altered}{offset}</harmony>"


def _named(what: str, name: str) -> str:
    alter = name.count("#") - name.count("b")
    altered = f"<{what}-alter>{alter}</{what}-alter>" if alter else ""
    return f"<{what}><{what}-step>{name[0]}</{what}-step>{altered}</{what}>"
