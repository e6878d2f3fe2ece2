"""Who stands for a proof: a signature by the SSH key with which the person signs commits."""

from __future__ import annotations

import subprocess
from pathlib import Path

from probado.errors import Refused
from probado.repository.git import git
from probado.text import last_line

# What ssh-keygen signs for: the signature is no signature of a commit.
NAMESPACE = "probado"
HELP = "git config gpg.format ssh; git config user.signingKey ~/.ssh/id_ed25519.pub"


def signature_of(proof: Path) -> Path:
    """Where the signature of a proof is, or would be."""
    return proof.with_name(f"{proof.name}.sig")


def sign(proof: Path, project: Path) -> None:
    """Sign a proof's file.

    Raises:
        Refused: no SSH key is configured, or ssh-keygen could not sign with it.
    """
    signature_of(proof).unlink(missing_ok=True)
    _ssh_keygen("-Y", "sign", "-n", NAMESPACE, "-f", str(signing_key(project)), str(proof))


def signing_key(project: Path) -> Path:
    """The SSH key that git signs commits with.

    Raises:
        Refused: there is none.
    """
    key = _configured(project, "user.signingKey")
    if _configured(project, "gpg.format") != "ssh" or not key or key.startswith(("key::", "ssh-")):
        raise Refused(f"there is no file of an SSH key to sign with: {HELP}")
    path = Path(key).expanduser()
    if not path.is_file():
        raise Refused(f"the SSH key {key} to sign with is not there: {HELP}")
    return path


def check_signature(proof: Path, project: Path) -> tuple[bool, str]:
    """Check the signature of a proof.

    Returns:
        Whether nothing speaks against it, and a line about it: whose it is, if git knows the people who may sign
        (git config gpg.ssh.allowedSignersFile), else its key.
    """
    signature = signature_of(proof)
    if not signature.is_file():
        return True, "not signed"
    of_proof, allowed = ("-n", NAMESPACE, "-s", str(signature)), _configured(project, "gpg.ssh.allowedSignersFile")
    try:
        said = _ssh_keygen("-Y", "check-novalidate", *of_proof, read=proof)
        if not allowed:
            return True, f"signed, by nobody that git knows here: {last_line(said)}"
        people = ("-f", str(Path(allowed).expanduser()))
        names = _ssh_keygen("-Y", "find-principals", *people, "-s", str(signature)).splitlines()
        return True, last_line(_ssh_keygen("-Y", "verify", *people, "-I", names[0], *of_proof, read=proof))
    except Refused as error:
        return False, f"its signature does not hold: {error}"


def _ssh_keygen(*arguments: str, read: Path | None = None) -> str:
    """Run ssh-keygen; returns what it says.

    Raises:
        Refused: it is not installed, or it failed.
    """
    content = read.read_bytes() if read else b""
    try:
        done = subprocess.run(["ssh-keygen", *arguments], input=content, capture_output=True)
    except OSError as error:
        raise Refused(f"ssh-keygen cannot be run ({error.strerror}): it comes with OpenSSH") from error
    said = (done.stdout or done.stderr).decode("utf-8", "replace")
    if done.returncode != 0:
        raise Refused(last_line((done.stderr or done.stdout).decode("utf-8", "replace")))
    return said


def _configured(project: Path, name: str) -> str:
    try:
        return git(project, "config", "--get", name).strip()
    except subprocess.CalledProcessError:
        return ""
