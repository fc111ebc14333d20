"""The sandbox: what a child reads is what we would have read; what it cannot read costs one line."""

from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings

from firmus import formats
from firmus.errors import FormatError
from firmus.formats import json, midi
from firmus.formats._sandbox import process
from firmus.formats._sandbox.process import Sandbox
from firmus.score import Note, Part, Score
from strategies import scores

TUNE = Score((Part("Flute", (Note(0, 480, 72), Note(480, 480, 74)), program=73),), title="Two notes")
HEAVY = midi.write(Score((Part("", tuple(Note(n, 1, n % 128) for n in range(190_000))),)))


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    box = Sandbox()
    yield box
    box.close()


def pid(box: Sandbox) -> int:
    assert box.pid is not None
    return box.pid


def running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


@settings(max_examples=30, deadline=None)
@given(scores(max_parts=3))
def test_reads_what_the_format_reads(score: Score) -> None:
    assert process.read("midi", midi.write(score)) == [score]
    assert process.read("json", json.write(score)) == [score]


def test_one_child_reads_many_files(sandbox: Sandbox) -> None:
    assert sandbox.pid is None
    numbers = set()
    for _ in range(20):
        sandbox.read("midi", midi.write(TUNE))
        numbers.add(sandbox.pid)
    assert len(numbers) == 1


def test_the_public_reader_uses_it(tmp_path: Path) -> None:
    formats.write(TUNE, tmp_path / "tune.mid")
    assert formats.read(tmp_path / "tune.mid") == TUNE
    (tmp_path / "bad.mid").write_bytes(b"MThd")
    with pytest.raises(FormatError, match=r"bad.mid: MIDI header cut off"):
        formats.read(tmp_path / "bad.mid")


def test_a_refusal_keeps_the_child_and_its_words(sandbox: Sandbox) -> None:
    with pytest.raises(FormatError, match="begins with b'junk'"):
        sandbox.read("midi", b"junk")
    first = sandbox.pid
    assert sandbox.read("midi", midi.write(TUNE)) == [TUNE]
    assert sandbox.pid == first


def test_too_slow(sandbox: Sandbox) -> None:
    sandbox.read("midi", midi.write(TUNE))
    stopped = sandbox.pid
    with pytest.raises(FormatError, match=r"took more than 0.15 s to read"):
        sandbox.read("midi", HEAVY, 0.15)
    assert not running(stopped)
    assert sandbox.read("midi", midi.write(TUNE)) == [TUNE]


def test_the_time_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRMUS_PARSE_SECONDS", "0.01")
    with pytest.raises(FormatError, match=r"more than 0.01 s"):
        process.read("midi", HEAVY)
    for wrong in ("soon", "0", "-1", "nan", "1e9"):
        monkeypatch.setenv("FIRMUS_PARSE_SECONDS", wrong)
        with pytest.raises(FormatError, match=f"FIRMUS_PARSE_SECONDS='{wrong}'"):
            process.read("midi", HEAVY)


def test_too_much_memory() -> None:
    box = Sandbox(memory=1 << 28)
    try:
        with pytest.raises(FormatError, match=r"needed more than 0.25 GiB of memory"):
            box.read("json", b'{"a":[' + b"{}," * 4_000_000 + b"0]}")
        assert box.read("midi", midi.write(TUNE)) == [TUNE]
    finally:
        box.close()


def test_a_child_that_has_grown_is_replaced(sandbox: Sandbox) -> None:
    sandbox.read("midi", midi.write(TUNE))
    first = sandbox.pid
    with pytest.raises(FormatError, match="format"):
        sandbox.read("json", b'{"a":[' + b"{}," * 4_000_000 + b"0]}")
    assert sandbox.read("midi", midi.write(TUNE)) == [TUNE]
    assert sandbox.pid != first


def test_a_crash_is_said_and_the_next_file_is_read(sandbox: Sandbox) -> None:
    sandbox.read("midi", midi.write(TUNE))
    number = pid(sandbox)
    os.kill(number, signal.SIGSTOP)  # so that the file is surely not read yet
    threading.Timer(0.1, os.kill, (number, signal.SIGKILL)).start()
    with pytest.raises(FormatError, match=r"the reader crashed on it \(signal 9\)"):
        sandbox.read("midi", HEAVY)
    assert sandbox.read("midi", midi.write(TUNE)) == [TUNE]


def test_a_child_that_died_between_files_is_replaced(sandbox: Sandbox) -> None:
    sandbox.read("midi", midi.write(TUNE))
    number = pid(sandbox)
    os.kill(number, signal.SIGKILL)
    os.waitid(os.P_PID, number, os.WEXITED | os.WNOWAIT)
    assert sandbox.read("midi", midi.write(TUNE)) == [TUNE]
    assert sandbox.pid != number


def test_a_reader_that_stumbles_is_a_message(sandbox: Sandbox) -> None:
    with pytest.raises(FormatError, match=r"the nonsense reader stumbles over it .*unknown format 'nonsense'"):
        sandbox.read("nonsense", b"")


def test_the_child_is_bounded(sandbox: Sandbox) -> None:
    sandbox.read("midi", midi.write(TUNE))
    number = pid(sandbox)
    limits = {name: resource.prlimit(number, getattr(resource, name)) for name in ("RLIMIT_AS", "RLIMIT_FSIZE")}
    assert limits == {"RLIMIT_AS": (1 << 30, 1 << 30), "RLIMIT_FSIZE": (0, 0)}
    assert resource.prlimit(number, resource.RLIMIT_NOFILE)[0] <= 64
    assert resource.prlimit(number, resource.RLIMIT_CPU)[0] < 60
    environment = Path(f"/proc/{number}/environ").read_bytes()
    assert b"HOME=" not in environment
    loaded = Path(f"/proc/{number}/maps").read_text()
    assert "numpy" not in loaded


def test_threads_share_it(sandbox: Sandbox) -> None:
    tunes = [Score((Part("", (Note(n, 10, n),)),)) for n in range(40)]
    found: dict[int, list[Score]] = {}

    def read_one(index: int) -> None:
        found[index] = sandbox.read("midi", midi.write(tunes[index]))

    threads = [threading.Thread(target=read_one, args=(index,)) for index in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {index: [tune] for index, tune in enumerate(tunes)}


def test_a_fork_starts_its_own() -> None:
    program = f"""
import os
from firmus.formats._sandbox import process
data = {midi.write(TUNE)!r}
process.read("midi", data)
mine = process._SHARED.pid
child = os.fork()
if not child:
    process.read("midi", data)
    other = process._SHARED.pid
    process.close()
    os._exit(0 if other != mine else 1)
assert os.waitpid(child, 0)[1] == 0
process.read("midi", data)
assert process._SHARED.pid == mine
print(mine)
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert not running(int(done.stdout)), "the child outlived its parent"


def test_a_killed_parent_leaves_no_child() -> None:
    program = f"""
import os, signal
from firmus.formats._sandbox import process
process.read("midi", {midi.write(TUNE)!r})
print(process._SHARED.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    with suppress(ProcessLookupError):  # it is gone already
        ended, _, _ = select.select([os.pidfd_open(int(done.stdout))], [], [], 120)
        assert ended, "the child outlived its parent"
