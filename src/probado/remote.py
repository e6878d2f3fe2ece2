"""probado remote: explain and set the place where DVC keeps data and results for others."""

from __future__ import annotations

import argparse
import configparser
import getpass
import importlib.util
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from probado.errors import Refused
from probado.room.installers import choose_installer, package_sources
from probado.text import last_line

CONFIG, LOCAL = Path(".dvc/config"), Path(".dvc/config.local")


@dataclass(frozen=True)
class Kind:
    """A kind of remote: an example of its address, DVC's plugin for it, and how it knows who asks."""

    example: str
    plugin: str | None
    access: str

    @property
    def group(self) -> str:
        """The group of the template's requirements that has the plugin."""
        return f"remote-{(self.plugin or '').removeprefix('dvc-')}"

    @property
    def installed(self) -> bool:
        """Whether DVC can use it here."""
        return self.plugin is None or importlib.util.find_spec(self.plugin.replace("-", "_")) is not None


FOLDER = Kind("/media/lab/storage", None, "a folder that the others reach too, such as a mounted disk")
KINDS = {
    "ssh": Kind("ssh://you@host/home/you/storage", "dvc-ssh", "your key, as ssh uses it; port=2222 for another port"),
    "s3": Kind(
        "s3://bucket/path", "dvc-s3", "AWS_PROFILE or ~/.aws; another server: endpointurl=https://minio.example"
    ),
    "gs": Kind("gs://bucket/path", "dvc-gs", "gcloud auth application-default login"),
    "azure": Kind("azure://container/path", "dvc-azure", "az login and account_name=NAME, or connection_string=..."),
    "webdav": Kind(
        "webdavs://cloud.example/remote.php/dav/files/you", "dvc-webdav", "user=you password=  (it is asked for)"
    ),
}
# The kind of an address in DVC's settings.
ADDRESS = re.compile(r"(?m)^\s*url\s*=\s*(\w+)://")
ALIASES = {"webdavs": "webdav"}
# Settings that must not go into git: they stay in .dvc/config.local, on this machine.
SECRETS = {
    "access_key_id",
    "account_key",
    "client_secret",
    "connection_string",
    "custom_auth_header",
    "passphrase",
    "password",
    "sas_token",
    "secret_access_key",
    "session_token",
    "sse_customer_key",
    "token",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("url", nargs="?", help="the place; without it, the kinds of places are explained")
    parser.add_argument("settings", nargs="*", metavar="NAME=VALUE", help="DVC's settings of a remote, such as port=22")
    parser.add_argument("--name", default="storage", help="of the remote, which becomes the default one (storage)")


def run(options: argparse.Namespace) -> int:
    """Set the remote of the repository here; returns the exit status."""
    if not CONFIG.is_file():
        raise Refused("there is no .dvc/config here: run it in the folder with a DVC repository (dvc init)")
    if options.url is None:
        explain()
        return 0
    kind, before = kind_of(options.url), address_of(options.name)
    settings = dict(split(setting) for setting in options.settings)
    set_remote(options.name, options.url, settings)
    install_plugins()
    if before not in (None, options.url):
        print(f"{options.name} was {before}")
    hidden = sorted(settings.keys() & SECRETS)
    print(f"{options.name}: {options.url}, the default remote, in {CONFIG}")
    if hidden:
        print(f"{', '.join(hidden)}: in {LOCAL}, which git leaves out: everybody sets their own")
    print(f"access: {kind.access}")
    importlib.invalidate_caches()
    if not kind.installed:
        print(f"DVC needs {kind.plugin} for it: pip install {kind.plugin}")
    print(f"next: git add {CONFIG} && git commit, then dvc push; others: git clone, make env, dvc pull")
    return 0


def kind_of(url: str) -> Kind:
    """The kind of an address.

    Raises:
        Refused: DVC has no such kind, or the address holds a password.
    """
    scheme, separator, _ = url.partition("://")
    if not separator:
        if Path(url).expanduser().resolve().is_relative_to(Path.cwd()):
            raise Refused(f"{url} lies in the project itself, and would be lost with it: name a folder elsewhere")
        return FOLDER
    name = ALIASES.get(scheme, scheme)
    if name not in KINDS:
        raise Refused(f"no remote begins with {scheme}://; there are {', '.join([*KINDS, *ALIASES])}")
    if urlsplit(url).password is not None:
        raise Refused("the address holds a password, which would go into git: leave it out and add password=...")
    return KINDS[name]


def install_plugins() -> None:
    """Install the locked plugins of the remotes here that DVC lacks, and let make env keep them.

    Raises:
        Refused: one could not be installed.
    """
    text = "".join(path.read_text(encoding="utf-8") for path in (CONFIG, LOCAL) if path.is_file())
    for scheme in sorted(set(ADDRESS.findall(text))):
        kind = KINDS.get(ALIASES.get(scheme, scheme))
        lock = Path(f"requirements/{kind.group}.lock") if kind else None
        if kind is None or lock is None or kind.installed or not lock.is_file():
            continue
        print(f"installing {kind.plugin}, for {scheme}://", flush=True)
        environment = Path(sys.prefix)
        command = choose_installer(Path.cwd()).add(environment, lock)
        if subprocess.run(command, env={**os.environ, **package_sources()}).returncode:
            raise Refused(f"{kind.plugin} could not be installed, see above")
        with (environment / "groups").open("a", encoding="utf-8") as groups:
            groups.write(f"\n{kind.group}")


def split(setting: str) -> tuple[str, str]:
    """Name and value of a setting; a secret without a value is asked for.

    Raises:
        Refused: it is no setting, or nobody says the secret, or it is an address with a password.
    """
    name, separator, value = setting.partition("=")
    if not (name and separator):
        raise Refused(f"{setting!r} is no setting: write NAME=VALUE")
    if not value and name in SECRETS:
        if not sys.stdin.isatty():
            raise Refused(f"{name} is empty, and nobody can be asked for it here")
        value = getpass.getpass(f"{name}: ")
    if "://" in value and urlsplit(value).password is not None:
        raise Refused(f"the address in {name} holds a password, which would go into git: leave it out")
    return name, value


def set_remote(name: str, url: str, settings: dict[str, str]) -> None:
    """Write a remote into DVC's settings, all of it or nothing.

    Raises:
        Refused: DVC refuses it; the message is DVC's.
    """
    before = {path: path.read_bytes() if path.is_file() else None for path in (CONFIG, LOCAL)}
    local = before[LOCAL] or b""
    try:
        if address_of(name) not in (None, url) and f'remote "{name}"'.encode() in local:
            # Settings of the place before, such as keys, are none of this one.
            dvc("remote", "remove", "--local", name)
        dvc("remote", "add", "--default", "--force", name, url)
        for setting, value in settings.items():
            if setting in SECRETS:
                # Others on this machine cannot read it.
                LOCAL.touch(mode=0o600)
                LOCAL.chmod(0o600)
            dvc("remote", "modify", *(["--local"] if setting in SECRETS else []), name, setting, value)
    except Refused:
        for path, content in before.items():
            path.unlink(missing_ok=True)
            if content is not None:
                path.write_bytes(content)
        raise


def address_of(name: str) -> str | None:
    """The address of a remote in .dvc/config, None if there is no such remote."""
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(CONFIG, encoding="utf-8")
    return settings.get(f"'remote \"{name}\"'", "url", fallback=None)


def dvc(*arguments: str) -> str:
    """What DVC prints; raises Refused with its last line if it fails."""
    done = subprocess.run([sys.executable, "-m", "dvc", *arguments], capture_output=True, text=True)
    if done.returncode:
        said = last_line(done.stderr).removeprefix("ERROR: ")
        if unknown := re.search(r"extra keys not allowed @ .*\['(\w+)'\]$", said):
            raise Refused(f"DVC knows no setting {unknown[1]!r} of such a remote: see DVC's manual, remote modify")
        raise Refused(said)
    return done.stdout


def explain() -> None:
    """Print the kinds of places, and what is set."""
    print("A remote keeps the data and results that git does not: dvc push brings them there, dvc pull from there.")
    print("Set one with its address, and settings as NAME=VALUE behind it:\n")
    width = max(len(kind.example) for kind in KINDS.values())
    for kind in (FOLDER, *KINDS.values()):
        print(f"  {kind.example:{width}}  {kind.access}")
    listed = dvc("remote", "list").strip()
    print(f"\nhere: {listed or 'none'}")
