"""An officer's key file is its owner's alone, and what is no key file is told."""

import stat
from pathlib import Path

import pytest

from service import sealing
from service.officer_keys import OwnKey, Stopped, read_keys, write_keys


def test_a_key_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "key"
    keys = [OwnKey(*sealing.generate_key()) for _ in range(2)]
    write_keys(path, keys)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_keys(path) == keys
    assert list(path.parent.iterdir()) == [path]
    path.chmod(0o640)
    with pytest.raises(Stopped, match=f"chmod 600 {path}"):
        read_keys(path)


@pytest.mark.parametrize("text", ["not hexadecimal", "00" * 32, "ff" * 32, "11" * 31])
def test_a_file_that_holds_no_keys_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key"
    path.touch(mode=0o600)
    path.write_text(text)
    with pytest.raises(Stopped, match="does not hold keys"):
        read_keys(path)
    with pytest.raises(Stopped, match="No such file"):
        read_keys(tmp_path / "missing")
