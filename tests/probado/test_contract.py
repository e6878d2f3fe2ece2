"""The judge's side of the contract with the stage runner (docs/contract.md)."""

from __future__ import annotations

from pathlib import Path

from probado import contract
from probado.room.variables import room_variables, thread_count
from tests import contract as page


def test_the_judge_fixes_what_the_page_names(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "config.yaml").write_text("seed: 1\nthreads: 7  # of them\n")
    variables = room_variables(tmp_path, thread_count(tmp_path), ["/bin"], network=False)
    assert len(page.FIXED) == 9 and len(page.THREADS) == 5
    assert page.FIXED.items() <= variables.items()
    assert {name: variables[name] for name in page.THREADS} == dict.fromkeys(page.THREADS, "7")


def test_names_are_those_of_the_page() -> None:
    assert page.FIXED == contract.FIXED
    assert page.THREADS == contract.THREAD_VARIABLES
    names = (contract.INSTEAD, contract.CONFIG, contract.RUNNER_MAIN, contract.VENV, contract.WHEELS)
    for name in (*names, *contract.READ_BY_RUNNER):
        assert f"`{name}`" in page.PAGE, name
    locks = [contract.BASE_LOCK, contract.DEV_LOCK, contract.BUILD_LOCK]
    assert {*locks, *(contract.DEEP_LOCKS.replace("*", build) for build in ("cpu", "gpu"))} == set(page.LOCKS)
    files = {f"{folder}/proof.{kind}" for folder in ("reports", "proof") for kind in page.PROOF_KINDS}
    assert files == set(contract.PROOF_FILES) and len(page.PROOF_KINDS) == 5


def test_a_folder_of_the_same_name_is_no_runner(tmp_path: Path) -> None:
    (tmp_path / "mlops").mkdir()
    (tmp_path / "mlops" / "stage.py").write_text("print('a stranger')")
    assert not contract.has_runner(tmp_path)
    (tmp_path / "mlops" / "stage.py").write_text("os.environ['MLOPS_INSTEAD']")
    assert contract.has_runner(tmp_path)
