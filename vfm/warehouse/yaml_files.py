"""Reads yml files by the parser in C, where PyYAML has it: the other takes ten times as long."""

from pathlib import Path
from typing import Any

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """Return what a yml file holds, None if that is nothing.

    Parameters
    ----------
    path : Path
        Encoded in UTF-8.

    Raises
    ------
    OSError, yaml.YAMLError
        If it cannot be read.
    """
    return yaml.load(path.read_bytes(), LOADER)
