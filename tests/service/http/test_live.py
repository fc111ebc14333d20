"""Playing together over a real WebSocket: notes in time, limits, and whom it is not opened for."""

import json
import socket
import time
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from firmus.cli import main
from serving import Server, Studio

PHRASE = (60, 62, 64, 67, 65, 64, 62)


class Player:
    """Somebody who plays over the network; times are seconds of a clock of their own."""

    def __init__(self, url, headers=None, host="127.0.0.1"):
        self.stack, self.received = ExitStack(), []
        port = urlsplit(url).port
        opened = connect(
            f"ws://{host}:{port}/v1/live", sock=socket.create_connection(("127.0.0.1", port)), max_size=None,
            additional_headers=headers or {},
        )  # fmt: skip
        self.socket = self.stack.enter_context(opened)

    def close(self):
        self.stack.close()

    def now(self):
        return time.monotonic() + 5000

    def send(self, kind, **values):
        self.socket.send(json.dumps({"type": kind, **values}))

    def begin(self, **values):
        self.send("begin", at=self.now(), **{"tempo": 240, "count_in": False, **values})
        return self.until("begun")

    def play(self, pitch, velocity=80, seconds=0.2):
        """Play a note, and let it sound."""
        self.send("press", at=self.now(), pitch=pitch, velocity=velocity)
        self.listen(seconds)
        self.send("release", at=self.now(), pitch=pitch)

    def next(self, seconds=20.0):
        message = json.loads(self.socket.recv(timeout=seconds))
        message["came"] = self.now()
        self.received.append(message)
        return message

    def until(self, kind, wanted=lambda message: True, seconds=20.0):
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            message = self.next(max(0.01, ends - time.monotonic()))
            if message["type"] == kind and wanted(message):
                return message
        raise AssertionError(self.received[-5:])

    def listen(self, seconds):
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            try:
                self.next(left)
            except TimeoutError:
                break

    def notes(self, part=""):
        """Notes that were sent, and how many seconds before their time each came."""
        found = [(each, message["came"]) for message in self.received if message["type"] == "notes"
                 for each in message["notes"]]  # fmt: skip
        return [{**each, "early": each["at"] - came} for each, came in found if part in ("", each["part"])]


@pytest.fixture
def player(server):
    somebody = Player(server.url)
    yield somebody
    somebody.close()


def test_a_phrase_is_answered_ahead_of_time(player):
    begun = player.begin(plays="answer", key="C", steady=True)
    assert {each["part"] for each in begun["parts"]} == {"answer", "chords", "bass", "drums"}
    for pitch in PHRASE:
        player.play(pitch)
    player.until("notes", lambda message: any(each["part"] == "answer" for each in message["notes"]))
    player.listen(3.0)
    begins = [each for each in player.notes("answer") if each["velocity"]]
    assert len(begins) >= 4
    assert begins[0]["tick"] % 1920 == 0
    assert sum(each["early"] > 0 for each in begins) >= 0.9 * len(begins)  # the machine is at work on other things
    assert begins[-1]["pitch"] % 12 == 0
    ends = [(each["pitch"], each["tick"]) for each in player.notes("answer") if not each["velocity"]]
    assert all(any(pitch == note["pitch"] and tick > note["tick"] for pitch, tick in ends) for note in begins[:-1])


def test_it_accompanies_after_a_bar_that_is_counted_in_and_says_how_it_keeps_up(player):
    begun = player.begin(plays="accompaniment", chords="C F", tempo=200, count_in=True)
    assert begun["at"] > player.now()
    player.until("beat", lambda beat: beat["tick"] == 0)
    player.until("notes")
    assert {each["pitch"] for each in player.notes()} == {37}  # a stick
    player.play(60, seconds=3.0)
    beats = [each for each in player.received if each["type"] == "beat"]
    assert [each["tick"] for each in beats] == [480 * place for place in range(len(beats))]
    assert {each["chord"] for each in beats[4:]} <= {"C", "F"}
    assert any(each["level"] is not None for each in beats)
    assert all(each["at"] < later["at"] for each, later in pairwise(beats))
    bass = {each["tick"]: each["pitch"] % 12 for each in player.notes("bass") if each["velocity"]}
    assert bass[1920] == 5


def test_panic_silences_and_what_is_kept_is_a_work(player, server):
    player.begin(plays="harmony", chords="Am", tempo=200)
    player.play(69, seconds=1.5)
    player.send("panic", at=player.now())
    player.until("silence")
    count = len(player.notes())
    player.listen(1.0)
    assert not [each for each in player.notes()[count:] if each["velocity"]]
    player.send("keep", title="Evening")
    work = player.until("take")["work"]
    assert (work["format"], work["origin"]["task"], work["score"]["title"]) == ("firmus-work", "jam", "Evening")
    assert [part["name"] for part in work["score"]["parts"]] == ["Player", "Chords", "Bass"]
    assert work["score"]["parts"][0]["notes"]["pitch"] == [69]
    answer = server.client.post("/v1/works", content=json.dumps(work))
    assert answer.status_code == 201, answer.text


def test_a_take_without_given_key_and_chords_is_stored_too(player, server):
    player.begin(plays="answer", key="", chords="", tempo=200)
    player.play(69, seconds=0.3)
    player.send("keep", title="Evening")
    work = player.until("take")["work"]
    assert not {"key", "chords"} & set(work["origin"]["brief"])
    answer = server.client.post("/v1/works", content=json.dumps(work))
    assert answer.status_code == 201, answer.text


def test_what_is_played_can_be_changed_meanwhile(player):
    player.begin(plays="accompaniment", chords="C", style="pop", tempo=200)
    player.play(72, seconds=0.8)
    player.send("change", style="swing", tempo=150)
    begun = player.until("begun")
    assert {each["part"]: each["program"] for each in begun["parts"]}["bass"] == 32
    player.listen(2.0)
    beats = [each for each in player.received if each["type"] == "beat"]
    assert beats[-1]["bpm"] == pytest.approx(150, abs=8)
    player.send("change", plays="harmony,accompaniment")
    assert "choose one" in player.until("refused")["detail"]
    player.send("change", plays="answer")
    player.until("begun")
    count = len(player.notes())
    player.listen(1.0)
    assert not [each for each in player.notes()[count:] if each["velocity"] and each["part"] == "chords"]


@pytest.mark.parametrize(
    ("sent", "kind", "detail"),
    [
        ('{"type": "press", "at": 1, "pitch": 60, "velocity": 80}', "conflict", "begin first"),
        ("", "invalid-request", "JSON"),
        ("[" * 5000, "invalid-request", "JSON"),
        ('{"type": "solo"}', "invalid-request", "solo"),
        ('{"type": "begin", "at": NaN}', "invalid-request", "finite"),
        ('{"type": "begin", "at": 1, "tempo": 900}', "invalid-request", "300"),
        ('{"type": "begin", "at": 1, "style": "pob"}', "invalid-brief", "pop"),
        ('{"type": "begin", "at": 1, "meter": "4/5"}', "unreadable-music", "4/5"),
        ('{"type": "begin", "at": 1, "key": "H major"}', None, "H major"),
        ('{"type": "sync", "at": 1, "more": 2}', "invalid-request", "more"),
    ],
)
def test_a_message_that_is_wrong_is_refused_and_the_session_goes_on(player, sent, kind, detail):
    player.socket.send(sent)
    refused = player.until("refused")
    assert kind in (None, refused["kind"])
    assert detail in refused["detail"]
    assert not refused["ends"]
    player.begin()


def test_errors_are_in_the_language_of_the_player(player):
    player.begin(language="zh")
    player.send("press", at=player.now() - 60, pitch=60, velocity=80)
    assert "秒" in player.until("refused")["detail"]


def test_a_note_that_comes_late_is_not_taken(player):
    player.begin()
    player.play(60, seconds=0.5)
    player.send("press", at=player.now() - 5, pitch=61, velocity=80)
    assert "s from now" in player.until("refused")["detail"]
    player.send("keep")
    take = player.until("take")["work"]["score"]["parts"][0]
    assert take["notes"]["pitch"] == [60]


def ended(player):
    """The last that is said, and the status code with which it is closed."""
    while True:
        try:
            player.next()
        except ConnectionClosed as closed:
            return (player.received or [{}])[-1], closed.rcvd.code if closed.rcvd else None


def test_who_sends_too_much_or_nothing_that_is_right_is_disconnected(server):
    flood = Player(server.url)
    for _ in range(600):
        flood.send("sync", at=flood.now())
    said, code = ended(flood)
    assert (said["kind"], said["ends"], code) == ("rate-limited", True, 1008)
    wrong = Player(server.url)
    for _ in range(30):
        wrong.socket.send("?")
    said, code = ended(wrong)
    assert (said["ends"], code) == (True, 1008)
    large = Player(server.url)
    large.socket.send("x" * 9000)
    assert ended(large)[1] == 1009
    clock = Player(server.url)
    clock.begin()
    clock.send("sync", at=clock.now() + 1000)
    assert "jumped" in clock.until("refused")["detail"]
    clock.close()


def test_sessions_are_few_and_end_and_leave_nothing_behind(serve):
    server = serve(owner_live=2, live_idle=2.5)
    first, second = Player(server.url), Player(server.url)
    with pytest.raises(InvalidStatus) as refused:
        Player(server.url)
    assert refused.value.response.status_code == 503
    assert json.loads(refused.value.response.body)["type"] == "urn:firmus:problem:busy"
    first.close()
    again = until_opened(server)
    said, code = ended(second)
    assert "no note" in said["detail"]
    assert code == 1001
    again.close()
    until = time.monotonic() + 10
    while threads(server) and time.monotonic() < until:
        time.sleep(0.1)
    assert not threads(server)


def until_opened(server):
    until = time.monotonic() + 10
    while True:
        try:
            return Player(server.url)
        except InvalidStatus:
            assert time.monotonic() < until
            time.sleep(0.1)


def threads(server):
    """Threads of sessions that are left in the service."""
    names = [path.read_text() for path in Path(f"/proc/{server.process.pid}/task").glob("*/comm")]
    return [name for name in names if name.startswith("live")]


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studio")
    (folder / "page").mkdir()
    (folder / "page" / "index.html").write_text("<!doctype html><title>Studio</title>")
    running = Studio(folder / "data", folder / "page")
    yield running
    running.stop()


def test_it_is_opened_for_its_own_page_and_for_programs_alone(studio):
    address = urlsplit(studio.said["url"])
    cookie = {"Cookie": f"firmus-{address.port}={parse_qs(address.query)['token'][0]}"}
    own, port = {"Origin": studio.url}, address.port
    for headers, status in (
        ({}, 101), ({**own, **cookie}, 101), (own, 403), ({**own, "Cookie": f"firmus-{port}=another"}, 403),
        ({"Origin": "http://evil.example", **cookie}, 403), ({"Origin": "http://127.0.0.1:1", **cookie}, 403),
        ({"Origin": "null", **cookie}, 403), ({"Sec-Fetch-Site": "cross-site", **cookie}, 403),
        ({"X-Forwarded-For": "192.0.2.1"}, 401),
    ):  # fmt: skip
        assert opened(studio, headers) == status, headers
    assert opened(studio, {}, "evil.example") == 421


def opened(server, headers, host="127.0.0.1"):
    try:
        Player(server.url, headers, host).close()
    except InvalidStatus as refused:
        return refused.response.status_code
    return 101


def test_where_there_are_keys_one_that_may_compose_is_needed(tmp_path, capfd):
    keys = []
    for role in ("composer", "reader"):
        assert main(["serve", "keys", "add", "--owner", role, "--role", role, "--data", str(tmp_path), "--json"]) == 0
        keys.append(json.loads(capfd.readouterr().out)["key"])
    server = Server(tmp_path)
    try:
        bearers = [{"Authorization": f"Bearer {key}"} for key in keys]
        assert [opened(server, each) for each in (*bearers, {}, {"Authorization": "Bearer none"})] == [
            101,
            403,
            401,
            401,
        ]
    finally:
        server.stop()
