"""The order in which a file system lists folders is in the output."""

from __future__ import annotations

from probado.prove.causes.base import OtherPlace
from probado.prove.circumstances import Circumstance


class FolderOrder(OtherPlace):
    name = "folder-order"
    says = "the order in which the file system lists a folder is in the output"
    fix = "sorted(folder.iterdir()), sorted(os.listdir(folder))"
    rank = 150
    perturbs = Circumstance("order of folders", "backwards", substitute={"folders": True}, python_alone=True)
