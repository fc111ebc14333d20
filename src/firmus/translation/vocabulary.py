"""Musical words in Chinese, as they are read of a request and as they are shown: one vocabulary for both.

Of each English word the first Chinese one is shown; all are read. Conventions of Chinese textbooks: 降E大调, and a
small letter for a minor key, g小调.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache

Words = Mapping[str, tuple[str, ...]]

STYLES: Words = {
    "chorale": ("众赞歌", "圣咏", "四部和声"), "hymn": ("赞美诗", "圣诗", "赞美歌"), "song": ("歌曲", "艺术歌曲"),
    "quartet": ("弦乐四重奏", "四重奏"), "piano": ("钢琴", "钢琴曲"), "folk": ("民歌", "民谣", "民间曲调"),
    "lead-sheet": ("旋律谱", "主旋律谱", "带和弦的旋律"), "band": ("乐队", "流行乐队"),
    "drums": ("鼓", "鼓组", "架子鼓"),
    "organ": ("管风琴", "管风琴曲"), "choir": ("合唱", "合唱曲"), "guitar": ("吉他", "吉他曲"),
    "chamber": ("室内乐",), "orchestra": ("管弦乐", "管弦乐曲"),
}  # fmt: skip
GENRES: Words = {
    "mass": ("弥撒", "弥撒曲"), "requiem": ("安魂曲",), "vespers": ("晚祷",), "motet": ("经文歌",),
    "oratorio": ("清唱剧",), "hymn": ("赞美诗",), "sacred": ("宗教音乐",), "opera": ("歌剧",), "song": ("歌曲",),
    "children's song": ("儿歌",), "sonnet": ("十四行诗歌曲",), "polonaise": ("波洛奈兹",), "mazurka": ("玛祖卡",),
    "waltz": ("圆舞曲",), "krakowiak": ("克拉科维亚克",), "dance": ("舞曲",), "march": ("进行曲",),
    "prelude": ("前奏曲",), "etude": ("练习曲",), "nocturne": ("夜曲",), "sonata": ("奏鸣曲",),
    "variations": ("变奏曲",), "fugue": ("赋格",), "rondo": ("回旋曲",), "partita": ("组曲",), "jig": ("吉格舞曲",),
    "reel": ("里尔舞曲",), "hornpipe": ("号笛舞曲",), "strathspey": ("斯特拉斯佩舞曲",), "slip jig": ("滑步吉格舞曲",),
    "renaissance": ("文艺复兴",), "baroque": ("巴洛克",), "classical": ("古典主义",), "romantic": ("浪漫主义",),
    "folk": ("民间音乐",), "popular": ("流行",), "rock": ("摇滚",), "funk": ("放克",), "jazz": ("爵士",),
    "latin": ("拉丁",), "hip-hop": ("嘻哈",), "soul": ("灵魂乐",), "afro-cuban": ("非洲古巴音乐",), "punk": ("朋克",),
    "new orleans": ("新奥尔良",), "country": ("乡村",), "reggae": ("雷鬼",), "game": ("游戏音乐",),
}  # fmt: skip
MOODS: Words = {
    "calm": ("平静", "安静", "宁静", "舒缓"), "happy": ("快乐", "欢快", "高兴", "愉快"),
    "sad": ("悲伤", "忧伤", "伤感", "悲哀"), "tense": ("紧张", "激烈"), "neutral": ("中性", "平和"),
}  # fmt: skip
PARTS: Words = {
    "soprano": ("女高音", "高音声部", "高音部"), "alto": ("女低音", "中音声部", "中音部"),
    "tenor": ("男高音", "次中音声部", "次中音部"), "bass": ("低音", "男低音", "低音声部", "低音部", "贝斯"),
    "melody": ("旋律", "主旋律"), "violin i": ("第一小提琴", "小提琴一"), "violin ii": ("第二小提琴", "小提琴二"),
    "viola": ("中提琴",), "cello": ("大提琴",), "right hand": ("右手",), "left hand": ("左手",),
    "drums": ("鼓", "鼓组"),
    "guitar": ("吉他",), "piano": ("钢琴",), "voice": ("人声", "歌声", "声乐"), "lead": ("主音",),
    "manual": ("手键盘",), "pedal": ("脚键盘",), "keys": ("键盘",), "strings": ("弦乐",), "chords": ("和弦",),
    "flute": ("长笛",), "oboe": ("双簧管",), "clarinet": ("单簧管",), "violin": ("小提琴",),
}  # fmt: skip
GRIDS: Words = {
    "auto": ("自动",), "written": ("记谱", "文件所写"), "found": ("实测", "所听"), "off": ("关闭", "不量化"),
}  # fmt: skip
EFFORTS: Words = {"quick": ("快速", "快"), "usual": ("通常", "普通"), "best": ("最佳", "最好")}
WATERMARKS: Words = {"public": ("公开",), "private": ("私有", "私钥"), "off": ("关", "关闭", "无")}
TRANSFORMATIONS: Words = {
    "sequence": ("模进",), "inversion": ("倒影", "转位"), "retrograde": ("逆行",), "augmentation": ("扩大", "增值"),
    "diminution": ("缩小", "减值"), "fragmentation": ("裁截", "分裂"), "return": ("再现", "重复"),
}  # fmt: skip
HARMONIES: Words = {"traditional": ("传统", "古典"), "modern": ("现代", "爵士")}
ORIGINALS: Words = {"off": ("关", "关闭", "无"), "guard": ("防护", "防抄"), "strict": ("严格",)}
RULES: Words = {"key": ("调", "调性"), "chords": ("和弦",)}
TITLES: Words = {
    "Chorale": ("众赞歌",), "Hymn": ("赞美诗",), "Song": ("歌曲",), "String Quartet": ("弦乐四重奏",),
    "Piano Piece": ("钢琴曲",), "Tune": ("曲调",), "Song Sheet": ("旋律谱",), "Band Piece": ("乐队曲",),
    "Groove": ("鼓点",), "Organ Piece": ("管风琴曲",), "Choral Piece": ("合唱曲",),
}  # fmt: skip
FORMS = {
    "一段体": "A", "一部曲式": "A", "二段体": "AB", "二部曲式": "AB", "单二部曲式": "AB", "三段体": "ABA",
    "三部曲式": "ABA", "单三部曲式": "ABA", "再现三段体": "ABA", "回旋曲式": "ABACA", "回旋曲": "ABACA",
    "通谱": "none",
}  # fmt: skip
QUALITIES = {
    "大三": "", "大": "", "小三": "m", "小": "m", "减三": "dim", "减": "dim", "增三": "aug", "增": "aug", "属七": "7",
    "七": "7", "大小七": "7", "大七": "maj7", "大大七": "maj7", "小七": "m7", "小小七": "m7", "减七": "dim7",
    "减减七": "dim7", "半减七": "m7b5", "减小七": "m7b5", "小大七": "mM7", "大六": "6", "六": "6", "小六": "m6",
    "挂二": "sus2", "挂四": "sus4", "属九": "9", "九": "9", "大九": "maj9", "小九": "m9", "": "",
}  # fmt: skip
NUMBERS = {"二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十二": 12, "十六": 16}
_SIGNS = str.maketrans({"、": ",", "～": "-", "~": "-", "—": "-", "–": "-", "−": "-", "，": ",", "；": ";", "“": '"',
                        "”": '"', "‘": "'", "’": "'", "。": "."})  # fmt: skip
_ACCIDENTALS = {"降": "b", "升": "#", "重降": "bb", "重升": "##", "♭": "b", "♯": "#", "b": "b", "#": "#", "": ""}


def plain(text: str) -> str:
    """A text with the digits, letters and punctuation of a Western keyboard.

    Examples
    --------
    >>> plain("９－１２，Ａ")
    '9-12,A'
    """
    return unicodedata.normalize("NFKC", text.translate(_SIGNS)).translate(_SIGNS)


def english(text: str, words: Words) -> str:
    """The English word of a Chinese one; any other text as it is.

    Examples
    --------
    >>> english("平静", MOODS), english("calm", MOODS), english(" 众赞歌 ", STYLES)
    ('calm', 'calm', 'chorale')
    """
    wanted = plain(text).strip()
    return next((name for name, all_words in words.items() if wanted in all_words), text)


MODES = {
    "ionian": "伊奥尼亚", "dorian": "多利亚", "phrygian": "弗里几亚", "lydian": "利底亚",
    "mixolydian": "混合利底亚", "aeolian": "爱奥利亚", "locrian": "洛克里亚",
}  # fmt: skip


def key(text: str) -> str:
    """A key as ``Key.parse`` reads it; any other text as it is.

    Examples
    --------
    >>> key("G大调"), key("降E大调"), key("升f小调"), key("bE大调"), key("a小调"), key("Bb")
    ('G major', 'Eb major', 'F# minor', 'Eb major', 'A minor', 'Bb')
    >>> key("D多利亚"), key("降B混合利底亚调式")
    ('D dorian', 'Bb mixolydian')
    """
    clean = plain(text).strip()
    church = re.fullmatch(r"(降|升|[b♭#♯]|)\s*([A-Ga-g])\s*([b♭#♯]|)\s*(\w+?)(?:调式|调)?", clean)
    if church and church[4] in MODES.values():
        mode = next(english for english, chinese in MODES.items() if chinese == church[4])
        return f"{church[2].upper()}{_ACCIDENTALS[church[1] or church[3]]} {mode}"
    match = re.fullmatch(
        r"(降|升|[b♭#♯]|)\s*([A-Ga-g])\s*([b♭#♯]|)\s*(?:(自然|和声|旋律|)\s*([大小]))?调(?:式|性)?", clean
    )
    if not match:
        return text
    accidental = _ACCIDENTALS[match[1] or match[3]]
    return f"{match[2].upper()}{accidental} {'minor' if match[5] == '小' else 'major'}"


def chords(text: str) -> str:
    """A progression as ``chord_bars`` reads it: ``、`` parts bars, as a blank does.

    Examples
    --------
    >>> chords("a小三和弦、Ｆ　Ｃ，Ｇ属七和弦"), chords("降B大七和弦 | 升f小七和弦")
    ('Am F C,G7', 'Bbmaj7 | F#m7')
    """
    if text.isascii():
        return text
    whole = plain(text.replace("、", " "))
    return re.sub(r"[^\s|,]+", lambda match: _chord(match[0]), whole)


def _chord(text: str) -> str:
    match = re.fullmatch(r"(重降|重升|降|升|[b♭#♯]|)([A-Ga-g])([b♭#♯]*)([大小减增属半挂七六九二四三]*)(和弦)?", text)
    if not match or not (match[1] or match[4] or match[5]) or match[4] not in QUALITIES:
        return text
    accidental = _ACCIDENTALS[match[1]] or "".join(_ACCIDENTALS[sign] for sign in match[3])
    return match[2].upper() + accidental + QUALITIES[match[4]]


def meter(text: str) -> str:
    """A meter as ``Meter.parse`` reads it.

    Examples
    --------
    >>> meter("３／４"), meter("四三拍"), meter("八分之六拍"), meter("6/8拍")
    ('3/4', '3/4', '6/8', '6/8')
    """
    wanted = plain(text).strip().removesuffix("子").removesuffix("拍")
    numbers = "|".join(sorted(NUMBERS, key=len, reverse=True))
    match = re.fullmatch(rf"({numbers})(?:分之)?({numbers})", wanted)
    return f"{NUMBERS[match[2]]}/{NUMBERS[match[1]]}" if match else wanted


def form(text: str) -> str:
    """Section letters of a form.

    Examples
    --------
    >>> form("三段体"), form("ＡＡＢＡ"), form("ABA’")
    ('ABA', 'AABA', "ABA'")
    """
    wanted = plain(text).strip()
    return FORMS.get(wanted, wanted)


def bars(text: str) -> str:
    """Numbers of bars.

    Examples
    --------
    >>> bars("第9至12小节"), bars("９－１２，15"), bars("3、5、9到12小节")
    ('9-12', '9-12,15', '3,5,9-12')
    """
    return re.sub(r"\s*[至到]\s*", "-", re.sub(r"第|小节", "", plain(text)))


def note(text: str) -> str:
    """Where a note stands.

    Examples
    --------
    >>> note("第7小节第2拍，女低音"), note("bar 7 beat 2 alto")
    ('7 2 ,女低音', 'bar 7 beat 2 alto')
    """
    return text if text.isascii() else re.sub(r"\s*(?:第|小节|拍)+\s*", " ", plain(text)).strip()


def part(name: str) -> str:
    """A part's name in small letters, in English where it is known.

    Examples
    --------
    >>> part("女高音"), part("Soprano"), part("二胡")
    ('soprano', 'soprano', '二胡')
    """
    return english(name, PARTS).strip().casefold()


def part_text(name: str, among: Iterable[str] = ()) -> str:
    """A part's name in Chinese, where it is one of ours; a bass beside a tenor is sung.

    Examples
    --------
    >>> part_text("Bass", ["Tenor", "Bass"]), part_text("Bass", ["Drums", "Bass"]), part_text("Kazoo")
    ('男低音', '贝斯', 'Kazoo')
    """
    if name.casefold() == "bass":
        others = {part(each) for each in among}
        return "男低音" if others & {"tenor", "alto", "soprano"} else "贝斯" if others & {"drums", "guitar"} else "低音"
    return chinese(name) or name


def key_text(name: str) -> str | None:
    """A key as Chinese textbooks write it; None where it is none.

    Examples
    --------
    >>> key_text("Eb major"), key_text("F# minor"), key_text("D dorian"), key_text("major")
    ('降E大调', '升f小调', 'D多利亚调式', None)
    """
    match = re.fullmatch(rf"([A-G])([#b]?) (major|minor|{'|'.join(MODES)})", name)
    if not match:
        return None
    sign = {"#": "升", "b": "降", "": ""}[match[2]]
    if match[3] in MODES:
        return f"{sign}{match[1]}{MODES[match[3]]}调式"
    return f"{sign}{match[1]}大调" if match[3] == "major" else f"{sign}{match[1].lower()}小调"


def title(text: str) -> str | None:
    """A title of ours in Chinese; None where it is somebody's own.

    Examples
    --------
    >>> title("Chorale in G major"), title("Groove"), title("Greensleeves"), title("Hymn on a Melody")
    ('G大调众赞歌', '鼓点', None, '赞美诗（据旋律）')
    """
    kind, _, tonality = text.partition(" in ")
    if tonality and kind in TITLES and (shown := key_text(tonality)):
        return shown + TITLES[kind][0]
    setting = text.removesuffix(" on a Melody")
    if setting != text and setting in TITLES:
        return f"{TITLES[setting][0]}（据旋律）"
    return TITLES[text][0] if text in TITLES else None


def chinese(text: str) -> str | None:
    """A word, a key or a title of ours in Chinese; None where it is none of these."""
    return _shown().get(text) or key_text(text) or title(text)


@cache
def _shown() -> dict[str, str]:
    return {name: words[0] for some in (GENRES, GRIDS, PARTS, STYLES, MOODS) for name, words in some.items()} | {
        name.title().replace(" Ii", " II"): words[0] for name, words in PARTS.items()
    }
