"""What a build asks of the machine, and one sentence for each way in which the machine can refuse."""

import os
import re
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: DuckDB's own lock on the warehouse is all there is
    fcntl = None

SEE = "See docs/bad_input.md#the-machine."
NO_ROOM = re.compile(
    r"No space left on device|Disk quota exceeded|File too large|max_temp_directory_size|disk (is )?full"
    r"|Could not write all bytes",
    re.IGNORECASE,
)
SPILLED = re.compile(r"max_temp_directory_size|duckdb_temp_storage")
NO_MEMORY = re.compile(r"Out of Memory Error|MemoryError|Cannot allocate memory|bad_alloc|Unable to allocate")
DAMAGED = re.compile(
    r"computed checksum|Corrupt database|not a valid DuckDB database|Failure while replaying WAL"
    r"|Serialization Error|Failed to load metadata",
    re.IGNORECASE,
)
DAMAGED_PARQUET = "don't know what type"
PARQUET = re.compile(r"[^\s'\"]*/(?P<register>[^/'\"]+)/(?P<file>[^/'\"]+\.parquet)")
HARMED = {
    "Permission denied": "may not be read: get permission to read it",
    "No such file|No files found|FILE_NOT_EXIST": "is gone: it was there when the build began. Put it back",
    (
        "magic (bytes|number)|too small to be|Footer length|Failed to read file|READ_FILE|FILE_FOOTER"
        "|Decompress|Input/output error|Stale file"
    ): ("is damaged, cut off or no Parquet file: copy it again"),
}
STOPS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


class BuildError(Exception):
    """A build that did not pass; the arguments are sentences for a person."""


class Stopped(KeyboardInterrupt):
    """A signal asked the build to end; the argument is the signal's number."""


@contextmanager
def told_to_end() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into an exception, as SIGINT is, so that unfinished work is cleared away."""

    def stop(number, _):
        for each in heard:
            signal.signal(each, signal.SIG_IGN)  # nothing disturbs the clearing away
        raise Stopped(number)

    heard = [each for each in (*STOPS, signal.SIGINT) if signal.getsignal(each) != signal.SIG_IGN]  # nohup
    before = {number: signal.signal(number, stop) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def only_build(folder: Path, name: str) -> Iterator[None]:
    """Hold the build folder for one build, from its start to the end of publishing.

    Parameters
    ----------
    folder : Path
        The build folder. Its file `lock` says who holds it; the kernel lets go when that process ends,
        however it ends.
    name : str
        The folder as a person would name it.

    Raises
    ------
    BuildError
        If another build holds it, or nothing can be written there.
    """
    lock = folder / "lock"
    try:
        stream = open(lock, "a+", encoding="utf-8")
    except OSError as problem:
        raise BuildError(cannot_write("build", name, problem)) from problem
    with stream:
        if fcntl:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as problem:
                stream.seek(0)
                raise BuildError(
                    f"Another build ({stream.read().strip() or 'just started'}) is at work in {name}: "
                    f"wait for its end, or set VFM_BUILD to another folder. {SEE}"
                ) from problem
        try:
            stream.truncate(0)
            stream.write(f"process {os.getpid()}, user {user()}")
            stream.flush()
        except OSError as problem:
            raise BuildError(out_of_room("build", folder, name)) from problem
        yield


def user() -> str:
    """Name of the user, or the number where it has no name."""
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return os.environ.get("USERNAME") or str(getattr(os, "getuid", lambda: "unknown")())


def cannot_write(what: str, name: str | Path, problem: OSError) -> str:
    """Say that a folder refuses to be written to; `what` is build, results or spill."""
    return (
        f"The {what} folder {name} cannot be written to ({problem.strerror}): get the right to write there, "
        f"or set VFM_{what.upper()} to another place. {SEE}"
    )


def out_of_room(what: str, folder: str | Path, name: str | Path) -> str:
    """Say that a disk is full; `what` is build, results or spill."""
    folder = next(path for path in (Path(folder), *Path(folder).parents) if path.exists())
    try:
        free = f"{shutil.disk_usage(folder).free / 1e6:,.0f} MB are free"
    except OSError:
        free = "its free space is unknown"
    return (
        f"No room is left to write to the {what} folder {name} ({free}): make room, lift the quota, "
        f"or set VFM_{what.upper()} to another place. {SEE}"
    )


def refusal(said: list[str], folder: Path, name: str, spill: Path) -> str | None:
    """Put into a sentence how the machine refused while dbt ran.

    Parameters
    ----------
    said : list of str
        What went wrong, as it was said.
    folder, name : Path, str
        The build folder, and as a person would name it.
    spill : Path
        Where DuckDB puts what memory cannot hold.

    Returns
    -------
    str or None
        None where it was something else.
    """
    everything = "\n".join(said)
    if NO_ROOM.search(everything):  # first: other failures follow from it
        if SPILLED.search(everything) and spill.parent != folder:
            return out_of_room("spill", spill.parent, spill.parent)
        return out_of_room("build", folder, name)
    if NO_MEMORY.search(everything):
        return (
            "Memory ran out: give DuckDB more of it with VFM_MEMORY_LIMIT, build where there is more, or do "
            f"less at a time (VFM_THREADS, and threads in profiles/profiles.yml). {SEE}"
        )
    if DAMAGED.search(everything):
        return f"{name}/warehouse.duckdb is damaged: remove it with make clean and build again. {SEE}"
    if DAMAGED_PARQUET in everything:
        return f"A Parquet file of the registers is damaged inside: copy the registers again. {SEE}"
    return next(filter(None, map(harmed, said)), None)


def harmed(text: str) -> str | None:
    """Say which part file cannot be read, from what an engine said of it; None where it is something else."""
    found = PARQUET.search(text)
    what = next((what for sign, what in HARMED.items() if re.search(sign, text)), None)
    return f"register {found['register']}: {found['file']} {what}. {SEE}" if found and what else None
