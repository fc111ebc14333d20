"""Labels: what the manifests and folders of the sets say."""

import pytest

from firmus.learning import labels
from firmus.learning.sources import Document


@pytest.mark.parametrize(
    ("instrument", "genre", "style"),
    [
        ("Piano", "romantic", "piano"), ("Harpsichord, Piano, Clavichord", "baroque", "piano"),
        ("Voice (SATB)", "renaissance", "choir"), ("Choir (SATB)", "hymn", "hymn"), ("SATB, Organ", "hymn", ""),
        ("Organ", "baroque", "organ"), ("Guitar", "classical", "guitar"), ("Voice, Piano", "romantic", "song"),
        ("String Quartet: Violins, Viola, 'Cello", "classical", "quartet"), ("Violin and Piano", "romantic", "chamber"),
        ("Violin and Orchestra", "classical", ""), ("Koto", "folk", ""), ("", "song", ""), ("Voice", "song", ""),
    ],
)  # fmt: skip
def test_styles_of_mutopia(instrument, genre, style):
    assert labels.mutopia_style(instrument, genre) == style


def test_movements_and_cycles_are_one_work(tmp_path):
    label = labels.labeller("lieder", tmp_path)
    names = [
        "scores/Schubert,_Franz/Winterreise,_D.911/01_Gute_Nacht/lc1.mxl",
        "scores/Schubert,_Franz/Winterreise,_D.911/02_Die_Wetterfahne/lc2.mxl",
        "scores/Schubert,_Franz/_/Ave_Maria/lc3.mxl",
        "scores/Schubert,_Franz/_/Erlkönig/lc4.mxl",
    ]
    labelled = [label(Document(name, b"", "song", "")) for name in names]
    assert {each.composer for each in labelled} == {"Franz Schubert"}
    assert [labelled[0].work == each.work for each in labelled] == [True, True, False, False]
    assert labelled[2].work != labelled[3].work


def test_composers_are_the_same_in_every_set():
    assert labels.composer_key("F. Schubert") == labels.composer_key("Franz Schubert")
    assert labels.composer_key("Robert Schumann") != labels.composer_key("Clara Schumann")
    assert labels.composer_key("F. J. Haydn") == labels.composer_key("Joseph Haydn")
    assert labels.composer_key("F. J. Haydn") != labels.composer_key("J. M. Haydn")


def test_mutopia_reads_its_manifest(tmp_path):
    (tmp_path / "mutopia").mkdir()
    (tmp_path / "mutopia" / "manifest.csv").write_text(
        "mutopia_id,dir,file,composer,style,instrument,licence\n1,ChopinFF/O28/p4,p4.ly,ChopinFF,Romantique,Piano,x\n"
    )
    labelled = labels.labeller("mutopia", tmp_path)(Document("midi/ChopinFF/O28/p4/p4.mid", b"", "", ""))
    assert labelled == labels.Labels("piano", "romantic", "F. F. Chopin", "ChopinFF/O28")
