"""The permissions of new files are in the output."""

from __future__ import annotations

from probado.prove.causes.base import OtherPlace
from probado.prove.circumstances import Circumstance


class Umask(OtherPlace):
    name = "umask"
    says = "the permissions that the user gives to new files are in the output"
    fix = "set permissions where they matter (chmod, install -m), and leave them out of archives and tables"
    rank = 206
    perturbs = Circumstance("umask", "027", before=("sh", "-c", 'umask 027; exec "$@"', "sh"))
