"""Gather the project at its commit and the wheels of a platform into one archive."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from vfm.bundle.packages import PLATFORMS, Pin, needed, pins
from vfm.warehouse import provenance, terminal
from vfm.warehouse.machine import BuildError
from vfm.warehouse.paths import PROJECT

LOCK = "requirements.lock"
_MISSING = re.compile(r"No matching distribution found for ([A-Za-z0-9._-]+)==")


def write_bundle(
    folder: Path,
    pythons: Sequence[str],
    platforms: Sequence[str],
    *,
    project: Path = PROJECT,
    stream: TextIO = sys.stdout,
    pip: Sequence[str] = (sys.executable, "-m", "pip"),
    check_hashes: bool = True,
) -> Path:
    """Write an archive with the project and what it needs on other machines.

    Parameters
    ----------
    folder : Path
        Where the archive is written.
    pythons : sequence of str
        Versions of Python, such as 3.12.
    platforms : sequence of str
        Keys of `packages.PLATFORMS`.
    project : Path
        A git repository: what its last commit holds is packed.
    stream : text file
        Where progress is shown.
    pip : sequence of str
        The command that fetches wheels.
    check_hashes : bool
        Whether wheels must be those of requirements.lock; false for an index that builds packages itself.

    Returns
    -------
    Path
        The archive.

    Raises
    ------
    BuildError
        If the project is not under git or differs from its last commit, or a wheel is not to be had.
    """
    commit = _commit(project)
    name = f"value_for_money-{commit[:10]}-{'-'.join(['py' + '-py'.join(pythons), *platforms])}"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bundle-", dir=folder) as work:
        inside = Path(work) / "value_for_money"
        terminal.put(stream, "The project at its commit")
        _project(project, inside)
        pinned = pins((inside / LOCK).read_text(encoding="utf-8"))
        wheels = inside / "wheels"
        for python in pythons:
            for platform in platforms:
                wanted = needed(pinned, python, platform)
                terminal.put(stream, f"Wheels of {len(wanted)} packages, Python {python} on {platform}")
                lines = _wheels(wanted, python, platform, wheels, pip, check_hashes)
                lock = inside / f"packages-{python}-{platform}.txt"
                lock.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        about = {"commit": commit, "pythons": list(pythons), "platforms": list(platforms)}
        (inside / provenance.BUNDLE).write_text(json.dumps(about) + "\n", encoding="utf-8")
        shutil.copy2(Path(__file__).with_name("install.py"), inside / "install.py")
        terminal.put(stream, "The archive")
        return _zip(inside, folder / f"{name}.zip")


def _git(project, *arguments):
    try:
        return subprocess.run(["git", "-C", str(project), *arguments], capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise BuildError(
            "A bundle holds the project at its commit, and this folder is not a git repository: "
            "make it where the project was cloned."
        ) from None


def _commit(project):
    """The last commit; refuses changes that it does not have, which would be left out without a word."""
    changed = _git(project, "status", "--porcelain").decode().splitlines()
    if changed:
        raise BuildError(
            f"A bundle holds the project at its commit. Files that differ from it: {len(changed)} (for "
            f"example {changed[0][3:]}). Commit them, or take them back."
        )
    return _git(project, "rev-parse", "HEAD").decode().strip()


def _project(project, inside):
    """Unpack what the last commit holds."""
    inside.mkdir()
    with tarfile.open(fileobj=io.BytesIO(_git(project, "archive", "HEAD"))) as tar:
        tar.extractall(inside, filter="data")


def _wheels(wanted, python, platform, wheels, pip, check_hashes):
    """Fetch the wheels of a platform; returns the lines of its lock file, with the hash of each wheel.

    A package that comes as source alone is built here, and serves elsewhere if it is pure Python.
    """
    digits = python.replace(".", "")
    tags = [word for tag in PLATFORMS[platform][0] for word in ("--platform", tag)]
    tags += ["--python-version", python, "--implementation", "cp"]
    tags += [word for abi in (f"cp{digits}", "abi3", "none") for word in ("--abi", abi)]
    own = wheels.with_name(f"wheels-{digits}-{platform}")
    built: set[str] = set()
    while True:
        fetched = [pin for pin in wanted if pin.name not in built]
        said = _pip(pip, "download", fetched, own, check_hashes, "--no-deps", "--only-binary", ":all:", *tags)
        if said is None:
            break
        missing = _MISSING.search(said)
        pin = next((each for each in fetched if missing and each.name == _canonical(missing[1])), None)
        if pin is None:
            raise BuildError(
                f"The wheels for Python {python} on {platform} could not be fetched. pip said:\n"
                f"{said[-2000:]}"
            )
        _build(pin, python, platform, own, pip, check_hashes)
        built.add(pin.name)
    lines = []
    wheels.mkdir(exist_ok=True)
    by_name = {_canonical(path.name.split("-")[0]): path for path in own.glob("*.whl")}
    for pin in wanted:
        wheel = by_name[pin.name]
        lines.append(f"{pin.name}=={pin.version} --hash=sha256:{_digest(wheel)}")
        shutil.move(wheel, wheels / wheel.name)
    shutil.rmtree(own)
    return lines


def _build(pin: Pin, python, platform, own, pip, check_hashes):
    """Build the wheel of a package that has no wheel for the platform, if any platform can use it."""
    said = _pip(pip, "wheel", [pin], own, check_hashes, "--no-deps", "--no-binary", ":all:")
    pure = any(
        path.name.endswith("-none-any.whl") and _canonical(path.name.split("-")[0]) == pin.name
        for path in own.glob("*.whl")
    )
    if said is not None or not pure:
        raise BuildError(
            f"Package {pin.name} {pin.version} has no wheel for Python {python} on {platform}, and is not "
            f"pure Python that could be built here: choose another Python, or pin another {pin.name}."
        )


def _pip(pip, command, wanted, own, check_hashes, *options):
    """Run pip for pinned packages; returns what it said where it failed."""
    listed = own.with_suffix(".txt")
    lines = [pin.lines if check_hashes else f"{pin.name}=={pin.version}" for pin in wanted]
    listed.write_text("\n".join(lines) + "\n", encoding="utf-8")
    checked = ["--require-hashes"] if check_hashes else []
    target = "--dest" if command == "download" else "--wheel-dir"
    done = subprocess.run(
        [*pip, command, "--quiet", *checked, *options, target, str(own), "-r", str(listed)],
        capture_output=True,
        text=True,
    )
    listed.unlink()
    return None if done.returncode == 0 else done.stderr + done.stdout


def _canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def _digest(path):
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _zip(inside, path):
    """Write a folder as an archive, with the sums of its files; whole or not at all."""
    files = sorted(each for each in inside.rglob("*") if each.is_file())
    sums = [f"{_digest(each)}  {each.relative_to(inside).as_posix()}\n" for each in files]
    (inside / provenance.BUNDLE_SUMS).write_text("".join(sums), encoding="utf-8")
    part = path.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in (*files, inside / provenance.BUNDLE_SUMS):
            how = zipfile.ZIP_STORED if each.suffix == ".whl" else zipfile.ZIP_DEFLATED
            archive.write(each, each.relative_to(inside.parent), compress_type=how)
    part.replace(path)
    return path
