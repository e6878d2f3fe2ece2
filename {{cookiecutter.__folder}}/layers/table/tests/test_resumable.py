"""Files that are written piece by piece: what an interrupted run leaves is kept up to the last whole piece."""

from __future__ import annotations

from pathlib import Path

import pytest

from {{ cookiecutter.module_name }}.modeling.resumable import Resumable

PIECES = ["a,b\n1,2\n", "3,4\n", "5,6\n"]


class Killed(BaseException):
    """In the place of a kill: nothing after it is done."""


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """The files that are written."""
    return [tmp_path / "out" / "new.csv", tmp_path / "out" / "new.bad.csv"]


def write(files: list[Path], of: str, pieces: list[str] = PIECES, killed: bool = False) -> list[int]:
    """Write the pieces that are not there yet, the last one into the second file, too; returns which were."""
    with Resumable(files, [of]) as made:
        there = list(made.done)
        for number, piece in enumerate(pieces):
            if number >= len(made.done):
                made.add({files[0]: piece, **({files[1]: "x\n"} if number == 2 else {})}, number)
        if killed:
            raise Killed
        made.finish()
    return there


def interrupted(files: list[Path]) -> list[str]:
    """Write the first two pieces and be killed; returns the names of what is left."""
    with pytest.raises(Killed):
        write(files, "one", PIECES[:2], killed=True)
    return sorted(path.name for path in files[0].parent.iterdir())


def test_the_next_run_goes_on(files: list[Path]) -> None:
    assert interrupted(files) == ["new.csv.journal.partial", "new.csv.partial"]

    assert write(files, "one") == [0, 1]

    assert files[0].read_text() == "".join(PIECES) and files[1].read_text() == "x\n"
    assert sorted(path.name for path in files[0].parent.iterdir()) == ["new.bad.csv", "new.csv"]


def test_of_something_else_it_begins_anew(files: list[Path]) -> None:
    interrupted(files)

    assert write(files, "another", ["z\n"]) == []

    assert files[0].read_text() == "z\n" and not files[1].exists()


@pytest.mark.parametrize(("name", "left", "kept"), [("new.csv.partial", 9, [0]), ("new.csv.journal.partial", -3, [0])])
def test_a_torn_piece_is_written_again(files: list[Path], name: str, left: int, kept: list[int]) -> None:
    interrupted(files)
    path = files[0].with_name(name)
    path.write_bytes(path.read_bytes()[:left])

    assert write(files, "one") == kept

    assert files[0].read_text() == "".join(PIECES)


def test_a_changed_piece_is_written_again(files: list[Path]) -> None:
    interrupted(files)
    path = files[0].with_name("new.csv.partial")
    path.write_text(path.read_text().replace("1,2", "9,2"))

    assert write(files, "one") == []

    assert files[0].read_text() == "".join(PIECES)


def test_what_a_piece_added_after_its_line_is_cut_off(files: list[Path]) -> None:
    interrupted(files)
    with files[0].with_name("new.csv.partial").open("a") as stream:
        stream.write("7,")

    assert write(files, "one") == [0, 1]

    assert files[0].read_text() == "".join(PIECES)


def test_of_two_runs_at_once_the_second_is_refused(files: list[Path]) -> None:
    with Resumable(files, []) as made:
        made.add({files[0]: "1\n"}, 0)
        with pytest.raises(ValueError, match=r"another run writes .*new\.csv: wait for it"), Resumable(files, []):
            pass
        made.finish()
    assert files[0].read_text() == "1\n"


def test_bad_input_leaves_the_old_file(files: list[Path]) -> None:
    write(files, "one")

    with pytest.raises(ValueError, match="bad"), Resumable(files, []) as made:
        made.add({files[0]: "1\n"}, 0)
        raise ValueError("bad")

    assert files[0].read_text() == "".join(PIECES) and len(list(files[0].parent.iterdir())) == 2
