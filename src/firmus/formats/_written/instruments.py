"""General MIDI programs of instruments that a score names in words."""

from __future__ import annotations

import re

# Words of MusicXML sound names and of instrument names in English, German, French, Italian, Latin and Polish; the first
# pattern that is found decides, so what contains another name stands before it.
_WORDS = (
    (r"contrabassoon|double bassoon|kontrafagott", 70), (r"bassoon|fagot|basson\b", 70),
    (r"english.horn|cor anglais|englischhorn", 69), (r"oboe|oboi\b|hautbo|obój|oboj", 68),
    (r"bass.clarinet|clarinet|clarnett|klarinette|klarnet", 71), (r"piccolo", 72),
    (r"pan.?flute|panpipes", 75), (r"recorder|blockfl", 74), (r"flute|fl[öo]te|flaut|\bflet", 73),
    (r"soprano.sax", 64), (r"tenor.sax", 66), (r"baritone.sax", 67), (r"sax", 65),
    (r"flugelhorn|cornet|trumpet|trompete|tromb[ae]\b|trompette|clarin[io]\b|tr[ąa]bk", 56),
    (r"trombon|posaune|puzon", 57),
    (r"tuba|euphonium|sousaphone", 58),
    (r"\bhorn|\bcor\b|\bcorn[ou]|\bcorni\b|waltorni|brass\.natural|french.horn", 60),
    (r"basso contin|fundament|fondament", 19),
    (r"contrabas|double.?bass|kontrabas|violone|strings\.contrabass|\bbassi\b", 43),
    (r"cello|violoncell|wiolonczel", 42), (r"viola\b|viole\b|bratsche|altówk|\balto violin", 41), (r"fiddle", 110),
    (r"violin|violon|geige|skrzyp", 40), (r"timpan|tympan|pauken|timbales|kotły", 47),
    (r"harpsichord|cembalo|clavecin", 6),
    (r"\bharp|harfe|arpa", 46), (r"bass.?guitar|electric bass|e-?bass", 33),
    (r"electric.guitar|pluck\.guitar\.electric", 27), (r"steel.guitar", 25), (r"guitar|gitarre|chitarra", 24),
    (r"banjo", 105), (r"mandolin|lute|ukulele", 24), (r"celest", 8), (r"glockenspiel", 9), (r"music box", 10),
    (r"vibraphone", 11), (r"marimba", 12), (r"xylophone", 13), (r"tubular|chimes", 14), (r"dulcimer", 15),
    (r"harmonium|fisharmoni|physharmoni|reed.organ", 20),
    (r"accordion|akkordeon", 21), (r"harmonica", 22), (r"organ|orgel|orgue|continuo|fundament", 19),
    (r"electric.piano|rhodes|wurlitzer", 4), (r"clavichord|clavinet", 7), (r"piano|fortepian|klavier|keyboard", 0),
    (r"bagpipe", 109), (r"sitar", 104), (r"koto", 107), (r"shamisen", 106), (r"ocarina", 79), (r"whistle", 78),
    (r"synth", 81), (r"\bstrings?\b.*(group|ensemble|section)|^strings$", 48),
    (r"voice|vocal|choir|chor\b|chorus|soprano|sopran\b|mezzo|\balto\b|\balt\b|tenor|baritone|bariton|"
     r"\bbass(o|us|vs)?\b|\bbas\b|\bcant(us|vs)\b|\balt(us|vs)\b|discant|śpiew|chór|\bvox\b|\bvoc[ei]\b|głos|"
     r"singstimme|gesang|canto|chant\b", 52),
)  # fmt: skip
_PATTERNS = tuple((re.compile(pattern), program) for pattern, program in _WORDS)


def program_of(text: str) -> int | None:
    """General MIDI program for a MusicXML sound name or the name of an instrument or voice; None if unknown.

    Examples
    --------
    >>> program_of("wind.reed.clarinet.bflat"), program_of("Violoncello"), program_of("Thing")
    (71, 42, None)
    """
    lowered = text.lower().replace("-", " ")
    return next((program for pattern, program in _PATTERNS if pattern.search(lowered)), None)
