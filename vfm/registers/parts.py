"""What lies in a register folder beside the part files that the build reads."""

import os
from pathlib import Path

from vfm.registers.contract import read_contract

SEE = "See docs/bad_input.md#part-file."
# names of files that hold rows, though not for the build
DATA = (
    ".parquet", ".parq", ".pq", ".csv", ".tsv", ".txt", ".dta", ".sas7bdat", ".sav", ".rds", ".xlsx",
    ".feather", ".arrow", ".zip", ".gz", ".zst", ".7z", ".bz2", ".xz",
)  # fmt: skip


def faults(folder: str | Path) -> list[tuple[str, str]]:
    """List what the build would leave out of a register folder.

    Parameters
    ----------
    folder : path
        Holds <register>/*.parquet.

    Returns
    -------
    list of (str, str)
        Register and sentence, one for each file or folder.
    """
    folder = Path(folder)
    names = list(read_contract())
    if not folder.is_dir():
        return []
    found = []
    for name in names:
        found += [(name, f"register {name}: {what}. {SEE}") for what in _left_out(folder / name)]
    for other in sorted(folder.iterdir()):
        if other.name not in names and other.name.lower() in names and _holds_data(other):
            name = other.name.lower()
            if not (folder / name).exists() or not other.samefile(folder / name):
                found.append(
                    (name, f"register {name}: the build reads {name} and not {other.name}: rename it. {SEE}")
                )
    return found


def _left_out(register):
    """Say what of a register's folder is not read."""
    try:
        entries = sorted(register.iterdir()) if register.is_dir() else []
    except PermissionError:
        yield f"{register} may not be read: get permission to read it"
        return
    for path in entries:
        name = path.name
        if path.is_symlink() and not path.exists():
            yield f"{name} is a link to nothing: copy the file itself, or take the link away"
        elif path.is_dir():
            if _holds_data(path):
                yield (
                    f"{name} is a folder, and the build reads only files in {register.name} itself: "
                    "put them there"
                )
        elif name.lower().endswith(DATA) and not name.endswith(".parquet"):
            is_parquet = name.lower().endswith((".parquet", ".parq", ".pq"))
            do = "rename it" if is_parquet else "make import reads others"
            yield f"the build reads files called *.parquet and not {name}: {do}, or take it away"


def _holds_data(folder):
    """Whether a folder holds a file of data at any depth."""
    if not folder.is_dir():
        return False
    return any(name.lower().endswith(DATA) for _, _, names in os.walk(folder) for name in names)
