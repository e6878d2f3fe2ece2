"""A hash is computed once for as long as a file stays as it is, and never outlives a change of it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from probado.repository import hashes
from probado.repository.dvc import file_hash


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file whose hash is known, and whose bytes are not read again."""
    path = tmp_path / "raw.txt"
    path.write_text("before")
    assert file_hash(path, "md5") == md5("before")
    return path


def test_another_text_of_the_same_length_and_time(file: Path) -> None:
    was = file.stat()
    file.write_text("behind")
    os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert file_hash(file, "md5") == md5("behind")


def test_another_file_in_its_place(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("behind")
    os.replace(other, file)
    assert file_hash(file, "md5") == md5("behind")


def test_a_change_right_after_it(file: Path) -> None:
    for number in range(20):
        file.write_text(f"{number:06}")
        assert file_hash(file, "md5") == md5(f"{number:06}")


def test_what_stays_is_not_read_again(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "folder"
    hashes.copy(file, folder / "copy.txt")
    with hashes.moved(folder, tmp_path / "elsewhere"):
        folder.rename(tmp_path / "elsewhere")
    monkeypatch.setattr("dvc_data.hashfile.hash.file_md5", lambda *_, **__: pytest.fail("it was read again"))
    assert file_hash(file, "md5") == file_hash(tmp_path / "elsewhere" / "copy.txt", "md5") == md5("before")
