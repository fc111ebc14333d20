"""MIDI ports: finding them, and playing through them until it is ended.

A port is one of this machine by its name, the beginning or a part of it, or its number from 1; ``virtual`` makes one
that other programs connect to (Linux and macOS); ``HOST:PORT`` connects to a port that another program serves over a
socket (`mido.sockets`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from firmus.errors import InvalidBrief
from firmus.live.accompaniment import ANSWER, BASS, CHORDS, DRUMS
from firmus.live.clock import PULSES
from firmus.live.scheduler import Message
from firmus.live.session import Session
from firmus.live.take import programs
from firmus.score import TICKS_PER_QUARTER

CHANNELS = {CHORDS: 1, BASS: 2, ANSWER: 3, DRUMS: 9}  # from 0
ALL_SOUND_OFF, ALL_NOTES_OFF = 120, 123  # controllers
PAUSE = 0.002  # seconds between two looks
LOOK = 1.0  # seconds between two looks whether a port is still there
VIRTUAL = "virtual"
GONE = "MIDI port {port} is gone: it was unplugged or closed; plug it in and begin again"
INSTALL = "MIDI ports need firmus[live]: pip install 'firmus[live]'"


@dataclass(slots=True)
class Ports:
    """An input and an output that are open.

    Parameters
    ----------
    input, output : mido port
    clock_out : bool
        Whether MIDI clock is sent.
    watched : tuple of str
        Names of this machine's ports among them, which can be unplugged.
    """

    input: Any
    output: Any
    clock_out: bool = False
    watched: tuple[str, ...] = ()

    def send(self, messages: list[Message]) -> None:
        """Send notes, each part on its channel."""
        import mido

        for part, pitch, velocity, _ in messages:
            self.output.send(mido.Message("note_on", channel=CHANNELS[part], note=pitch, velocity=velocity))

    def silence(self) -> None:
        """End whatever sounds on our channels."""
        import mido

        for channel in CHANNELS.values():
            for controller in (ALL_NOTES_OFF, ALL_SOUND_OFF):
                self.output.send(mido.Message("control_change", channel=channel, control=controller, value=0))

    def close(self) -> None:
        """Close both; a port that is gone already is none to close."""
        for port in (self.input, self.output):
            if not port.closed:
                port.close()


def names() -> tuple[list[str], list[str]]:
    """Inputs and outputs of this machine.

    Raises
    ------
    InvalidBrief
        Where MIDI is not installed, or the system has none.
    """
    try:
        import mido

        return list(dict.fromkeys(mido.get_input_names())), list(dict.fromkeys(mido.get_output_names()))
    except ImportError:
        raise InvalidBrief(INSTALL) from None
    except Exception as error:  # of each system's own kind
        raise InvalidBrief(f"this system has no MIDI: {error}") from None


def open_ports(source: str, target: str, *, clock_out: bool = False) -> Ports:
    """Open an input and an output.

    Raises
    ------
    InvalidBrief
        Where there is no such port; the message lists those that are there.
    """
    opened = _open(source, is_input=True)
    try:
        output = opened if target == source and _is_socket(target) else _open(target, is_input=False)
    except InvalidBrief:
        opened.close()
        raise
    given = ((source, opened), (target, output))
    watched = tuple(port.name for name, port in given if name != VIRTUAL and not _is_socket(name))
    return Ports(opened, output, clock_out, watched)


def perform(
    session: Session, ports: Ports, notify: Callable[[str], None], command: Callable[[], str] = lambda: ""
) -> None:
    """Play until the command is ``"q"`` or a port is gone; ``"p"`` is panic.

    Parameters
    ----------
    session : Session
    ports : Ports
    notify : callable
        Takes a line for the player.
    command : callable
        What the player typed since the last time; ``""`` for nothing.

    Raises
    ------
    InvalidBrief
        Where a port is unplugged.
    """
    _programs(session, ports)
    sent, looked, was_followed = 0, time.monotonic(), True
    while (typed := command()) != "q":
        now = time.monotonic()
        if typed == "p":
            ports.send(session.panic(now))
            ports.silence()
        for message in ports.input.iter_pending():
            is_followed = _receive(session, ports, message, now)
            if was_followed and not is_followed:
                notify("MIDI clock: its tempo cannot be followed (30 to 300); mine goes on")
            was_followed = is_followed
        if session.clock.is_lost(now):
            session.clock.lose()
            notify(f"MIDI clock stopped: the tempo stays at {session.clock.bpm:.0f}")
        _still_there(ports, now - looked > LOOK)
        looked = now if now - looked > LOOK else looked
        ports.send(session.advance(now))
        sent = _clock_out(session, ports, now, sent)
        time.sleep(PAUSE)


def _receive(session: Session, ports: Ports, message: Any, now: float) -> bool:
    """Take a message; False where it is a pulse whose tempo cannot be followed."""
    if message.type == "note_on" and message.velocity:
        ports.send(session.press(now, message.note, message.velocity))
    elif message.type in ("note_on", "note_off"):
        session.release(now, message.note)
    elif message.type == "control_change" and message.control in (ALL_SOUND_OFF, ALL_NOTES_OFF):
        ports.send(session.panic(now))
    elif message.type == "clock":
        return session.clock.pulse(now)
    elif message.type == "start":
        ports.send(session.begin(now))
    elif message.type == "stop":
        ports.send(session.panic(now))
    return True


def _programs(session: Session, ports: Ports) -> None:
    import mido

    for part, program in programs(session.setup).items():
        if part != DRUMS:
            ports.output.send(mido.Message("program_change", channel=CHANNELS[part], program=program))
    if ports.clock_out:
        ports.output.send(mido.Message("start"))


def _clock_out(session: Session, ports: Ports, now: float, sent: int) -> int:
    """Send the pulses of MIDI clock that are due; how many have been sent in all."""
    import mido

    if not (ports.clock_out and session.is_begun):
        return sent
    due = int(session.clock.tick(now) * PULSES / TICKS_PER_QUARTER)
    for _ in range(max(0, min(due - sent, PULSES))):
        ports.output.send(mido.Message("clock"))
    return max(due, sent)


def _still_there(ports: Ports, thoroughly: bool) -> None:
    """Refuse to go on where a port is gone."""
    for port in (ports.input, ports.output):
        if port.closed:
            raise InvalidBrief(GONE.format(port=port.name))
    if thoroughly and ports.watched:
        there = {name for side in names() for name in side}
        for name in ports.watched:
            if name not in there:
                raise InvalidBrief(GONE.format(port=name))


def _open(name: str, *, is_input: bool) -> Any:
    """Open a port; the first one where none is named."""
    try:
        import mido
        import mido.sockets
    except ImportError:
        raise InvalidBrief(INSTALL) from None
    if _is_socket(name):
        host, _, port = name.rpartition(":")
        try:
            return mido.sockets.connect(host, int(port))
        except (OSError, OverflowError) as error:
            raise InvalidBrief(f"MIDI port {name}: nothing answers there ({error})") from None
    make = mido.open_input if is_input else mido.open_output
    if name == VIRTUAL:
        try:
            return make("Firmus", virtual=True)
        except ImportError:
            raise InvalidBrief(INSTALL) from None
        except Exception as error:
            raise InvalidBrief(f"this system makes no virtual MIDI port: {error}") from None
    found = chosen(name, names()[0 if is_input else 1])
    try:
        return make(found)
    except Exception as error:  # of each system's own kind
        raise InvalidBrief(f"MIDI port {found} cannot be opened, another program may hold it: {error}") from None


def chosen(name: str, known: list[str]) -> str:
    """The port that is meant, of those that are known.

    Raises
    ------
    InvalidBrief

    Examples
    --------
    >>> chosen("piano", ["Digital Piano 20:0", "nanoKEY 24:0"])
    'Digital Piano 20:0'
    >>> chosen("2", ["Digital Piano 20:0", "nanoKEY 24:0"])
    'nanoKEY 24:0'
    """
    if not known:
        raise InvalidBrief("there are no MIDI ports: plug a keyboard in, or give virtual for the port")
    if not name:
        return known[0]
    if name in known:
        return name
    if name.isdecimal() and 1 <= int(name) <= len(known):
        return known[int(name) - 1]
    found = [each for each in known if name.lower() in each.lower()]
    if not found:
        raise InvalidBrief(f"MIDI port {name!r} is none of: {', '.join(known)}")
    if len(found) > 1:
        raise InvalidBrief(f"MIDI port {name!r} could be any of: {', '.join(found)}")
    return found[0]


def _is_socket(name: str) -> bool:
    return re.fullmatch(r"[\w.-]+:\d{1,5}", name) is not None
