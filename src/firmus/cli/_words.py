"""What the command line says, in English and Chinese; the language is ``FIRMUS_LANG``, else the system's."""

from __future__ import annotations

import os
from functools import cache

WORDS: dict[str, tuple[str, str]] = {
    "about": ("You fix some of a piece; Firmus composes the rest.", "您定下乐曲的一部分，Firmus 谱写其余部分。"),
    "epilogue": ("Language: FIRMUS_LANG=zh or en.", "语言：FIRMUS_LANG=zh 或 en。"),
    "commands": ("commands", "命令"),
    "compose": ("compose a piece from nothing", "从零开始作曲"),
    "continue": ("continue a piece", "续写一首乐曲"),
    "infill": ("compose some bars of some parts anew", "重写某些声部的某些小节"),
    "harmonise": ("set a melody for four voices", "为旋律配四部和声"),
    "accompany": ("compose a piano, a band or chord symbols to a melody", "为旋律创作钢琴、乐队伴奏或和弦标记"),
    "vary": ("compose a share of a piece anew", "变奏：重写乐曲的一部分"),
    "interpolate": ("compose the way from one piece to another", "谱写从一首乐曲到另一首的过渡"),
    "humanise": ("give quantised drums human timing and loudness", "为量化的鼓点赋予真人的时值与力度"),
    "analyse": ("say what is heard in a piece: key, chords, form ...", "说出乐曲里听到什么：调、和弦、曲式……"),
    "analyse out": ("also write analysis.json and analysis.html there", "另在此文件夹写入 analysis.json 和 analysis.html"),
    "analysed": ("{key} · {meter} · {tempo:g} a minute · form {form} · mood {mood}", "{key} · {meter} · 每分钟 {tempo:g} · 曲式 {form} · 情绪 {mood}"),
    "sure": ("how sure: {confidence}", "把握：{confidence}"),
    "keys heard": ("keys: {keys}", "调：{keys}"),
    "cadences heard": ("cadences: {cadences}", "终止：{cadences}"),
    "chords heard": ("chords: {chords}", "和弦：{chords}"),
    "in bar": ("{what} (bar {bar})", "{what}（第 {bar} 小节）"),
    "not told": ("not told: {reason}", "无法判断：{reason}"),
    "evaluate": ("compare composed music with real music", "把作品与真实音乐作比较"),
    "generated": ("folder of composed pieces", "作品所在文件夹"),
    "reference": ("folder of real pieces", "真实音乐所在文件夹"),
    "evaluate out": ("also write evaluation.json and evaluation.html there", "另在此文件夹写入 evaluation.json 和 evaluation.html"),
    "compared": ("{generated} composed pieces beside {reference} real ones", "{generated} 首作品与 {reference} 首真实音乐相比"),
    "convert": ("convert a music file into another format", "转换音乐文件格式"),
    "render": ("turn a music file into sound, a score or a piano roll", "把音乐文件渲染为音频、乐谱或钢琴卷帘"),
    "models": ("list the models and what they do", "列出模型及其能力"),
    "train": ("train a model by a recipe", "按配方训练模型"),
    "source": ("a music file: MIDI, MusicXML, ABC or Firmus JSON", "音乐文件：MIDI、MusicXML、ABC 或 Firmus JSON"),
    "tune": ("which tune of a file that holds several, from 1", "文件含多首曲子时取第几首（从 1 数起）"),
    "style": ("chorale, hymn, folk ... (see firmus models)", "风格：chorale、hymn、folk……（见 firmus models）"),
    "bars": ("how many bars", "小节数"),
    "which bars": ("which bars, such as 9-12 or 3,5,9- (from 1, inclusive)", "哪些小节，如 9-12 或 3,5,9-（从 1 数起，含两端）"),
    "seconds": ("length in seconds instead of bars", "以秒计的长度，代替小节数"),
    "key": ("such as 'G minor' or Bb", "调，如 'G minor' 或 Bb"),
    "meter": ("such as 3/4 or 6/8", "拍号，如 3/4 或 6/8"),
    "tempo": ("quarter notes a minute", "每分钟四分音符数"),
    "chords": ("one a bar, over and over: 'Am F C G'", "每小节一个和弦，循环使用：'Am F C G'"),
    "mood": ("calm, happy, sad, tense, or valence,arousal", "情绪：calm、happy、sad、tense，或“效价,唤醒度”"),
    "density": ("how busy: share of the style's music that is sparser", "疏密：该风格中比它稀疏的音乐所占比例"),
    "register": ("how high: share of the style's music that is lower", "音区：该风格中比它低的音乐所占比例"),
    "polyphony": ("how full: share of the style's music that is thinner", "厚度：该风格中比它单薄的音乐所占比例"),
    "syncopation": ("how much against the beat (latent models)", "切分程度（潜变量模型）"),
    "target": ("the piece to arrive at", "要到达的乐曲"),
    "steps": ("pieces on the way, both ends among them", "途中的乐曲数，含两端"),
    "parts": ("names or numbers from 1, divided by commas", "声部名称或编号（从 1 数起），以逗号分隔"),
    "range": ("lowest and highest note of a part; may be repeated", "某声部的最低音与最高音；可重复给出"),
    "form": ("section letters", "曲式字母"),
    "amount": ("how much changes, above 0 to 1", "改变的程度，大于 0 至 1"),
    "model": ("name of the weights (see firmus models)", "权重名称（见 firmus models）"),
    "count": ("how many candidates, best first, in numbered folders", "候选数量，最佳在前，存入编号文件夹"),
    "seed": ("the same seed gives the same piece", "种子相同，乐曲相同"),
    "temperature": ("0 takes the likeliest, higher is bolder", "0 取最可能者，越高越大胆"),
    "top-p": ("only the likeliest choices of so much probability", "只取累计概率不超过此值的选择"),
    "strict": ("key and chords are rules (the default)", "调与和弦为硬性规则（默认）"),
    "loose": ("key, chords or both (the default) are wishes", "调、和弦或两者（默认）仅为意愿"),
    "explain": ("also say what surprised the model, and which rule was hard", "另说明哪些音令模型意外、哪条规则最难遵守"),
    "surprising": ("most surprising: {notes}", "最意外的音：{notes}"),
    "hard": ("taken from the model's choices: {rules}", "规则排除的模型选择：{rules}"),
    "where": ("{name} in bar {bar}, {part} ({nats:.1f} nats)", "第 {bar} 小节{part}的 {name}（{nats:.1f} 奈特）"),
    "out": ("folder for the files (default: out/<title>)", "输出文件夹（默认 out/<标题>）"),
    "force": ("replace what is there", "覆盖已有内容"),
    "json": ("one JSON object on standard output", "在标准输出给出一个 JSON 对象"),
    "quiet": ("say nothing but errors", "除错误外不输出"),
    "stems": ("also one sound file a part", "另为每个声部输出一个音频文件"),
    "convert target": ("the new file; its ending says the format", "新文件，由扩展名决定格式"),
    "render target": ("sound (.wav .flac .ogg .mp3), score (.svg) or roll (.png)", "音频（.wav .flac .ogg .mp3）、乐谱（.svg）或卷帘（.png）"),
    "recipe": ("a training recipe", "训练配方"),
    "data": ("a folder of your own music files to learn from", "用于学习的自有音乐文件夹"),
    "sets": ("where the recipe's sets of music lie", "配方所用曲集的位置"),
    "minutes": ("a bound on the time of the whole run", "整个训练的时间上限（分钟）"),
    "train out": ("folder of the run (default: runs/<name>)", "训练文件夹（默认 runs/<名称>）"),
    "asked": ("asked", "要求"),
    "nothing asked": ("nothing in particular", "无特别要求"),
    "measured": ("measured", "实测"),
    "heard": ("heard in {heard_key} (confidence {heard_key_confidence:.2f}) · ", "听起来是 {heard_key}（置信度 {heard_key_confidence:.2f}）· "),
    "bars of": ("{bars} bars of {meter} at {tempo:g}, {seconds:.0f} s", "{bars} 小节，{meter} 拍，速度 {tempo:g}，{seconds:.0f} 秒"),
    "part": ("{name}: {notes} notes, {low} to {high}", "{name}：{notes} 个音符，{low} 至 {high}"),
    "silent part": ("{name}: silent", "{name}：无音符"),
    "made by": ("model {model}, seed {seed}, AI-generated", "模型 {model}，种子 {seed}，AI 生成"),
    "piece": ("piece {done} of {total}", "第 {done} 首，共 {total} 首"),
    "bar": ("bar {done} of {total}", "第 {done} 小节，共 {total} 小节"),
    "writing": ("writing score and sound", "正在写出乐谱与音频"),
    "knows": ("{kind}, {parameters:.1f} M parameters, {megabytes:.1f} MB; styles: {styles}; does: {tasks}",
              "{kind}，{parameters:.1f} M 参数，{megabytes:.1f} MB；风格：{styles}；任务：{tasks}"),
    "no tasks": ("benchmarks only", "仅用于基准测试"),
}  # fmt: skip


@cache
def language() -> str:
    """``"zh"`` or ``"en"``."""
    wanted = os.environ.get("FIRMUS_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "zh" if wanted.lower().startswith("zh") else "en"


def say(name: str) -> str:
    """Words for a thing in the language of the user."""
    return WORDS[name][language() == "zh"]
