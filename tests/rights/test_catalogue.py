"""The catalogue lists a folder's works, and keeps what was filled in."""

import csv
import json

import pytest

import firmus
from firmus.errors import FormatError
from firmus.rights import catalogue


@pytest.fixture
def folder(tmp_path):
    for seed, title in ((1, "First"), (2, '=cmd|"/c calc"!A1')):
        work = firmus.compose(style="folk", bars=2, seed=seed, title=title, effort="quick")
        work.save(tmp_path / "songs" / str(seed), endings=[])
    return tmp_path


def table(folder):
    with (folder / "catalogue.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_every_work_has_a_row_in_both_files(folder):
    assert [path.name for path in firmus.catalogue(folder, licence="CC BY 4.0")] == ["catalogue.csv", "catalogue.json"]
    works = json.loads((folder / "catalogue.json").read_text())["works"]
    assert [work["title"] for work in works] == ["First", '=cmd|"/c calc"!A1']
    first = works[0]
    assert (first["folder"], first["bars"], first["model"], first["verdict"]) == ("songs/1", 2, "composer", "intact")
    assert first["composed_by_model"] == 1
    assert (first["licence"], first["iswc"], first["isrc"], first["price"]) == ("CC BY 4.0", "", "", "")
    assert [row["work"] for row in table(folder)] == [work["work"] for work in works]


def test_no_cell_is_a_formula(folder):
    firmus.catalogue(folder)
    assert table(folder)[1]["title"].startswith("'=")


def test_what_was_filled_in_stays(folder):
    firmus.catalogue(folder)
    rows = table(folder)
    rows[0] |= {"iswc": "T-034.524.680-1", "price": "40"}
    with (folder / "catalogue.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    firmus.compose(style="folk", bars=2, seed=3, effort="quick").save(folder / "a new one", endings=[])
    firmus.catalogue(folder, licence="all rights reserved")
    again = {row["work"]: row for row in table(folder)}
    assert len(again) == 3
    kept = again[rows[0]["work"]]
    assert (kept["iswc"], kept["price"], kept["licence"]) == ("T-034.524.680-1", "40", "all rights reserved")


def test_without_works_or_with_a_damaged_table_it_refuses(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FormatError, match="holds no work of Firmus"):
        firmus.catalogue(tmp_path / "empty")
    (folder / catalogue.FILES[0]).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match="is no table in UTF-8"):
        firmus.catalogue(folder)
