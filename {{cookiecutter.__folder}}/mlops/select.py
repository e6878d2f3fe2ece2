"""Choose one file of a config group: edits its line in configs/config.yaml and changes no other byte."""

from __future__ import annotations

import os
import re

from mlops.project import CONFIG


def select(choice: str) -> None:
    """Set GROUP=NAME in the defaults list of configs/config.yaml.

    Raises:
        ValueError: the group or its file does not exist; the message lists the valid names.
    """
    group, _, name = choice.partition("=")
    available = sorted(path.stem for path in (CONFIG.parent / group).glob("*.yaml")) if group else []
    if not available:
        groups = sorted(path.name for path in CONFIG.parent.iterdir() if path.is_dir())
        raise ValueError(f"there is no group {group!r} in configs/; there are {', '.join(groups)}")
    if name not in available:
        raise ValueError(f"there is no configs/{group}/{name}.yaml; there are {', '.join(available)}")
    text = CONFIG.read_bytes().decode()
    changed, count = re.subn(rf"(?m)^(\s*-\s+{re.escape(group)}:\s*)([\w-]+)", rf"\g<1>{name}", text)
    if count != 1:
        raise ValueError(f"configs/config.yaml should choose {group} once in its defaults list, found {count} times")
    if changed != text:
        partial = CONFIG.with_suffix(".partial")
        partial.write_bytes(changed.encode())
        os.replace(partial, CONFIG)
