"""The key of an installation is its owner's alone, made once, and never shown."""

import logging
import stat
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from firmus.errors import FirmusError
from firmus.rights import keys


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(keys.VARIABLE, str(tmp_path / "keys"))
    return tmp_path / "keys"


def test_a_key_is_made_at_first_use_for_its_owner_alone(folder, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    assert not keys.exists()
    public = keys.public_key()
    assert keys.exists()
    file = folder / keys.FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == [keys.FILE]
    keys._load.cache_clear()
    assert keys.public_key() == public
    Ed25519PublicKey.from_public_bytes(b64decode(public)).verify(b64decode(keys.sign(b"music")), b"music")
    secret = "".join(file.read_text().splitlines()[1:-1])
    shown = caplog.text + "".join(capsys.readouterr())
    assert secret[:40] not in shown


def test_a_key_that_everybody_may_read_is_made_private_again_and_that_of_a_group_stays(folder):
    public = keys.public_key()
    for found, left in ((0o644, 0o600), (0o640, 0o640)):
        (folder / keys.FILE).chmod(found)
        keys._load.cache_clear()
        assert keys.public_key() == public
        assert stat.S_IMODE((folder / keys.FILE).stat().st_mode) == left


def test_processes_that_make_it_at_once_have_one_key(folder):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: keys._create(folder / keys.FILE), range(8)))
    assert [path.name for path in folder.iterdir()] == [keys.FILE]


def test_what_is_no_key_and_a_folder_that_cannot_be_made_are_refused(folder, monkeypatch):
    folder.mkdir()
    (folder / keys.FILE).write_text("no key")
    with pytest.raises(FirmusError, match="holds no Ed25519 key"):
        keys.sign(b"music")
    monkeypatch.setenv(keys.VARIABLE, str(folder / keys.FILE / "below"))
    with pytest.raises(FirmusError, match="name a folder for the key of this installation in FIRMUS_KEY"):
        keys.sign(b"music")
