"""Backups can be served, what is damaged is found, and models make room for one another."""

import json
import os
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
    made = json.loads(capsys.readouterr().out)
    assert made["files"] >= 2
    assert made["rows"] > 10
    assert made["lost"] == 0
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


@pytest.mark.parametrize("name", ["a#b", "a%20b", "a?b", "a b", "a&mode=memory"])
def test_a_data_folder_of_any_name_is_served_and_backed_up(serve, tmp_path, name):
    server = serve(name)
    work = server.client.post("/v1/works", content=b"X:1\nK:G\nGABc dedB|]\n").json()
    made = backup(server.data, tmp_path / f"copy of {name}")
    server.stop()
    assert sorted(path.name for path in tmp_path.iterdir()) == [name, f"copy of {name}"]
    assert (made.files, made.lost) == (1, 0)
    copy = serve(f"copy of {name}")
    assert copy.client.get(work["links"]["json"]).status_code == 200
    copy.stop()
    assert [what for what, fault in look(copy.data) if fault] == []


def test_a_backup_that_is_not_whole_leaves_nothing(serve, tmp_path, monkeypatch):
    server = serve()
    for tune in (b"X:1\nK:G\nGABc|]\n", b"X:1\nK:C\nCDEF|]\n"):
        assert server.client.post("/v1/works", content=tune).status_code == 201
    server.stop()
    linked = os.link

    def cut(source, target):
        linked(source, target)
        if not [path for path in tmp_path.glob(".copy.part/files/??/*") if path.stat().st_size == 3]:
            target.unlink()
            target.write_bytes(b"cut")

    monkeypatch.setattr(os, "link", cut)
    with pytest.raises(FirmusError, match="the copy lacks the file"):
        backup(server.data, tmp_path / "copy")
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    next((server.data / "files").glob("??/*")).unlink()
    made = backup(server.data, tmp_path / "copy")
    assert (made.files, made.lost) == (1, 1)


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


def test_a_folder_without_a_database_is_not_backed_up(tmp_path, monkeypatch):
    monkeypatch.delenv("FIRMUS_DATABASE", raising=False)
    (tmp_path / "data").mkdir()
    for written in (None, b""):
        if written is not None:
            (tmp_path / "data" / "firmus.db").write_bytes(written)
        with pytest.raises(FirmusError, match=r"there is no database|no tables"):
            backup(tmp_path / "data", tmp_path / "copy")
        assert [path.name for path in tmp_path.iterdir()] == ["data"]


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
