"""The cache folder: arrays are made once, and again where they are damaged; without a folder they are in memory."""

import numpy as np
import pytest

from firmus.caching import cache_folder, kept


def maker(calls):
    def make():
        calls.append(1)
        return {"places": np.arange(1000, dtype=np.uint32), "starts": np.array([0, 1000])}

    return make


def test_arrays_are_made_once(tmp_path):
    calls = []
    first, second = (kept(tmp_path / "deep" / "index", maker(calls)) for _ in range(2))
    assert len(calls) == 1
    assert (first["places"] == second["places"]).all()
    assert {each.dtype for each in second.values()} == {np.dtype(np.uint32), np.dtype(np.int64)}
    assert [each.name for each in (tmp_path / "deep").iterdir()] == ["index"]


@pytest.mark.parametrize("damage", ["cut off", "gone", "another", "no list"])
def test_what_is_damaged_is_made_again(tmp_path, damage):
    calls, home = [], tmp_path / "index"
    kept(home, maker(calls))
    file = home / "places.npy"
    if damage == "cut off":
        file.write_bytes(file.read_bytes()[:500])
    elif damage == "gone":
        file.unlink()
    elif damage == "another":
        np.save(file, np.arange(7))
    else:
        (home / "names").unlink()
    assert kept(home, maker(calls))["places"][-1] == 999
    assert kept(home, maker(calls))["places"][-1] == 999
    assert len(calls) == 2


def test_where_nothing_can_be_written_arrays_are_in_memory(tmp_path):
    (tmp_path / "file").write_text("no folder")
    calls = []
    for _ in range(2):
        assert kept(tmp_path / "file" / "index", maker(calls))["starts"].tolist() == [0, 1000]
    assert len(calls) == 2


def test_the_folder_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("FIRMUS_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("FIRMUS_CACHE")
    assert "firmus" in cache_folder().parts
