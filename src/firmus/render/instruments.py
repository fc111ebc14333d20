"""The 128 General MIDI programs by number, in English and Chinese, and the shipped SoundFont's preset for each."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from functools import lru_cache

from firmus.errors import FirmusError
from firmus.translation.vocabulary import plain

PROGRAMS: tuple[tuple[str, str], ...] = (
    ("Acoustic Grand Piano", "大钢琴"), ("Bright Acoustic Piano", "明亮钢琴"),
    ("Electric Grand Piano", "电三角钢琴"), ("Honky-tonk Piano", "酒吧钢琴"),
    ("Electric Piano 1", "电钢琴 1"), ("Electric Piano 2", "电钢琴 2"),
    ("Harpsichord", "羽管键琴"), ("Clavinet", "击弦古钢琴"),
    ("Celesta", "钢片琴"), ("Glockenspiel", "钟琴"), ("Music Box", "八音盒"), ("Vibraphone", "颤音琴"),
    ("Marimba", "马林巴"), ("Xylophone", "木琴"), ("Tubular Bells", "管钟"), ("Dulcimer", "扬琴"),
    ("Drawbar Organ", "拉杆风琴"), ("Percussive Organ", "打击风琴"), ("Rock Organ", "摇滚风琴"),
    ("Church Organ", "管风琴"), ("Reed Organ", "簧风琴"), ("Accordion", "手风琴"), ("Harmonica", "口琴"),
    ("Tango Accordion", "探戈手风琴"),
    ("Nylon Guitar", "尼龙弦吉他"), ("Steel Guitar", "钢弦吉他"), ("Jazz Guitar", "爵士电吉他"),
    ("Clean Guitar", "清音电吉他"), ("Muted Guitar", "闷音电吉他"), ("Overdriven Guitar", "过载电吉他"),
    ("Distortion Guitar", "失真电吉他"), ("Guitar Harmonics", "吉他泛音"),
    ("Acoustic Bass", "原声贝斯"), ("Fingered Bass", "指弹贝斯"), ("Picked Bass", "拨片贝斯"),
    ("Fretless Bass", "无品贝斯"), ("Slap Bass 1", "击弦贝斯 1"), ("Slap Bass 2", "击弦贝斯 2"),
    ("Synth Bass 1", "合成贝斯 1"), ("Synth Bass 2", "合成贝斯 2"),
    ("Violin", "小提琴"), ("Viola", "中提琴"), ("Cello", "大提琴"), ("Contrabass", "低音提琴"),
    ("Tremolo Strings", "震音弦乐"), ("Pizzicato Strings", "拨奏弦乐"), ("Harp", "竖琴"), ("Timpani", "定音鼓"),
    ("String Ensemble 1", "弦乐合奏 1"), ("String Ensemble 2", "弦乐合奏 2"),
    ("Synth Strings 1", "合成弦乐 1"), ("Synth Strings 2", "合成弦乐 2"),
    ("Choir Aahs", "人声合唱"), ("Voice Oohs", "人声“呜”"), ("Synth Voice", "合成人声"),
    ("Orchestra Hit", "管弦乐齐奏"),
    ("Trumpet", "小号"), ("Trombone", "长号"), ("Tuba", "大号"), ("Muted Trumpet", "弱音小号"),
    ("French Horn", "圆号"), ("Brass Section", "铜管组"), ("Synth Brass 1", "合成铜管 1"),
    ("Synth Brass 2", "合成铜管 2"),
    ("Soprano Sax", "高音萨克斯"), ("Alto Sax", "中音萨克斯"), ("Tenor Sax", "次中音萨克斯"),
    ("Baritone Sax", "上低音萨克斯"), ("Oboe", "双簧管"), ("English Horn", "英国管"), ("Bassoon", "大管"),
    ("Clarinet", "单簧管"),
    ("Piccolo", "短笛"), ("Flute", "长笛"), ("Recorder", "竖笛"), ("Pan Flute", "排箫"),
    ("Blown Bottle", "吹瓶"), ("Shakuhachi", "尺八"), ("Whistle", "口哨"), ("Ocarina", "陶笛"),
    ("Square Lead", "方波主音"), ("Sawtooth Lead", "锯齿波主音"), ("Calliope Lead", "汽笛风琴主音"),
    ("Chiff Lead", "吹管主音"), ("Charang Lead", "吉他主音"), ("Voice Lead", "人声主音"),
    ("Fifths Lead", "五度主音"), ("Bass and Lead", "贝斯主音"),
    ("New Age Pad", "新世纪音垫"), ("Warm Pad", "温暖音垫"), ("Polysynth Pad", "复音合成音垫"),
    ("Choir Pad", "合唱音垫"), ("Bowed Pad", "弓弦音垫"), ("Metallic Pad", "金属音垫"),
    ("Halo Pad", "光环音垫"), ("Sweep Pad", "扫频音垫"),
    ("Rain", "雨滴"), ("Soundtrack", "电影音轨"), ("Crystal", "水晶"), ("Atmosphere", "气氛"),
    ("Brightness", "明亮"), ("Goblins", "精灵"), ("Echoes", "回声"), ("Science Fiction", "科幻"),
    ("Sitar", "西塔琴"), ("Banjo", "班卓琴"), ("Shamisen", "三味线"), ("Koto", "日本筝"),
    ("Kalimba", "卡林巴"), ("Bagpipe", "风笛"), ("Fiddle", "民间提琴"), ("Shanai", "唢呐"),
    ("Tinkle Bell", "铃铛"), ("Agogo", "阿哥哥铃"), ("Steel Drums", "钢鼓"), ("Woodblock", "木鱼"),
    ("Taiko Drum", "太鼓"), ("Melodic Tom", "旋律鼓"), ("Synth Drum", "合成鼓"), ("Reverse Cymbal", "反向镲"),
    ("Guitar Fret Noise", "吉他品格声"), ("Breath Noise", "呼吸声"), ("Seashore", "海浪"),
    ("Bird Tweet", "鸟鸣"), ("Telephone Ring", "电话铃"), ("Helicopter", "直升机"), ("Applause", "掌声"),
    ("Gunshot", "枪声"),
)  # fmt: skip

# General MIDI percussion, by key.
DRUMS: dict[int, tuple[str, str]] = {
    35: ("Bass Drum 2", "低音鼓 2"), 36: ("Bass Drum", "低音鼓"), 37: ("Side Stick", "鼓边"), 38: ("Snare", "军鼓"),
    39: ("Hand Clap", "拍手"), 40: ("Electric Snare", "电军鼓"), 41: ("Low Floor Tom", "低音落地鼓"),
    42: ("Closed Hi-hat", "闭镲"), 43: ("High Floor Tom", "高音落地鼓"), 44: ("Pedal Hi-hat", "脚踏镲"),
    45: ("Low Tom", "低音桶鼓"), 46: ("Open Hi-hat", "开镲"), 47: ("Low-mid Tom", "中低音桶鼓"),
    48: ("High-mid Tom", "中高音桶鼓"), 49: ("Crash Cymbal", "强音镲"), 50: ("High Tom", "高音桶鼓"),
    51: ("Ride Cymbal", "节奏镲"), 52: ("China Cymbal", "中国镲"), 53: ("Ride Bell", "节奏镲帽"),
    54: ("Tambourine", "铃鼓"), 55: ("Splash Cymbal", "水镲"), 56: ("Cowbell", "牛铃"),
    57: ("Crash Cymbal 2", "强音镲 2"),
    58: ("Vibraslap", "颤音器"), 59: ("Ride Cymbal 2", "节奏镲 2"), 60: ("High Bongo", "高音邦戈鼓"),
    61: ("Low Bongo", "低音邦戈鼓"), 62: ("Mute Conga", "闷音康加鼓"), 63: ("Open Conga", "开音康加鼓"),
    64: ("Low Conga", "低音康加鼓"), 65: ("High Timbale", "高音天巴鼓"), 66: ("Low Timbale", "低音天巴鼓"),
    67: ("High Agogo", "高音阿哥哥铃"), 68: ("Low Agogo", "低音阿哥哥铃"), 69: ("Cabasa", "卡巴萨"),
    70: ("Maracas", "沙锤"),
    71: ("Short Whistle", "短哨"), 72: ("Long Whistle", "长哨"), 73: ("Short Guiro", "短刮瓜"),
    74: ("Long Guiro", "长刮瓜"),
    75: ("Claves", "响棒"), 76: ("High Woodblock", "高音木鱼"), 77: ("Low Woodblock", "低音木鱼"),
    78: ("Mute Cuica", "闷音奎卡"), 79: ("Open Cuica", "开音奎卡"), 80: ("Mute Triangle", "闷音三角铁"),
    81: ("Open Triangle", "开音三角铁"),
}  # fmt: skip

# What the shipped SoundFont plays, by program: itself, or the nearest of its 34.
_PLAYED = (
    0, 0, 0, 0, 4, 4, 6, 6,  9, 9, 9, 11, 11, 11, 14, 107,  19, 19, 19, 19, 21, 21, 21, 21,
    24, 25, 27, 27, 27, 27, 27, 24,  32, 33, 33, 35, 33, 33, 38, 38,
    40, 40, 42, 42, 48, 46, 46, 47,  48, 48, 48, 48, 52, 52, 52, 61,
    56, 57, 57, 56, 60, 61, 61, 61,  65, 65, 65, 65, 68, 68, 71, 71,
    73, 73, 73, 75, 75, 75, 75, 75,  80, 80, 80, 80, 80, 80, 80, 80,
    88, 88, 88, 52, 88, 88, 88, 88,  88, 88, 88, 88, 88, 88, 88, 88,
    107, 105, 105, 107, 11, 68, 40, 68,  14, 14, 11, 47, 47, 47, 47, 88,
    88, 88, 88, 88, 88, 88, 88, 88,
)  # fmt: skip
SHIPPED_PROGRAMS = frozenset(
    (
        0,
        4,
        6,
        9,
        11,
        14,
        19,
        21,
        24,
        25,
        27,
        32,
        33,
        35,
        38,
        40,
        42,
        46,
        47,
        48,
        52,
        56,
        57,
        60,
        61,
        65,
        68,
        71,
    )
) | {73, 75, 80, 88, 105, 107}

# Common names that are not General MIDI's, with the programs used for them.
_SYNONYMS = {
    "piano": 0, "keyboard": 0, "grand piano": 0, "upright piano": 3, "klavier": 0, "钢琴": 0,
    "electric piano": 4, "rhodes": 4, "电钢琴": 4, "cembalo": 6, "clavier": 6, "大键琴": 6, "glock": 9,
    "bells": 14, "vibes": 11, "organ": 19, "pipe organ": 19, "harmonium": 20, "guitar": 24, "吉他": 24,
    "classical guitar": 24, "acoustic guitar": 25, "electric guitar": 27, "电吉他": 27, "bass": 33, "贝斯": 33,
    "bass guitar": 33, "electric bass": 33, "upright bass": 32, "slap bass": 36, "synth bass": 38,
    "violoncello": 42, "double bass": 43, "string bass": 43, "strings": 48, "string ensemble": 48,
    "string orchestra": 48, "弦乐": 48, "pizzicato": 45, "choir": 52, "voice": 52, "vocals": 52, "soprano": 52,
    "alto": 52, "tenor": 52, "baritone": 52,
    "女高音": 52, "女低音": 52, "男高音": 52, "男低音": 52, "男中音": 52,
    "合唱": 52, "人声": 52, "horn": 60, "brass": 61, "铜管": 61,
    "sax": 65, "saxophone": 65, "萨克斯": 65, "cor anglais": 69, "fagott": 70, "巴松": 70, "黑管": 71,
    "woodwinds": 73, "panpipes": 75, "笛子": 73, "dizi": 73, "bamboo flute": 73, "箫": 77, "xiao": 77,
    "lead": 80, "synth": 80, "synth lead": 81, "合成器": 80, "pad": 88, "synth pad": 88, "音垫": 88,
    "guzheng": 107, "zheng": 107, "古筝": 107, "guqin": 107, "古琴": 107, "pipa": 105, "琵琶": 105,
    "erhu": 110, "二胡": 110, "yangqin": 15, "suona": 111, "shehnai": 111, "bagpipes": 109, "tin whistle": 78,
    "steelpan": 114, "timpano": 47, "kettledrums": 47,
}  # fmt: skip


def instrument(program: int, language: str = "en") -> str:
    """Name of a General MIDI program, 0 to 127, in English or, for ``"zh"``, Chinese.

    Examples
    --------
    >>> instrument(40), instrument(40, "zh")
    ('Violin', '小提琴')
    """
    if not 0 <= program <= 127:
        raise FirmusError(f"program {program!r} must be 0 to 127")
    return PROGRAMS[program][1 if language.startswith("zh") else 0]


def drum(key: int, language: str = "en") -> str:
    """Name of a General MIDI drum key; ``"Drum 20"`` where the standard names none.

    Examples
    --------
    >>> drum(38), drum(20)
    ('Snare', 'Drum 20')
    """
    chinese = language.startswith("zh")
    if key in DRUMS:
        return DRUMS[key][1 if chinese else 0]
    return f"鼓 {key}" if chinese else f"Drum {key}"


def program_number(name: str) -> int:
    """Number, 0 to 127, of the General MIDI program with a name, in English or Chinese.

    Case, punctuation and plural are ignored; a number is taken as it is.

    Raises
    ------
    FirmusError
        Naming the nearest.

    Examples
    --------
    >>> program_number("violin"), program_number("French horns"), program_number("古筝")
    (40, 60, 107)
    """
    plain = _plain(name)
    names = program_names()
    for each in (plain, plain.removesuffix("s"), plain + " 1"):
        if each in names:
            return names[each]
    if plain.isdecimal() and int(plain) <= 127:
        return int(plain)
    near = difflib.get_close_matches(plain, names, n=3, cutoff=0.5)
    near += [each for each in names if plain and plain in each and each not in near][: 3 - len(near)]
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "write it as 'violin', '小提琴' or 0 to 127"
    raise FirmusError(f"unknown instrument {name!r}: {hint}")


def played_as(program: int, available: Collection[int] = SHIPPED_PROGRAMS) -> int:
    """Program that a SoundFont plays for a General MIDI program: itself where available, or its nearest relative.

    Parameters
    ----------
    program : int
        0 to 127.
    available : collection of int
        Programs in the SoundFont; those of the shipped one where left out.

    Examples
    --------
    >>> played_as(41), played_as(41, available=range(128))
    (40, 41)
    """
    instrument(program)
    if program in available or not available:
        return program
    if _PLAYED[program] in available:
        return _PLAYED[program]
    family = program // 8
    return min(available, key=lambda other: (other // 8 != family, abs(other - program), other))


@lru_cache(maxsize=1)
def program_names() -> dict[str, int]:
    """Number of each General MIDI program by its names, also common ones, in small letters, English and Chinese."""
    names = {_plain(text): number for number, pair in enumerate(PROGRAMS) for text in pair}
    return names | {_plain(text): number for text, number in _SYNONYMS.items()}


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", " ", plain(name).casefold()).strip()
