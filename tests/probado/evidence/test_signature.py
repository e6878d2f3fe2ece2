"""Who stands for a proof: signed by the key of the person's commits, checked, and refused once it was changed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.probado.conftest import SORT, Make, Prove, Repository

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="OpenSSH is not installed here"),
]


@pytest.fixture
def signing(make: Make, tmp_path: Path) -> Repository:
    """A repository whose person signs commits by SSH."""
    repository = make({"sort": SORT})
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)], check=True)
    repository.git("config", "gpg.format", "ssh")
    repository.git("config", "user.signingKey", f"{key}.pub")
    return repository


def test_a_proof_is_signed_and_checked(signing: Repository, prove: Prove, tmp_path: Path) -> None:
    assert "not signed" in (prove(signing), prove(signing, "--check"))[1].said
    assert prove(signing, "--sign").status == 0
    signing.commit()
    checked = prove(signing, "--check")
    assert checked.status == 0 and "signed, by nobody that git knows here: Good" in checked.said
    public = (tmp_path / "key.pub").read_text()
    (tmp_path / "signers").write_text(f"ana@example.org {public}")
    signing.git("config", "gpg.ssh.allowedSignersFile", str(tmp_path / "signers"))
    assert 'Good "probado" signature for ana@example.org' in prove(signing, "--check").said


@pytest.mark.parametrize("forged", ["the proof", "another key"])
def test_what_was_changed_is_refused(forged: str, signing: Repository, prove: Prove, tmp_path: Path) -> None:
    assert prove(signing, "--sign").status == 0
    file = signing.path / "reports" / "proof.json"
    if forged == "the proof":
        text = file.read_text()
        file.write_text(text.replace('"cores": ', '"cores": 1'))
    else:
        other = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(tmp_path / "other")]
        subprocess.run(other, check=True)
        (tmp_path / "signers").write_text(f"ana@example.org {(tmp_path / 'other.pub').read_text()}")
        signing.git("config", "gpg.ssh.allowedSignersFile", str(tmp_path / "signers"))
    checked = prove(signing, "--check")
    assert checked.status == 1 and "its signature does not hold: " in checked.said, checked.said


def test_a_new_proof_has_no_old_signature(signing: Repository, prove: Prove) -> None:
    assert prove(signing, "--sign").status == 0
    assert prove(signing).status == 0
    assert "not signed" in prove(signing, "--check").said


def test_without_a_key_it_is_refused_at_once(make: Make, prove: Prove) -> None:
    verdict = prove(make({"sort": SORT}), "--sign")
    assert (verdict.status, verdict.evidence) == (2, {})
    assert "there is no file of an SSH key to sign with: git config gpg.format ssh" in verdict.said
