"""Messages of playing together over a WebSocket (`/v1/live`): JSON objects, told apart by `type`.

All times (`at`) are seconds of the player's own clock, whatever it counts from. `clients/typescript/live.ts` is
generated from these types, and a test fails if it is not up to date.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from firmus.live.clock import FASTEST, SLOWEST

Seconds = Annotated[float, Field(ge=0, le=1e9, description="Seconds of the player's clock.")]
Pitch = Annotated[int, Field(ge=0, le=127)]
Bpm = Annotated[float, Field(ge=SLOWEST, le=FASTEST, description="Quarter notes a minute.")]
Text = Annotated[str, Field(max_length=1000)]


class _Message(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, json_schema_serialization_defaults_required=True
    )


class _Agreement(_Message):
    plays: Text | None = Field(None, description="accompaniment, answer, harmony; or two: accompaniment,answer.")
    style: Text | None = Field(None, description="pop, ballad, swing, bossa or folk.")
    key: Text | None = Field(None, description='Such as "G minor"; "" for an estimated one.')
    chords: Text | None = Field(None, description='One a bar, over and over: "Am F C G"; "" to follow the player.')
    tempo: Bpm | None = None
    steady: bool | None = Field(None, description="Whether the tempo stays, whatever is played.")

    @property
    def options(self) -> dict[str, Any]:
        """Options of `firmus jam`, those that are given."""
        fields = ("plays", "style", "key", "chords", "tempo", "steady")
        return {name: getattr(self, name) for name in fields if getattr(self, name) is not None}


class Begin(_Agreement):
    """Begin, or begin again: nothing else is taken before."""

    type: Literal["begin"]
    at: Seconds = Field(description="Now.")
    meter: Text = "4/4"
    seed: int = Field(0, ge=0, lt=2**31)
    count_in: bool = Field(True, description="Whether a bar is counted in; else the first note is the first beat.")
    language: Literal["en", "zh"] | None = Field(None, description="Of errors.")


class Change(_Agreement):
    """What is to be played from the next beat on; what is left out stays as it is."""

    type: Literal["change"]


class Press(_Message):
    """A key goes down."""

    type: Literal["press"]
    at: Seconds
    pitch: Pitch
    velocity: int = Field(ge=1, le=127)


class Release(_Message):
    """A key goes up."""

    type: Literal["release"]
    at: Seconds
    pitch: Pitch


class Pulse(_Message):
    """A pulse of MIDI clock, of which 24 are a quarter note: it leads from then on."""

    type: Literal["pulse"]
    at: Seconds


class Barline(_Message):
    """A bar begins, as MIDI's start message says."""

    type: Literal["barline"]
    at: Seconds


class Panic(_Message):
    """Silence at once, until the player plays again; `silence` answers."""

    type: Literal["panic"]
    at: Seconds


class Sync(_Message):
    """The time now, every few seconds; it comes back as it is."""

    type: Literal["sync"]
    at: Seconds


class Keep(_Message):
    """What both have played, as a work; `take` answers."""

    type: Literal["keep"]
    title: str = Field("", max_length=200)


class Instrument(_Message):
    """A part that plays along."""

    part: str = Field(description="answer, chords, bass or drums.")
    program: int = Field(description="Of General MIDI, from 0.")


class Begun(_Message):
    """It has begun, or what is to be played was changed."""

    type: Literal["begun"] = "begun"
    at: float | None = Field(description="Of tick 0; null where the first note will be that.")
    lead: float = Field(description="Seconds by which notes are sent ahead.")
    beat: int = Field(description="Ticks of a beat, 480 to the quarter note.")
    bar: int = Field(description="Ticks of a bar.")
    parts: list[Instrument]


class Sounding(_Message):
    """A note that begins, or ends (velocity 0)."""

    part: str
    pitch: int
    velocity: int
    at: float
    tick: int


class Notes(_Message):
    """Notes that are to sound; what comes more than 0.05 s after its time is better left out, but for ends."""

    type: Literal["notes"] = "notes"
    notes: list[Sounding]


class Beat(_Message):
    """A beat that comes, and how well it keeps up."""

    type: Literal["beat"] = "beat"
    at: float
    tick: int
    bpm: float
    chord: str | None
    level: int | None = Field(description="Age of the plan in half beats (backup level); null: none plays.")
    hit_rate: float = Field(description="Share of the beats that had a plan in time.")
    dropped: int = Field(description="Notes that were too late.")
    planning: float | None = Field(description="Seconds that the last plan took.")


class Silence(_Message):
    """What was sent before is not to sound any more."""

    type: Literal["silence"] = "silence"


class Take(_Message):
    """What both have played: the file `json` of a work."""

    type: Literal["take"] = "take"
    work: dict[str, Any]


class Refused(_Message):
    """A message that was refused, or why the session ends."""

    type: Literal["refused"] = "refused"
    kind: str = Field(description="As of the problems of HTTP.")
    detail: str
    ends: bool = Field(description="Whether the session ends with it.")


Played = Begin | Change | Press | Release | Pulse | Barline | Panic | Sync | Keep
Answer = Begun | Notes | Beat | Silence | Sync | Take | Refused
PLAYED: TypeAdapter[Played] = TypeAdapter(Annotated[Played, Field(discriminator="type")])
ANSWER: TypeAdapter[Answer] = TypeAdapter(Annotated[Answer, Field(discriminator="type")])
