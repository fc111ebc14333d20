"""The rules of part writing: what each is called, how grave it is to break it, and why it is one, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from firmus.analysis.part_writing.voices import Tone

FAULT, WEAKNESS, REMARK = "fault", "weakness", "remark"
SEVERITIES = (FAULT, WEAKNESS, REMARK)
WEIGHTS = {FAULT: 4, WEAKNESS: 2, REMARK: 0}


class Rule(NamedTuple):
    """How grave it is to break a rule; the name in Chinese; why it is one, in English and Chinese."""

    severity: str
    chinese: str
    why: str
    why_chinese: str


class Finding(NamedTuple):
    """A broken rule: which, where (ticks), by which voices (0 is the highest), in which notes (part, index)."""

    rule: str
    tick: int
    voices: tuple[int, ...]
    notes: tuple[tuple[int, int], ...]

    @property
    def severity(self) -> str:
        """How grave it is."""
        return RULES[self.rule].severity


def finding(rule: str, tick: int, voices: Sequence[int], tones: Sequence[Tone | None]) -> Finding:
    """A broken rule in these tones."""
    return Finding(rule, tick, tuple(voices), tuple((tone.part, tone.note) for tone in tones if tone))


RULES: dict[str, Rule] = {
    # two voices
    "parallel fifths": Rule(FAULT, "平行五度",
        "Two voices a perfect fifth apart move to another: they sound like one. Lead one of them in contrary motion.",
        "两声部由纯五度同向进行到另一纯五度，听来如同一个声部。让其中一个反向进行。"),
    "parallel octaves": Rule(FAULT, "平行八度",
        "Two voices in octaves or unison move on in octaves: a voice is lost. Lead one of them elsewhere.",
        "两声部以八度或同度同向进行，等于少了一个声部。让其中一个另行进行。"),
    "contrary fifths or octaves": Rule(WEAKNESS, "反向五八度",
        "From a perfect fifth or octave to the same by contrary motion: parallels in disguise.",
        "由纯五度或八度反向进行到同样的音程，是变相的平行。"),
    "unequal fifths": Rule(REMARK, "不等五度",
        "A diminished fifth moves to a perfect one with the bass: allowed where the bass is led by step.",
        "减五度与低音一起进行到纯五度：低音级进时可用。"),
    "hidden fifths": Rule(WEAKNESS, "隐伏五度",
        "The outer voices move in the same direction into a perfect fifth, the upper one by leap.",
        "外声部同向进入纯五度，而高声部跳进。"),
    "hidden octaves": Rule(WEAKNESS, "隐伏八度",
        "The outer voices move in the same direction into an octave, the upper one by leap.",
        "外声部同向进入八度，而高声部跳进。"),
    "voice crossing": Rule(WEAKNESS, "声部交叉",
        "A voice is below its lower neighbour: the ear takes one for the other.",
        "某声部低于其下方声部，听觉会将二者混淆。"),
    "voice overlap": Rule(REMARK, "声部超越",
        "A voice moves beyond where its neighbour has just been: it seems to go on in the other voice.",
        "某声部越过相邻声部刚才的位置，听来像是另一声部的延续。"),
    "spacing": Rule(WEAKNESS, "声部间距过大",
        "Neighbouring upper voices are more than an octave apart: the sound falls apart.",
        "相邻的上方声部相距超过八度，音响散开。"),
    "false relation": Rule(REMARK, "对斜",
        "A note is followed by its chromatic alteration in another voice: give both to the same voice.",
        "一个音在另一声部以其变化音接续：应放在同一声部。"),
    # one voice
    "range": Rule(WEAKNESS, "超出音域", "The note lies outside what such a voice sings with ease.",
        "此音超出该声部易唱的音域。"),
    "augmented step": Rule(FAULT, "增音程进行",
        "A melodic augmented interval is hard to sing: approach the note from the other side, or alter its neighbour.",
        "旋律中的增音程难唱：从另一方向进入，或改动相邻的音。"),
    "diminished leap": Rule(REMARK, "减音程跳进",
        "A leap of a diminished interval turns back by step, inwards.", "减音程跳进之后应向内级进。"),
    "leap of a seventh": Rule(WEAKNESS, "七度跳进", "A leap of a seventh is hard to sing, and leaves a gap.",
        "七度跳进难唱，且留下空缺。"),
    "leap beyond an octave": Rule(FAULT, "超过八度的跳进", "No voice leaps farther than an octave.",
        "声部跳进不应超过八度。"),
    "leap not recovered": Rule(REMARK, "大跳未平衡",
        "After a leap of a sixth or more the line turns back.", "六度及以上的跳进之后旋律应反向。"),
    # chords
    "leading tone doubled": Rule(FAULT, "重复导音",
        "The leading tone wants to rise: doubled, it makes parallel octaves or is left hanging. Double the root.",
        "导音要求上行：重复它会造成平行八度或悬而不决。应重复根音。"),
    "leading tone unresolved": Rule(FAULT, "导音未解决",
        "In an outer voice the leading tone rises to the tonic when the dominant resolves.",
        "属和弦解决时，外声部的导音应上行到主音。"),
    "seventh doubled": Rule(FAULT, "重复七音", "The seventh of a chord falls: it is not doubled.",
        "和弦七音要求下行，不可重复。"),
    "seventh unresolved": Rule(FAULT, "七音未解决",
        "The seventh of a chord falls by step, or stays where it is a note of the next chord.",
        "和弦七音应级进下行，或作为下一和弦的音保持。"),
    "no third": Rule(WEAKNESS, "缺三音", "Without its third a chord is empty, and neither major nor minor.",
        "和弦缺少三音则空洞，无大小之分。"),
    "six-four chord": Rule(WEAKNESS, "四六和弦用法不当",
        "A chord over its fifth stands before the dominant, in passing, over a held bass, or beside the same chord.",
        "四六和弦只用于属和弦之前、经过、低音保持，或同一和弦之内。"),
    "diminished triad in root position": Rule(REMARK, "原位减三和弦",
        "A diminished triad sounds better with its third in the bass: the tritone is then above it.",
        "减三和弦以三音为低音更好：三全音便不在低音上。"),
    "dissonance by leap": Rule(FAULT, "不协和音跳进跳出",
        "A note that is strange to the chord is approached and left by leap: one of both must be a step.",
        "和弦外音以跳进进入又以跳进离开：至少一侧应为级进。"),
    "backward progression": Rule(REMARK, "逆行进行",
        "The dominant goes to the subdominant: usually it leads to the tonic or to the sixth degree.",
        "属和弦进行到下属和弦：通常应到主和弦或六级。"),
    "no cadence": Rule(WEAKNESS, "无终止式",
        "The piece ends on neither the tonic nor the dominant in root position.",
        "乐曲既不结束于原位主和弦，也不结束于原位属和弦。"),
    # species
    "dissonance on the beat": Rule(FAULT, "强拍不协和",
        "On the beat only consonances stand: unison, third, fifth, sixth, octave.",
        "强拍上只用协和音程：同度、三度、五度、六度、八度。"),
    "dissonance not passing": Rule(FAULT, "弱拍不协和音处理不当",
        "A dissonance off the beat is approached and left by step.", "弱拍上的不协和音应级进进入并级进离开。"),
    "suspension unresolved": Rule(FAULT, "延留音未解决",
        "A dissonance held over the barline falls by step to a consonance.",
        "跨小节延留的不协和音应级进下行到协和音。"),
    "imperfect beginning": Rule(FAULT, "开始非完全协和", "It begins with a unison, fifth or octave.",
        "应以同度、五度或八度开始。"),
    "imperfect end": Rule(FAULT, "结束非完全协和", "It ends with a unison or an octave.", "应以同度或八度结束。"),
    "unison inside": Rule(WEAKNESS, "中间出现同度", "A unison on the beat stands only at the beginning and the end.",
        "强拍上的同度只用于首尾。"),
    "perfect by similar motion": Rule(FAULT, "同向进入完全协和",
        "A perfect consonance is reached by contrary or oblique motion.", "完全协和音程应以反向或斜向进入。"),
    "imperfect consonances in a row": Rule(WEAKNESS, "连续三六度过多",
        "More than three thirds or sixths in a row make the voices one.", "连续三个以上的三度或六度使两声部失去独立。"),
    "rhythm of the species": Rule(FAULT, "节奏不合类别",
        "The species fixes how many notes go with one of the cantus: 1, 2, 4, or 2 tied over.",
        "各类对位规定每个定旋律音配几个音：一、二、四，或切分的二。"),
    "cadence not by step": Rule(FAULT, "终止未级进", "Both voices reach the last note by step, in contrary motion.",
        "两声部应反向级进到最后一音。"),
    "repeated note": Rule(WEAKNESS, "重复音", "In this species the counterpoint does not repeat a note.",
        "此类对位中不重复同一音。"),
}  # fmt: skip
"""Every rule by its name; in the order in which they are explained."""
