"""Twenty-three thousand damaged files and a shelf of bombs: nothing but a valid Score or a FormatError, and soon.

A failure names the format and the number of the mutation; ``damaged(name, number)`` makes it again.
"""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable
from functools import cache

import pytest

from firmus import plugins
from firmus.errors import FormatError
from firmus.formats import json as firmus_json
from firmus.formats._sandbox import process
from firmus.score import Chord, Key, Meter, Note, Part, Score, Section, Tempo
from processor import within

FORMATS = plugins.names("firmus.formats")
MUTATIONS = {"midi": 8000, "musicxml": 4000, "mxl": 1000, "abc": 4000, "kern": 4000, "json": 2000}
SECONDS = 6.0

TUNE = Score(
    parts=(
        Part("Flute", tuple(Note(480 + 240 * n, 240, 67 + n % 5) for n in range(12)), program=73, volume=90),
        Part("Drums", (Note(480, 120, 36, 120), Note(960, 120, 38)), is_drums=True),
    ),
    meters=(Meter(0, 3, 4), Meter(1920, 2, 4)),
    tempi=(Tempo(0, 96.0), Tempo(960, 60.0)),
    keys=(Key(0, "G"), Key(1920, "E", "minor")),
    chords=(Chord(480, "G"), Chord(960, "D", "7", "F#")),
    sections=(Section(480, "A"),),
    pickup=480,
    title="Fuzz",
    composer="Nobody",
)
CHORDS = Score((Part("Piano", tuple(Note(960 * (n // 3), 960, 60 + n % 3 * 4) for n in range(9))),), title="三")

ABC = b"""X:1
T:Typed in
M:6/8
L:1/8
Q:3/8=100
K:Ador
|: "Am"A2B c>de | (3efg {a}g2 z ~f [Ace]2 :|[1 "G"G3-G2 E/2F/ :|[2 A6 ||
K:G
V:2
[M:2/4] !trill!g4 | a'2 b,2 | z8 |]
w: these are words

X:2
T:Second
K:C
CDEF GABc|
"""
XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<score-partwise version="4.0"><work><work-title>Typed in</work-title></work>
<part-list><score-part id="P1"><part-name>Horn in F</part-name>
<midi-instrument id="P1-I1"><midi-program>61</midi-program><volume>80</volume></midi-instrument>
</score-part></part-list>
<part id="P1"><measure number="0" implicit="yes"><attributes><divisions>6</divisions><key><fifths>-1</fifths>
<mode>minor</mode></key><time><beats>3</beats><beat-type>4</beat-type></time><clef><sign>G</sign><line>2</line></clef>
<transpose><diatonic>-4</diatonic><chromatic>-7</chromatic></transpose></attributes>
<direction><sound tempo="72"/></direction>
<note><pitch><step>C</step><octave>5</octave></pitch><duration>6</duration><tie type="start"/></note></measure>
<measure number="1"><barline location="left"><repeat direction="forward"/></barline>
<harmony><root><root-step>B</root-step><root-alter>-1</root-alter></root><kind>minor-seventh</kind></harmony>
<note><pitch><step>C</step><octave>5</octave></pitch><duration>6</duration><tie type="stop"/></note>
<note><pitch><step>D</step><alter>-1</alter><octave>5</octave></pitch><duration>6</duration></note>
<note><chord/><pitch><step>F</step><octave>5</octave></pitch><duration>6</duration></note>
<backup><duration>12</duration></backup><note><rest/><duration>12</duration></note><forward><duration>6</duration></forward>
<note><grace/><pitch><step>E</step><octave>4</octave></pitch></note>
<barline location="right"><repeat direction="backward" times="2"/></barline></measure></part></score-partwise>
"""
KERN = b"""!!!COM: Nobody
!!!OTL: Typed in
**kern	**kern	**dynam	**text
*part2	*part1	*part1	*
*Ibass	*Iclrno	*	*
*ITrd0c0	*Trd-1c-2	*	*
*k[f#]	*k[]	*	*
*e:	*	*	*
*M3/4	*M3/4	*	*
*MM96	*MM96	*	*
*>[A,A,B]	*>[A,A,B]	*	*
4E	8ccqL	.	.
.	4cc	f	words
=1!|:	=1!|:	=1	=1
*>A	*>A	*	*
*	*^	*	*
[2.E [2.G	12dd#	3%2f	p <	.
.	12ee	.	.	.
.	12ff_	.	.	.
.	4.r	.	.	.
=2:|!	=2:|!	=2:|!	=2:|!	=2:|!
*	*v	*v	*	*
*>B	*>B	*	*
*x	*x	*	*
0..c	2.E] 2.G]	.	.
==	==	==	==
*-	*-	*-	*-
"""
CONTAINER = b"""<?xml version="1.0"?><container><rootfiles><rootfile full-path="a.xml"/></rootfiles></container>"""

WORDS = {
    "midi": [bytes.fromhex(word) for word in (
        "ffffff7f", "8180808000", "ff2f00", "ff5103000000", "ff580400ff1808", "ff59020f02", "4d54726b", "4d546864",
        "f0ffffff7f", "f7", "b0407f", "c07f", "00ff06ff7f", "0000", "7fff", "ffffffff", "ff0108666972", "90",
    )],
    "musicxml": [
        b"<divisions>0</divisions>", b"<duration>99999999999</duration>", b"<duration>-5</duration>", b"<chord/>",
        b"<backup><duration>9999</duration></backup>", b"<alter>1e99</alter>", b"<octave>nan</octave>", b"</measure>",
        b"<repeat direction='backward' times='999999999'/>", b"<beats>3+2</beats>", b"<beat-type>0</beat-type>",
        b"&x;", b"&lt;", b"<!DOCTYPE a>", b"\xff\xfe",
        b"<tie type='start'/>", b"<fifths>99</fifths>", b"<sound tempo='-1'/>",
        b"<ending number='1,2' type='start'/>", b"<actual-notes>0</actual-notes>", b"<normal-notes>0</normal-notes>",
    ],
    "abc": [
        b"|:", b":|", b":|]:", b"[1", b"[2", b"(3", b"(9:0:9", b"C99999999", b"C////////", b"[CEG", b"]", b"{", b'"',
        b"K:", b"K:Zmix", b"M:0/0", b"M:9999/1", b"L:1/0", b"Q:1/4=0", b"Q:99999999", b"V:", b"X:", b"z999999",
        b"Z9999", b"-", b"^^^C", b",,,,,,,,,,", b"'" * 11, b">>>", b"<<<<", b"\\", b"&", b"P:", b"[r:", b"\xff",
        b"\r", b"!",
    ],
    "kern": [
        b"*^", b"*v", b"*v\t*v", b"*x", b"*+", b"*-", b"*-\n**kern", b"**kern", b"**kern\t**kern", b"*>[A,B]", b"*>A",
        b"*>[A,A,A,A,A,A,A,A]", b"*M0/4", b"*M3/0", b"*MM0", b"*MM99999", b"*k[f#f#f#f#f#f#f#f#]", b"*X:", b"*Trd1c999",
        b"*Trd0c-99", b"=:|!", b"=!|:", b"===", b"0000c", b"0%0c", b"1%0c", b"9999c", b"99999c", b"4.........c",
        b"4c" * 99, b"4" + b"c" * 50, b"4C---------", b"q", b"[", b"_", b"]", b"r", b"R", b"@4@", b"\t", b"\n", b"\n\n",
        b"!!!OTL:", b"\xff",
    ],
    "json": [
        b"null", b"true", b"-1", b"1e400", b"1e308", b"NaN", b"Infinity", b"99999999999999999999", b'"\\ud800"', b"[]",
        b"{}", b'"', b"0.5", b",", b"2147483647", b'"parts"', b"[[[[[[[[", b"\\u0000",
    ],
}  # fmt: skip
WORDS["mxl"] = WORDS["musicxml"]


def zipped(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def mxl(xml: bytes) -> bytes:
    return zipped({"META-INF/container.xml": CONTAINER, "a.xml": xml})


@cache
def seeds(name: str) -> list[bytes]:
    """Whole files of a format: what its own writer makes, and those typed in here."""
    typed = {"abc": [ABC], "kern": [KERN], "musicxml": [XML], "mxl": [XML]}.get(name, [])
    module = plugins.load("firmus.formats", "musicxml" if name == "mxl" else name)
    return [*typed, *(module.write(score) for score in (TUNE, CHORDS))]


def damaged(name: str, number: int) -> bytes:
    """One damaged file: the same number, the same file."""
    rng = random.Random(f"{name} {number}")
    data = bytearray(rng.choice(seeds(name)))
    if name == "mxl" and number % 2:  # the archive itself, not what is in it
        data = bytearray(mxl(bytes(data)))
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        mutate(data, rng, name)
    return mxl(bytes(data)) if name == "mxl" and not number % 2 else bytes(data)


def mutate(data: bytearray, rng: random.Random, name: str) -> None:
    """Damage bytes in place: half of the time text keeps its shape, and a number or an element is changed."""
    if name in ("musicxml", "mxl", "abc", "kern", "json") and rng.random() < 0.6:
        mutate_text(data, rng, name)
    else:
        mutate_bytes(data, rng, name)


def mutate_text(data: bytearray, rng: random.Random, name: str) -> None:
    if name in ("musicxml", "mxl") and rng.random() < 0.7:
        pieces = list(re.finditer(rb"<([a-z-]+)[^>]*>[^<]*</\1>|<note>.*?</note>|<[a-z-]+/>", data, re.DOTALL))
    else:
        pieces = list(re.finditer(rb"\d+", data))
    if not pieces:
        return
    piece = rng.choice(pieces)
    if piece[0][:1] == b"<":
        change = rng.choice((b"", piece[0] * 2, rng.choice(WORDS[name])))
    else:
        change = rng.choice(
            (b"0", b"-1", b"1", b"255", b"65536", b"2147483647", b"99999999999999999999", b"1e9", b"0.1", b"9" * 400)
        )
    data[piece.start() : piece.end()] = change


def mutate_bytes(data: bytearray, rng: random.Random, name: str) -> None:
    at = rng.randrange(len(data) + 1)
    size = rng.choice((1, 1, 2, 4, 16, 64))
    words = WORDS.get(name, [b"\0", b"\xff\xff\xff\xff"])
    kind = rng.randrange(9)
    if kind in (0, 1, 2) and at < len(data):
        data[at] ^= 1 << rng.randrange(8)
    elif kind in (3, 4) and at < len(data):
        data[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
    elif kind == 5:
        del data[at : at + size]
    elif kind == 6:
        other = rng.choice(seeds(name))
        start = rng.randrange(len(other))
        data[at:at] = other[start : start + 4 * size]
    elif kind == 7:
        word = rng.choice(words)
        data[at : at + rng.choice((0, len(word)))] = word
    elif rng.random() < 0.3:
        del data[at:]


def answer(name: str, data: bytes, what: str) -> list[Score] | str:
    """What a format says to bytes: valid scores or one line, within `SECONDS` of processor time."""
    with within(SECONDS, what):
        try:
            scores: list[Score] | str = plugins.load("firmus.formats", name).read(data)
        except FormatError as error:
            scores = str(error)
            assert "\n" not in scores, f"{what}: more than one line: {scores!r}"
        except Exception as error:
            raise AssertionError(f"{what}: {type(error).__name__}: {error}") from error
    for score in scores:
        if isinstance(score, Score):
            assert firmus_json.read(firmus_json.write(score)) == [score], what  # every constructor checks again
    return scores


def kinds() -> list[str]:
    return [*FORMATS, "mxl"] if "musicxml" in FORMATS else list(FORMATS)


@pytest.mark.parametrize("name", kinds())
def test_damaged_files(name: str) -> None:
    read = refused = 0
    for number in range(MUTATIONS.get(name, 1000)):
        found = answer("musicxml" if name == "mxl" else name, damaged(name, number), f"damaged({name!r}, {number})")
        read, refused = read + isinstance(found, list), refused + isinstance(found, str)
    assert read > 20, "the mutations are too wild: nearly nothing is read"
    assert refused > 20, "the mutations are too tame: nearly nothing is refused"


@pytest.mark.parametrize("name", kinds())
def test_the_sandbox_says_the_same(name: str) -> None:
    format_name = "musicxml" if name == "mxl" else name
    for number in range(60):
        data = damaged(name, number)
        try:
            found: list[Score] | str = process.read(format_name, data)
        except FormatError as error:
            found = str(error)
        assert found == answer(format_name, data, f"damaged({name!r}, {number})")


def laughs() -> bytes:
    entities = b"".join(b'<!ENTITY l%d "%s">' % (n + 1, b"&l%d;" % n * 10) for n in range(9))
    return (
        b'<?xml version="1.0"?><!DOCTYPE score-partwise [<!ENTITY l0 "lol">%s]><score-partwise>&l9;</score-partwise>'
        % (entities)
    )


def kern_lines(*lines: str, columns: int = 1) -> bytes:
    return "\n".join(["\t".join(["**kern"] * columns), *lines]).encode()


def xml(inside: bytes) -> bytes:
    return re.sub(rb"<note>.*?</note>", inside.replace(b"\\", b"\\\\"), XML, count=1, flags=re.DOTALL)


BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "billion laughs": ("musicxml", laughs),
    "external entity": ("musicxml", lambda: b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + XML[39:]),
    "quadratic entity": (
        "musicxml",
        lambda: b'<!DOCTYPE a [<!ENTITY x "' + b"a" * 50_000 + b'">]><score-partwise>' + b"&x;" * 50_000,
    ),
    "deep XML": ("musicxml", lambda: b"<score-partwise>" + b"<part>" * 200_000),
    "deep zip bomb": ("musicxml", lambda: mxl(b"<score-partwise>" + b" " * 60_000_000)),
    "flat zip bomb": ("musicxml", lambda: mxl(b"<score-partwise>" + b" " * 30_000_000)),
    "a thousand entries": ("musicxml", lambda: zipped({f"{n}.xml": XML for n in range(1000)})),
    "an archive in itself": ("musicxml", lambda: mxl(mxl(XML))),
    "a root file outside": ("musicxml", lambda: zipped({"META-INF/container.xml": CONTAINER, "../a.xml": XML})),
    "no divisions": ("musicxml", lambda: XML.replace(b"<divisions>6<", b"<divisions>0<")),
    "a note of 400 digits": ("musicxml", lambda: XML.replace(b"<duration>6<", b"<duration>" + b"9" * 400 + b"<")),
    "a number of 1 MB": ("musicxml", lambda: XML.replace(b"<duration>6<", b"<duration>" + b"9" * 1_000_000 + b"<")),
    "a billion repeats": ("musicxml", lambda: XML.replace(b'times="2"', b'times="999999999"')),
    "many empty notes": ("musicxml", lambda: xml(b"<note/>" * 300_000)),
    "no bytes of XML": ("musicxml", lambda: b"<?xml version='1.0' encoding='utf-16'?>"),
    "nested repeats": ("abc", lambda: b"X:1\nK:C\n" + b"|: C " * 20_000 + b":|" * 20_000),
    "endings without end": ("abc", lambda: b"X:1\nK:C\n|:C" + b"|[1 C :|[2 D :|" * 20_000),
    "one long line": ("abc", lambda: b"X:1\nK:C\n" + b"C" * 5_000_000),
    "an endless note": ("abc", lambda: b"X:1\nK:C\nC" + b"9" * 5000),
    "a note of nothing": ("abc", lambda: b"X:1\nL:1/1\nK:C\nC" + b"/" * 100_000),
    "an empty measure": ("abc", lambda: b"X:1\nM:0/4\nL:1/0\nK:C\nCDE|Z99999999|"),
    "a chord of chords": ("abc", lambda: b"X:1\nK:C\n" + b"[" * 100_000),
    "tuplets of tuplets": ("abc", lambda: b"X:1\nK:C\n" + b"(9:1:9" * 50_000 + b"C"),
    "a million tunes": ("abc", lambda: b"X:1\nK:C\nC\n\n" * 100_000),
    "a million voices": ("abc", lambda: b"X:1\nK:C\n" + b"".join(b"V:%d\nC|\n" % n for n in range(20_000))),
    "a line of quotes": ("abc", lambda: b"X:1\nK:C\n" + b'"' * 1_000_001),
    "a thousand splits": ("kern", lambda: kern_lines(*("*^" + "\t*^" * (2**n - 1) for n in range(14)))),
    "a million columns": ("kern", lambda: b"**kern\t" * 1_000_000),
    "a line of nothing": ("kern", lambda: kern_lines("4c", *["."] * 2_000_000)),
    "many columns of nothing": (
        "kern",
        lambda: kern_lines(*["\t".join(["."] * 500)] * 18_000, columns=500),
    ),
    "one long token": ("kern", lambda: kern_lines("4c " * 3_000_000)),
    "an order of orders": ("kern", lambda: kern_lines(f"*>[{'A,' * 1_000_000}A]", "*>A", "4c", "=", "4d")),
    "barlines without end": ("kern", lambda: kern_lines("4c", *["=:|!|:", "4d"] * 500_000)),
    "ties without end": ("kern", lambda: kern_lines(*["[4c 4d_"] * 200_000)),
    "keys without barlines": ("kern", lambda: kern_lines(*["*k[f#]", "*k[b-]", "*e:", "4c"] * 30_000)),
    "a piece a line": ("kern", lambda: b"**kern\n4c\n*-\n" * 300_000),
    "interpretations that wait": ("kern", lambda: kern_lines(*["*>A", "*MM60", "*k[f#]", "*M3/4"] * 300_000, "4c")),
    "deep JSON": ("json", lambda: b'{"a":' * 200_000),
    "deep lists": ("json", lambda: b'{"a":' + b"[" * 1_000_000),
    "a long number": (
        "json",
        lambda: firmus_json.write(TUNE).replace(b'"pickup":480', b'"pickup":' + b"9" * 1_000_000),
    ),
    "no number": ("json", lambda: firmus_json.write(TUNE).replace(b"96.0", b"NaN")),
    "half a character": ("json", lambda: firmus_json.write(TUNE).replace(b'"Fuzz"', b'"\\ud800"')),
    "half a character in a name": ("json", lambda: firmus_json.write(TUNE).replace(b'"Flute"', b'"\\ud800"')),
    "a name that is none": ("json", lambda: firmus_json.write(TUNE).replace(b'"Flute"', b"[1]")),
    "a label that is none": ("json", lambda: firmus_json.write(TUNE).replace(b'"label":"A"', b'"label":{"a":1}')),
}


@pytest.mark.parametrize("what", [what for what in BOMBS if BOMBS[what][0] in FORMATS])
def test_bombs(what: str) -> None:
    name, make = BOMBS[what]
    answer(name, make(), what)


REFUSED = [
    "billion laughs", "external entity", "quadratic entity", "deep XML", "deep zip bomb", "flat zip bomb",
    "a thousand entries", "an archive in itself", "a root file outside", "no bytes of XML", "deep JSON", "deep lists",
    "a long number", "no number", "half a character", "half a character in a name", "a name that is none",
    "a label that is none", "a thousand splits", "a million columns", "many columns of nothing", "one long token",
    "an order of orders", "barlines without end", "a piece a line",
]  # fmt: skip


@pytest.mark.parametrize("what", [what for what in REFUSED if BOMBS[what][0] in FORMATS])
def test_bombs_that_are_refused(what: str) -> None:
    name, make = BOMBS[what]
    with pytest.raises(FormatError) as caught:
        process.read(name, make())
    assert not re.search("took more|needed more|crashed|stumbles", str(caught.value)), (
        "the reader itself must refuse it"
    )
