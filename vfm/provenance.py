"""Where a build came from: when, from which commit, from which registers."""

import hashlib
import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

PROJECT = Path(__file__).resolve().parents[1]
UNKNOWN = "unknown"
CHUNK = 1 << 20


def register_folder():
    """Return the folder of the registers, $VFM_REGISTERS or seeds/registers, from the project's root."""
    return PROJECT / (os.environ.get("VFM_REGISTERS") or "seeds/registers")


def register_fingerprint(folder):
    """SHA-256 of what a register folder holds.

    Parameters
    ----------
    folder : path
        Holds <register>/*.parquet.

    Returns
    -------
    str
        64 hexadecimal digits: the digest over the sorted relative paths, each with the digest of its file.
        It changes when a file is renamed, added, taken away or changed, and not with the folder's place or
        the files' dates.
    """
    folder = Path(folder)
    whole = hashlib.sha256()
    for file in sorted(folder.glob("*/*.parquet"), key=lambda path: path.relative_to(folder).as_posix()):
        content = hashlib.sha256()
        with file.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                content.update(chunk)
        whole.update(f"{file.relative_to(folder).as_posix()}\0{content.hexdigest()}\n".encode())
    return whole.hexdigest()


def data_origin(folder):
    """Say in a few words which data a register folder holds.

    Parameters
    ----------
    folder : path
        May hold origin.json, {"data_origin": "..."}; the simulator writes one with its seed.

    Returns
    -------
    str
        What origin.json says, else 'registers in folder <name>'.

    Raises
    ------
    ValueError
        If origin.json is there and says nothing usable.
    """
    folder = Path(folder)
    origin = folder / "origin.json"
    if not origin.exists():
        return f"registers in folder {folder.resolve().name}"
    try:
        said = json.loads(origin.read_text(encoding="utf-8"))["data_origin"]
    except (ValueError, KeyError, TypeError) as problem:
        expected = '{"data_origin": "..."}'
        raise ValueError(f"{origin}: expected {expected}. See docs/bad_input.md#origin.") from problem
    return str(said)


def git_commit(folder=PROJECT):
    """Commit of the project: 40 digits, '+changes' where the work tree differs, 'unknown' outside git."""
    folder = Path(folder).resolve()

    def git(*arguments):
        answer = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True, timeout=30
        )
        return answer.stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != folder:
            return UNKNOWN  # the project lies unpacked inside another repository
        return git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain") else "")
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN


def build_info():
    """Return the one row of meta.build_info as a frame; built_at is in UTC, to the second."""
    folder = register_folder()
    return pd.DataFrame(
        {
            "built_at": [datetime.now(UTC).replace(microsecond=0, tzinfo=None)],
            "git_commit": [git_commit()],
            "data_origin": [data_origin(folder)],
            "register_fingerprint": [register_fingerprint(folder)],
        }
    )
