"""The folder of a clean room: gone in the end, whatever ended it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from probado.files import remove
from probado.room.folder import room_folder


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the test's own for rooms."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_it_is_removed_after_a_failure(place: Path) -> None:
    with pytest.raises(RuntimeError), room_folder() as folder:
        (folder / "home" / "kept.txt").write_text("x")
        (folder / "home").chmod(0o500)
        raise RuntimeError
    assert list(place.iterdir()) == []


def test_rooms_come_and_go_beside_each_other(place: Path) -> None:
    def come_and_go(_: int) -> None:
        for _ in range(50):
            with room_folder() as folder:
                assert folder.is_dir()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(come_and_go, range(4)))
    assert list(place.iterdir()) == []


def test_a_room_in_use_is_left_alone_and_an_abandoned_one_removed(place: Path) -> None:
    abandoned = place / "proof-abandoned"
    abandoned.mkdir()
    (abandoned / "lock").write_text("")
    (place / "proof-of-somebody-else").mkdir()
    with room_folder() as one, room_folder() as other:
        assert one.is_dir() and other.is_dir() and not abandoned.exists()
    # A folder without the lock file is no room.
    assert [path.name for path in place.iterdir()] == ["proof-of-somebody-else"]


def test_links_are_removed_and_not_followed(place: Path) -> None:
    (place / "kept").mkdir()
    (place / "link").symlink_to(place / "kept")
    remove(place / "link")
    assert [path.name for path in place.iterdir()] == ["kept"]
