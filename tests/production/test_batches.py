"""Batches: a plan becomes so many works, whatever happens meanwhile; none twice, no two alike."""

import csv
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest

import firmus
from firmus.cli import main
from firmus.errors import FormatError, InvalidBrief, OutputExists
from firmus.production.batches import folder as folders
from firmus.production.batches import making, titles
from firmus.production.batches.duplicates import Register
from firmus.production.batches.plan import Row, Slot, read, row, slots
from firmus.production.batches.workers import Here, Workers
from firmus.rights.files import SIDECAR
from firmus.score import Note, Part, Score
from firmus.tasks.batch import compose
from firmus.tasks.compose import commission
from firmus.work import Brief, Work

PLAN = "style,bars,key,effort,count\nfolk,2,,quick,4\nfolk,3,G major,quick,3\n"
COMMAND = [sys.executable, "-m", "firmus", "batch", "plan.csv", "--seed", "5", "--formats", "mid"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to stand in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.csv").write_text(PLAN)
    return tmp_path


def names(folder):
    return sorted(each.name for each in folder.iterdir() if each.name[0].isdigit())


def contents(folder):
    """Every file of a batch, but for when it was written."""
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    found = {name: path.read_bytes() for name, path in files.items() if path.name not in (SIDECAR, ".lock")}
    rows = json.loads(found.pop("catalogue.json"))["works"]
    del found["catalogue.csv"]
    return found, [{name: value for name, value in each.items() if name != "written"} for each in rows]


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """A batch that nothing interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "plan.csv").write_text(PLAN)
    subprocess.run([*COMMAND, "--out", "made"], cwd=folder, check=True, capture_output=True)
    return folder / "made"


def test_a_plan_becomes_works_with_titles_tags_and_rights(whole):
    assert [name[:5] for name in names(whole)] == [f"000{number}-" for number in range(1, 8)]
    with (whole / "catalogue.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({each["title"] for each in rows}) == len({each["work"] for each in rows}) == 7
    assert [each["folder"] for each in rows] == names(whole)
    for each in rows:
        work = Work.load(whole / each["folder"])
        assert (each["style"], each["verdict"], each["isrc"]) == ("folk", "intact", "")
        assert each["originality"] in ("original", "borrows as people do")
        assert {each["tempo"], each["mood"]} <= {"slow", "medium", "fast", "neutral", *titles.ADJECTIVES}
        assert work.score.title == each["title"]
        assert work.score.title.split()[0] in titles.ADJECTIVES[each["mood"]]
        card = json.loads((whole / each["folder"] / making.CARD).read_text(encoding="utf-8"))
        assert (card["work"], card["title"]) == (each["work"], each["title"])
        assert "attribution" in card
    assert rows[4]["key"] == "G major"


def test_killed_at_any_time_it_ends_as_if_nothing_had_happened(whole, here):
    generator, wanted = random.Random(3), here / "made"
    for number in range(4):
        process = subprocess.Popen([*COMMAND, "--out", "made"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        begun = time.monotonic()
        while process.poll() is None and time.monotonic() < begun + 60:
            if wanted.is_dir() and len(names(wanted)) > 2 * number:
                break
            time.sleep(0.02)
        time.sleep(generator.random() * 0.3)
        process.send_signal(signal.SIGKILL)
        process.wait()
        before = {name: contents_of(wanted / name) for name in names(wanted)}
        assert [name[:4] for name in before] == [f"000{place}" for place in range(1, len(before) + 1)]
    subprocess.run([*COMMAND, "--out", "made"], check=True, capture_output=True)
    assert {name: contents_of(wanted / name) for name in before} == before
    assert contents(wanted) == contents(whole)
    assert not (wanted / folders.NEW).exists()


def contents_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_no_process_outlives_one_that_was_killed(here):
    process = subprocess.Popen([*COMMAND, "--out", "made"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    begun = time.monotonic()
    while not children.read_text().split() and time.monotonic() < begun + 60:
        time.sleep(0.02)
    started = [int(each) for each in children.read_text().split()]
    assert started
    process.kill()
    process.wait()
    while any(_is_alive(each) for each in started) and time.monotonic() < begun + 90:
        time.sleep(0.05)
    assert not any(_is_alive(each) for each in started)


def _is_alive(number):
    try:
        return "Z" not in Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_larger_count_goes_on_and_what_was_deleted_is_made_again(whole, here, capsys):
    shutil.copytree(whole, "made")
    given = names(here / "made")
    shutil.rmtree(here / "made" / given[2])
    assert main([*COMMAND[3:], "--out", "made", "--count", "9", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["works"], found["made"], found["left_out"]) == (9, 3, {})
    assert found["works_an_hour"] > 0
    assert names(here / "made")[:7] == given
    one, other = contents(here / "made")[0], contents(whole)[0]
    assert {name: data for name, data in one.items() if name in other} == other


def test_nothing_is_left_to_do(whole, here, capsys):
    shutil.copytree(whole, "made")
    assert main([*COMMAND[3:], "--out", "made"]) == 0
    assert "7 works in made, 0 left out" in capsys.readouterr().out


def test_two_processes_do_not_work_on_one_folder(here, capsys):
    with folders.opened(here / "made", 5, ("mid",)):
        assert main([*COMMAND[3:], "--out", "made"]) == 2
    assert "another process is at work on this batch" in capsys.readouterr().err


def test_a_full_disk_costs_one_line_and_no_work(whole, here):
    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    environment = {**os.environ, "FIRMUS_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    failed = subprocess.run(
        [*COMMAND, "--out", "made"], preexec_fn=limited, capture_output=True, text=True, env=environment, check=False
    )
    assert failed.returncode == 2, failed.stderr
    assert failed.stderr.count("\n") == 1
    assert "File too large" in failed.stderr
    assert names(here / "made") == []
    assert main([*COMMAND[3:], "--out", "made", "--quiet"]) == 0
    assert contents(here / "made") == contents(whole)


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (["--seed", "6"], "begun with seed 5, not 6"),
        (["--formats", "mid,abc"], "begun with the formats mid, not mid,abc"),
    ],
)
def test_another_batch_is_not_mixed_in(change, hint, whole, here, capsys):
    shutil.copytree(whole, "made")
    assert main([*COMMAND[3:], "--out", "made", *change]) == 2
    assert hint in capsys.readouterr().err
    assert contents(here / "made") == contents(whole)


def test_another_plan_is_refused(whole, here, capsys):
    shutil.copytree(whole, "made")
    (here / "plan.csv").write_text(PLAN.replace("G major", "A minor"))
    assert main([*COMMAND[3:], "--out", "made"]) == 2
    assert "work 5 was made of another row" in capsys.readouterr().err


def test_a_folder_of_other_things_stays_as_it_is(here, capsys):
    (here / "made").mkdir()
    (here / "made" / "thesis.txt").write_text("mine")
    assert main([*COMMAND[3:], "--out", "made"]) == 2
    assert "holds other things than a batch" in capsys.readouterr().err
    assert [each.name for each in (here / "made").iterdir()] == ["thesis.txt"]
    assert main([*COMMAND[3:], "--out", "plan.csv"]) == 2
    assert "is a file" in capsys.readouterr().err


def test_a_damaged_folder_is_said(whole, here, capsys):
    shutil.copytree(whole, "made")
    piece = here / "made" / names(here / "made")[1] / "piece.json"
    piece.write_text(piece.read_text()[:100])
    assert main([*COMMAND[3:], "--out", "made"]) == 2
    assert "is damaged" in capsys.readouterr().err
    (here / "made" / "batch.json").write_text("{")
    assert main([*COMMAND[3:], "--out", "made"]) == 2
    assert "batch.json is damaged" in capsys.readouterr().err


def test_what_is_like_a_library_is_left_out(whole, here):
    library = here / "library"
    library.mkdir()
    shutil.copy(whole / names(whole)[5] / "piece.mid", library / "ours.mid")
    (library / "broken.mid").write_bytes(b"MThd no music")
    made = firmus.batch("plan.csv", seed=5, formats="mid", out="made", against=library)
    assert list(made.unread) == ["broken.mid"]
    seeds = [each["seed"] for each in json.loads((here / "made" / "catalogue.json").read_text())["works"]]
    assert seeds[:5] == [making.seed_of(5, number, 0) for number in range(1, 6)]
    assert seeds[5] == making.seed_of(5, 6, 1)


@cache
def _composed(seed):
    return compose(Brief(style="folk", bars=4, effort="quick", original="strict"), [seed])[0]


def repeating(brief, seeds):
    """A composer of eight pieces: the attempt says which."""
    return [_composed(seed % making.SPACING // making.AGAIN) for seed in seeds]


def test_works_that_are_alike_are_composed_again_then_left_out():
    wanted = slots([Row(Brief(style="folk", bars=4, effort="quick", original="strict"), 5)])
    made = list(making.Maker(repeating, Here(), Register(), 0).works(wanted))
    assert [each.work.score.parts for each in made] == [_composed(place).score.parts for place in range(5)]
    made = list(making.Maker(the_same, Here(), Register(), 0).works(wanted[:3]))
    assert [each.refused for each in made] == ["", "it is too like 1", "it is too like 1"]


def the_same(brief, seeds):
    """A composer of one piece."""
    return [_composed(0) for _ in seeds]


def copying(brief, seeds):
    """A composer whose first attempts are judged to be copies."""
    verdicts = ["copies" if seed < 200 else "original" for seed in seeds]
    return [_judged(_composed(seed), verdict) for seed, verdict in zip(seeds, verdicts, strict=True)]


def _judged(work, verdict):
    measured = work.origin.measured | {"originality": {"verdict": verdict, "source": {"title": "Reel"}}}
    return Work(work.score, firmus.Origin(**{**_fields(work.origin), "measured": measured}))


def _fields(origin):
    return {name: getattr(origin, name) for name in origin.__slots__}


@pytest.mark.parametrize(("original", "seed"), [("strict", 200), ("guard", 0)])
def test_copies_are_composed_again_where_that_is_asked(original, seed):
    wanted = slots([Row(Brief(style="folk", bars=4, effort="quick", original=original), 1)])
    (made,) = making.Maker(copying, Here(), Register(), 0).works(wanted)
    assert made.work.score.parts == _composed(seed).score.parts


def test_a_process_that_dies_is_said():
    with Workers(1) as pool:
        assert pool.submit(abs, -3).result() == 3
        with pytest.raises(ZeroDivisionError):
            pool.submit(_divided, 0).result()
        with pytest.raises(firmus.FirmusError, match="a process of the batch has ended"):
            pool.submit(os._exit, 3).result()


def _divided(number):
    return 1 / number


def test_a_register_of_many_finds_each(monkeypatch):
    generator = random.Random(4)
    register, works = Register(), []
    for number in range(70):
        pitches = [generator.randrange(55, 80) for _ in range(24)]
        works.append(Score((Part("", tuple(Note(240 * at, 240, pitch) for at, pitch in enumerate(pitches))),)))
        assert register.like(works[-1]) == ""
        register.add(works[-1], f"{number}")
    assert [register.like(each) for each in works] == [f"{number}" for number in range(70)]


def test_drums_are_alike_where_their_bars_are():
    register = Register()

    def groove(*places):
        notes = tuple(Note(1920 * bar + 480 * at, 120, 36) for bar in range(10) for at in places)
        return Score((Part("Drums", notes, is_drums=True),))

    register.add(groove(0, 2), "one")
    assert register.like(groove(0, 2)) == "one"
    assert register.like(groove(0, 3)) == ""


def test_no_two_titles_are_the_same():
    moods = list(titles.ADJECTIVES)
    made = {titles.title(mood, number, 3) for mood in moods for number in range(1, 3001)}
    assert len(made) == 3000 * len(moods)


def test_a_number_keeps_its_work_however_many_follow():
    rows = [Row(Brief(style="folk", title="Reel"), 1), Row(Brief(style="hymn"), 2)]
    assert slots(rows, 10)[:4] == slots(rows, 4)
    assert [slot.title for slot in slots(rows, 5)] == ["Reel", "", "", "Reel 2", ""]
    assert slots(rows) == [Slot(1, rows[0].brief, "Reel"), Slot(2, rows[1].brief), Slot(3, rows[1].brief)]
    for count in (0, -1, 100_001):
        with pytest.raises(InvalidBrief, match=r"must be 1 to 100,000"):
            slots(rows, count)


WRONG = [
    ("style,mod\nfolk,calm\n", "unknown column 'mod': did you mean 'mood'"),
    ("style,bars\nfolk,8\nfolk,900\n", "line 3: bars 900 must be a whole number from 1 to 512"),
    ("style,bars\nfolk,many\n", "line 2: bars 'many' must be a whole number from 1 to 512"),
    ("style,tempo\nfolk,1\n", "line 2: tempo 1.0 must be 10 to 400"),
    ("style,key\nfolk,H minor\n", "line 2: there is no key 'H minor'"),
    ("style\npolka\n", "line 2: unknown style 'polka'"),
    ("style,polyphony\nchorale,0.9\n", "line 2: polyphony"),
    ("style,bars,seconds\nfolk,8,30\n", "line 2: bars and seconds are both given"),
    ("style,count\nfolk,0\n", "line 2: count 0 must be 1 to 100,000"),
    ("style,count\nfolk,some\n", "line 2: count 'some' must be a whole number"),
    ("style\nfolk,8\n", "line 2: it has more cells than there are columns"),
    ("style,title\nfolk,Reel\nhymn,Reel\n", "line 3: title 'Reel' is there already"),
    ("style\n", "has 0 rows"),
    ("", "has 0 rows"),
]


@pytest.mark.parametrize(("text", "hint"), WRONG)
def test_a_row_that_makes_no_sense_is_refused_before_anything_is_composed(text, hint, here, capsys):
    (here / "plan.csv").write_text(text)
    assert main(["batch", "plan.csv"]) == 2
    complaint = capsys.readouterr().err
    assert hint in complaint
    assert complaint.count("\n") == 1
    assert not (here / "out").exists()


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ([], "there is nothing to compose"),
        (["--style", "folk", "--count", "0"], "count 0 must be"),
        (["nothing.csv"], "nothing.csv: No such file"),
        (["plan.txt"], "a plan is a table (.csv) or a document (.toml)"),
        (["plan.csv", "--formats", "midd"], "unknown format 'midd'"),
        (["plan.csv", "--against", "nowhere"], "nowhere is no folder"),
        (["plan.csv", "--seed", "-4"], "seed -4 must be"),
    ],
)
def test_a_mistake_costs_one_line_and_nothing_else(words, hint, here, capsys):
    assert main(["batch", *words]) == 2
    complaint = capsys.readouterr().err
    assert hint in complaint
    assert complaint.count("\n") == 1
    assert not (here / "out").exists()


def test_a_document_says_the_same_as_a_table(here):
    (here / "plan.toml").write_text(
        '[[works]]\nstyle = "folk"\nbars = 2\neffort = "quick"\ncount = 4\n\n'
        '[[works]]\nstyle = "folk"\nbars = 3\nkey = "G major"\neffort = "quick"\ncount = 3\n'
    )
    assert read(here / "plan.toml", {}, commission) == read(here / "plan.csv", {}, commission)
    for text, hint in (("[[work]]\n", "unknown key 'work'"), ("works = 3\n", "must be tables"), ("=", "is no TOML")):
        (here / "plan.toml").write_text(text)
        with pytest.raises(FormatError, match=hint):
            read(here / "plan.toml", {}, commission)


def test_options_are_for_rows_that_do_not_say_otherwise():
    found = row({"style": "folk", "bars": "8"}, {"style": "hymn", "seconds": 30.0, "mood": "calm"}, commission).brief
    assert (found.style, found.bars, found.seconds, found.mood, found.original) == ("folk", 8, None, "calm", "strict")


def test_a_batch_keeps_its_seed(here):
    with folders.opened(here / "made", 5, None):
        pass
    with pytest.raises(OutputExists, match="begun with seed 5"), folders.opened(here / "made", 4, None):
        pass
