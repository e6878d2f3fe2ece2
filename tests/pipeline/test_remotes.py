"""make remote: data and results go to a folder, an S3 server and an SSH server, and come from there into a clone."""

from __future__ import annotations

import getpass
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest

from tests.project import Project, clean_environment

pytestmark = pytest.mark.slow

KEYS = {"AWS_ACCESS_KEY_ID": "here", "AWS_SECRET_ACCESS_KEY": "also-here", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture
def serve() -> Iterator[Callable[..., int]]:
    """Start a server on a free port of the loopback interface; returns the port once it answers."""
    servers: list[subprocess.Popen[bytes]] = []

    def start(*command: str) -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        servers.append(subprocess.Popen([part.format(port=port) for part in command]))
        while servers[-1].poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return port
        raise AssertionError(f"{command[0]} ended with {servers[-1].returncode}")

    yield start
    for server in servers:
        server.terminate()
        server.wait()


def shared(project: Project, clone: Path, url: str, *settings: str) -> Project:
    """Set a remote, push to it, and pull into a clone, which has nothing else; returns the clone."""
    made = project.run("make", "remote", f"URL={url}", f"OPTIONS={shlex.join(settings)}")
    assert f"storage: {url}, the default remote" in made.stdout
    project.commit()
    dvc = str(project.path / ".venv/bin/dvc") if (project.path / ".venv").is_dir() else "dvc"
    project.run(dvc, "push")
    other = project.clone(clone)
    assert not (other.path / "models").exists()
    return other


def same(project: Project, other: Project) -> None:
    assert other.outputs() == project.outputs() != {}


def test_a_folder(project: Project, tmp_path: Path) -> None:
    other = shared(project, tmp_path / "clone", str(tmp_path / "disk of the lab"))
    other.run("dvc", "pull")
    same(project, other)


def test_servers_and_their_plugins(project: Project, tmp_path: Path, serve: Callable[..., int]) -> None:
    """The plugin is installed where a remote needs it: by make remote, and by make env in a clone."""
    project = project.within(clean_environment() | KEYS)
    project.run("make", "env")
    endpoint = f"http://127.0.0.1:{serve(sys.executable, '-m', 'moto.server', '-p', '{port}')}"
    known = {"aws_access_key_id": "here", "aws_secret_access_key": "also-here", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=endpoint, **known)
    client.create_bucket(Bucket="lab")
    other = shared(project, tmp_path / "clone", "s3://lab/storage", f"endpointurl={endpoint}")
    other.run("make", "env")
    other.run(".venv/bin/dvc", "pull")
    same(project, other)
    assert client.list_objects_v2(Bucket="lab", Prefix="storage/files/md5/")["KeyCount"] > 5

    if not (program := shutil.which("sshd", path="/usr/sbin:/usr/bin:/usr/local/sbin")):
        pytest.skip("no sshd is installed here: that a remote by SSH works was not tried")
    host, key = tmp_path / "host", tmp_path / "key"
    for file in (host, key):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)], check=True)
    Path("/run/sshd").mkdir(exist_ok=True)
    settings = {"ListenAddress": "127.0.0.1", "HostKey": host, "AuthorizedKeysFile": f"{key}.pub", "PidFile": "none"}
    settings |= {"StrictModes": "no", "UsePAM": "no", "PermitRootLogin": "yes", "Subsystem": "sftp internal-sftp"}
    config = tmp_path / "sshd_config"
    config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()), encoding="utf-8")
    port = serve(program, "-D", "-e", "-p", "{port}", "-f", str(config))
    url = f"ssh://{getpass.getuser()}@127.0.0.1{tmp_path / 'server'}"
    third = shared(project, tmp_path / "third", url, f"port={port}", f"keyfile={key}")
    third.run(str(project.path / ".venv/bin/dvc"), "pull")
    same(project, third)


@pytest.mark.parametrize(
    ("url", "options", "said"),
    [
        ("s4://lab", "", "no remote begins with s4://; there are ssh, s3, gs"),
        ("ssh://me:secret@lab/storage", "", "the address holds a password, which would go into git"),
        ("data/storage", "", "data/storage lies in the project itself"),
        ("/tmp/storage", "endpoint=x", "DVC knows no setting 'endpoint' of such a remote"),
        ("/tmp/storage", "password=", "password is empty, and nobody can be asked for it here"),
        ("s3://lab", "endpointurl=http://me:secret@lab", "the address in endpointurl holds a password"),
        ("/tmp/storage", "verify", "'verify' is no setting: write NAME=VALUE"),
    ],
)
def test_places_that_are_refused(project: Project, url: str, options: str, said: str) -> None:
    before = (project.path / ".dvc/config").read_bytes()
    done = project.run("make", "remote", f"URL={url}", f"OPTIONS={options}", check=False)

    assert done.returncode != 0
    assert f"probado remote: {said}" in done.stderr.splitlines()[0] and "secret" not in done.stdout + done.stderr
    assert (project.path / ".dvc/config").read_bytes() == before


def test_secrets_stay_on_this_machine(project: Project) -> None:
    # Without its lock, nothing is installed into the environment that the tests share.
    (project.path / "requirements/remote-webdav.lock").unlink()
    done = project.run("make", "remote", "URL=webdavs://cloud.example/files", "OPTIONS=user=ana password=hunter2")
    assert "pip install dvc-webdav" in done.stdout and "hunter2" not in done.stdout + done.stderr
    done = project.run("make", "remote")
    assert "here: storage webdavs://cloud.example/files" in " ".join(done.stdout.split())
    assert "s3://bucket/path" in done.stdout

    local = project.path / ".dvc/config.local"
    assert "hunter2" in local.read_text(encoding="utf-8") and local.stat().st_mode & 0o077 == 0
    assert "hunter2" not in (project.path / ".dvc/config").read_text(encoding="utf-8")
    assert project.run("git", "check-ignore", ".dvc/config.local").stdout
    # Another place does not inherit the keys of this one.
    project.run("make", "remote", "URL=/tmp/storage")
    assert "hunter2" not in (project.path / ".dvc/config.local").read_text(encoding="utf-8")
