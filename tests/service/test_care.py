"""Backups can be served, what is damaged is found, and models make room for one another."""

import json
import sqlite3
import threading

import pytest

from firmus.cli import main
from firmus.errors import FirmusError, ModelError
from firmus.runtime import model_cache
from firmus.service.storage.backup import backup
from firmus.service.storage.checkup import look

FOLK = {"style": "folk", "bars": 1}


def test_a_backup_made_while_it_runs_can_be_served(serve, tmp_path, capsys):
    server = serve()
    job = server.ask("compose", **FOLK, seed=3)
    waiting = [server.ask("compose", wait=0, **FOLK, seed=seed) for seed in range(3)]
    assert main(["serve", "backup", str(tmp_path / "copy"), "--data", str(server.data), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["files"] >= 2
    secret = server.client.get("/v1/webhook-secret").json()
    server.stop()
    assert main(["serve", "backup", str(tmp_path / "copy"), "--data", str(server.data)]) == 2
    assert "already exists" in capsys.readouterr().err
    copy = serve("copy")
    assert copy.midi(job) == copy.midi(copy.ask("compose", **FOLK, seed=3))
    assert [copy.ended(each)["state"] for each in waiting] == ["succeeded"] * 3
    assert set(copy.client.get("/v1/webhook-secret").json()) == set(secret)
    copy.stop()
    assert [what for what, fault in look(copy.data) if fault] == []
    assert main(["doctor", "--data", str(copy.data)]) == 0
    output = capsys.readouterr().out
    assert "✓ composer" in output
    assert f"✓ {copy.data}: audit log" in output


def test_what_is_damaged_is_found(serve, capsys):
    server = serve()
    for seed in range(3):
        assert server.ask("compose", **FOLK, seed=seed)["state"] == "succeeded"
    server.client.get("/v1/webhook-secret")
    server.stop()
    first, second = sorted((server.data / "files").glob("*/*"))[:2]
    first.write_bytes(b"other")
    second.unlink()
    (server.data / "webhook.key").chmod(0o644)
    with sqlite3.connect(server.data / "firmus.db") as database:
        database.execute("UPDATE audit SET target = 'another' WHERE number = 2")
    database.close()
    faults = {what: fault for what, fault in look(server.data) if fault}
    assert set(faults) == {"files", "audit log", "keys"}
    assert "1 are missing and 1 damaged" in faults["files"]
    assert "line 2" in faults["audit log"]
    assert main(["doctor", "--data", str(server.data), "--json"]) != 0
    found = json.loads(capsys.readouterr().out)["found"]
    assert {each["what"].rpartition(": ")[2] for each in found if each["fault"]} == set(faults)


def test_a_database_that_is_none_is_found(tmp_path):
    (tmp_path / "firmus.db").write_bytes(b"nonsense" * 4096)
    assert any(what == "database" and fault for what, fault in look(tmp_path))
    (tmp_path / "service.toml").write_text("[")
    assert [what for what, _ in look(tmp_path)] == ["settings"]


@pytest.mark.parametrize("name", ["gone", "there"])
def test_what_cannot_be_backed_up_is_refused(tmp_path, monkeypatch, name):
    (tmp_path / "there").mkdir()
    if name == "there":
        monkeypatch.setenv("FIRMUS_DATABASE", "postgresql+psycopg://nobody@127.0.0.1:1/x")
    with pytest.raises(FirmusError, match="no such data folder" if name == "gone" else "pg_dump"):
        backup(tmp_path / name, tmp_path / "copy")


def test_models_make_room_for_one_another(monkeypatch):
    made = []

    class Model:
        def __init__(self, card):
            made.append(card.name)

    load = model_cache.ModelLoader(Model)
    monkeypatch.setattr(model_cache, "_cache", model_cache.OrderedDict())
    threads = [threading.Thread(target=load, args=("composer",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == ["composer"]
    first = load("composer")
    load("vae-melody")
    assert load("composer") is first
    monkeypatch.setenv("FIRMUS_MODEL_BYTES", "1")
    load("vae-groove")
    assert load("vae-groove") is load("vae-groove")
    assert len(model_cache._cache) == 1
    assert load("composer") is not first
    assert made == ["composer", "vae-melody", "vae-groove", "composer"]
    monkeypatch.setenv("FIRMUS_MODEL_BYTES", "much")
    with pytest.raises(ModelError, match="whole number"):
        load("vae-melody")
