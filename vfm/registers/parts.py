"""What of a register folder cannot be read as it lies there: files left out or twice, and accepted.csv."""

import os
from pathlib import Path

from vfm.registers.contract import read_contract, read_later_contract
from vfm.registers.deliveries import CUMULATIVE, Delivered, UnclearNameError, describe
from vfm.warehouse.seed_files import Column, Seed, file_problems

SEE = "See docs/bad_input.md#part-file."
SEE_ACCEPTED = "See docs/bad_input.md#accepted."
SEE_TWICE = "See docs/bad_input.md#file-twice."
# names of files that hold rows, though not for the build
DATA = (
    ".parquet", ".parq", ".pq", ".csv", ".tsv", ".txt", ".dta", ".sas7bdat", ".sav", ".rds", ".xlsx",
    ".feather", ".arrow", ".zip", ".gz", ".zst", ".7z", ".bz2", ".xz",
)  # fmt: skip


def faults(folder: str | Path) -> list[tuple[str, str]]:
    """List what the build would leave out of a register folder, and what its names say is there twice.

    Parameters
    ----------
    folder : path
        Holds <register>/*.parquet.

    Returns
    -------
    list of (str, str)
        Register and sentence, one for each file or folder. Of accepted.csv the register is empty.
    """
    folder = Path(folder)
    names = [*read_contract(), *read_later_contract()]
    if not folder.is_dir():
        return []
    found = [("", f"accepted.csv{what}. {SEE_ACCEPTED}") for what in _accepted(folder / "accepted.csv")]
    for name in names:
        found += [(name, f"register {name}: {what}. {SEE}") for what in _left_out(folder / name)]
        found += [(name, f"register {name}: {what}. {SEE_TWICE}") for what in _twice(folder / name)]
    for other in sorted(folder.iterdir()):
        if other.name not in names and other.name.lower() in names and _holds_data(other):
            name = other.name.lower()
            if not (folder / name).exists() or not other.samefile(folder / name):
                found.append(
                    (name, f"register {name}: the build reads {name} and not {other.name}: rename it. {SEE}")
                )
    return found


def _accepted(path):
    """Say what keeps accepted.csv from being read."""
    for other in sorted(path.parent.iterdir()):
        if other.name != path.name and other.name.lower() == path.name:
            yield f": the build reads {path.name} and not {other.name}: rename it"
    if not (path.exists() or path.is_symlink()):
        return
    text = Column(kind="varchar", digits=None, values=(), limits=None)
    columns = {"finding": text, "reason": text}
    first = path.read_bytes().split(b"\n", 1)[0] if path.is_file() else b""
    separator = ";" if b";" in first else ","  # as Excel saves it in Danish
    file = Seed(
        "accepted", path, path.parent, separator, columns, keys=(("finding",),), complete=("finding",)
    )
    for problem in file_problems(file):
        yield problem.replace(
            "git checkout brings it back", "Write a finding and its reason, or take it away"
        )


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


def _twice(register):
    """Say which part files hold the same period, or each a whole history, by their names."""
    named = []
    for path in sorted(register.glob("*.parquet")) if register.is_dir() else []:
        try:
            file = describe(path.name)
        except UnclearNameError:
            continue  # a part may have any name, and most say no period
        if isinstance(file, Delivered) and file.register == register.name:
            named.append(file)
    for dataset in dict.fromkeys(file.dataset for file in named):
        files = [file for file in named if file.dataset == dataset]
        periods = {(file.year, file.month) for file in files}
        if dataset in CUMULATIVE and len(periods) > 1:
            first = {(file.year, file.month): file.file for file in reversed(files)}
            yield (
                f"{' and '.join(sorted(first.values())[:3])} are extracts of a whole history, "
                "and their rows would count twice: keep the newest"
            )
            continue
        for year in dict.fromkeys(file.year for file in files if file.year):
            yield from _same_period([file for file in files if file.year == year])


def _same_period(files):
    """Say which files of one year hold the same months: a whole year holds each, in bef the last."""
    whole = 12 if files[0].dataset == "bef" else None
    by_month = {}
    for file in files:
        by_month.setdefault(file.month or whole, []).append(file)
    for month, same in by_month.items():
        rivals = same + (by_month.get(None, []) if month is not None else [])
        spelled = {
            (file.file.lower().removesuffix(".parquet").removesuffix(file.part), file.version)
            for file in rivals
        }
        if len(spelled) > 1:
            names = " and ".join(file.file for file in rivals[:3])
            yield f"{names} are of one period, and its rows would count twice: take one away"
            return


def _holds_data(folder):
    """Whether a folder holds a file of data at any depth."""
    if not folder.is_dir():
        return False
    return any(name.lower().endswith(DATA) for _, _, names in os.walk(folder) for name in names)
