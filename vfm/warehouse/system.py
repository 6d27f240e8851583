"""What differs between operating systems: replacing an open file, permissions, the signs of a console."""

import os
import sys
import time
from pathlib import Path

#: Windows refuses to replace a file that a program holds open: access denied, sharing violation.
HELD_ERRORS = (5, 32)
PATIENCE_SECONDS = 20.0
PAUSE_SECONDS = 0.25
NO_PERMISSIONS = (
    "Windows has no permissions of owner and group: keep the folder where only you may read, such as below "
    "your user folder (SECURITY.md)."
)


class HeldError(PermissionError):
    """A program holds the file that should be replaced; strerror is one sentence for a person."""


def is_windows() -> bool:
    """Whether files behave as on Windows."""
    return os.name == "nt"


def replace(new: str | Path, old: str | Path, patience: float | None = None) -> None:
    """Rename a file over another; where a reader holds that one open, wait for its end.

    Parameters
    ----------
    new, old : path
        On the same disk. `old` need not be there.
    patience : float, optional
        Seconds to wait, PATIENCE_SECONDS by default. Linux and macOS replace a file that is read, so nothing
        is waited for there.

    Raises
    ------
    HeldError
        If the file is still held. Both files are then as they were.
    OSError
        If the system refuses otherwise, at once.
    """
    deadline = time.monotonic() + (PATIENCE_SECONDS if patience is None else patience)
    while True:
        try:
            os.replace(new, old)
            return
        except PermissionError as problem:
            if getattr(problem, "winerror", None) not in HELD_ERRORS:
                raise
            if time.monotonic() >= deadline:
                raise HeldError(problem.errno, _sentence(old), str(old)) from problem
            time.sleep(PAUSE_SECONDS)


def _sentence(path: str | Path) -> str:
    """Say that a program holds a file, and what to do."""
    return (
        f"{Path(path).name} is open in another program, so it cannot be replaced and is as it was: close it "
        "there and run the command again"
    )


def restrict_to_owner(path: Path, mode: int = 0o700) -> bool:
    """Give a path the permissions of its owner alone.

    Returns
    -------
    bool
        False where the system has no such permissions: `permissions_note` says so.

    Raises
    ------
    OSError
        If the path is not there or somebody else's.
    """
    if is_windows():
        return False
    path.chmod(mode)
    return True


def permissions_note() -> str | None:
    """Say what a user has to see to where permissions cannot be set; None where they can."""
    return NO_PERMISSIONS if is_windows() else None


def tolerant_console() -> None:
    """Let a sign that the console's encoding lacks be written as ? in place of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure and (stream.encoding or "").lower().replace("-", "") != "utf8":
            reconfigure(errors="replace")
