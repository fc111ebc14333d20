"""`firmus jam` as a user plays it: over a socket, as this machine has no MIDI ports of its own."""

import json
import socket
import subprocess
import sys
import time

import pytest

pytest.importorskip("mido")
from mido import Message
from mido.ports import EchoPort
from mido.sockets import PortServer

from firmus.cli import main
from firmus.errors import InvalidBrief
from firmus.live import ports
from firmus.live.planner import Setup
from firmus.live.session import Immediate, Session
from firmus.score import Meter, Note, Part, Score


@pytest.fixture
def jam(tmp_path):
    """Start ``firmus jam`` at a socket; its process and our end."""
    server, processes, ends = PortServer("127.0.0.1", 0), [], []
    address = "127.0.0.1:" + str(server._socket.getsockname()[1])

    def start(*options):
        process = subprocess.Popen(
            [sys.executable, "-m", "firmus", "jam", "--keyboard", address, "--to", address, "--no-count-in",
             "--out", str(tmp_path / "jam"), "--formats", "mid", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        processes.append(process)
        ends.append(server.accept())
        return process, ends[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()
    for end in ends:
        if not end.closed:
            unplug(end)
    server.close()


def unplug(port):
    """Close our end, wholly (mido's close leaves its files open)."""
    port._socket.shutdown(socket.SHUT_RDWR)
    for each in (port._rfile, port._wfile, port):
        each.close()


def until(port, wanted, seconds=30):
    """Messages that come until one is as wanted."""
    messages, ends = [], time.monotonic() + seconds
    while time.monotonic() < ends:
        for message in port.iter_pending():
            messages.append(message)
            if wanted(message):
                return messages
        time.sleep(0.005)
    raise AssertionError(f"only {messages} came")


def chord(port):
    for pitch in (48, 52, 55):
        port.send(Message("note_on", note=pitch, velocity=80))


def test_it_plays_along_panics_and_keeps_what_was_played(jam, tmp_path):
    process, port = jam("--chords", "C F", "--tempo", "120", "--clock")
    chord(port)
    messages = until(port, lambda message: message.type == "note_on" and message.channel == 2 and message.velocity)
    assert messages[-1].note % 12 == 0
    assert {"program_change", "start"} <= {message.type for message in messages}
    until(port, lambda message: message.type == "clock")
    for _ in range(3):  # into the second beat, which is planned
        until(port, lambda message: message.type == "note_on" and message.channel == 2 and message.velocity)
    port.send(Message("control_change", control=123))
    process.stdin.write("p\n")
    process.stdin.flush()
    until(port, lambda message: message.type == "control_change" and message.control == 123)
    _, said = process.communicate("q\n", timeout=60)
    assert process.returncode == 0, said
    assert "planned in time" in said
    assert (tmp_path / "jam" / "piece.mid").exists()


def test_a_keyboard_that_is_unplugged_ends_it_with_a_line_and_nothing_is_lost(jam, tmp_path):
    process, port = jam()
    chord(port)
    until(port, lambda message: message.type == "note_on" and message.channel == 9)
    unplug(port)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "unplugged" in said.splitlines()[-1]
    assert (tmp_path / "jam" / "piece.mid").exists()


def test_midi_clock_that_is_wild_or_stops_is_said(jam):
    process, port = jam()
    chord(port)
    for _ in range(24):
        port.send(Message("clock"))  # all at once
    until(port, lambda message: message.type == "note_on" and message.channel == 9)
    time.sleep(1.5)
    _, said = process.communicate("q\n", timeout=60)
    assert "cannot be followed" in said
    assert "MIDI clock stopped" in said
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("name", "known", "message"),
    [
        ("", [], "no MIDI ports"),
        ("organ", ["Piano 1", "Piano 2"], "none of: Piano 1"),
        ("piano", ["Piano 1", "Piano 2"], "any of: Piano 1, Piano 2"),
        ("7", ["Piano 1"], "none of"),
    ],
)
def test_a_port_that_is_not_there_is_named(name, known, message):
    with pytest.raises(InvalidBrief, match=message):
        ports.chosen(name, known)


def test_a_port_of_this_machine_that_is_gone_is_noticed(monkeypatch):
    """There is no hardware here: the list of ports says what is plugged in."""
    monkeypatch.setattr(ports, "names", lambda: (["Piano"], ["Synth"]))
    opened = ports.Ports(EchoPort(), EchoPort(), watched=("Piano", "Organ"))
    session = Session(Setup(), Immediate())
    with pytest.raises(InvalidBrief, match="Organ is gone"):
        ports.perform(session, opened, print)


def test_nothing_answers_at_a_socket(capsys):
    assert main(["jam", "--keyboard", "127.0.0.1:1", "--to", "127.0.0.1:1"]) == 2
    assert "nothing answers" in capsys.readouterr().err


def test_a_take_is_played_along_with(tmp_path, capsys):
    from firmus import formats

    notes = tuple(Note(480 * i, 450, pitch) for i, pitch in enumerate((60, 64, 67, 64, 65, 69, 72, 69, 67, 71, 74, 71)))
    formats.write(Score((Part("", notes),), (Meter(0, 4, 4),)), tmp_path / "take.mid")
    out = tmp_path / "out"
    words = ["jam", "--play", str(tmp_path / "take.mid"), "--out", str(out), "--formats", "mid", "--json"]
    assert main([*words, "--plays", "harmony"]) == 0
    assert json.loads(capsys.readouterr().out)["files"][0] == str(out / "piece.mid")
    assert [part.name for part in formats.read(out / "piece.mid").parts] == ["Player", "Chords", "Bass"]
    assert main(words) == 2
    assert "--force" in capsys.readouterr().err
