"""Which of the pinned packages a platform needs, without the tools of development."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from vfm.warehouse.machine import BuildError

#: What pip calls the wheels of a platform, newest first, and what Python says of it.
PLATFORMS = {
    "linux": (
        ["manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64",
         "manylinux_2_12_x86_64", "manylinux2010_x86_64", "manylinux_2_5_x86_64", "manylinux1_x86_64"],
        {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix",
         "platform_machine": "x86_64"},
    ),
    "win_amd64": (
        ["win_amd64"],
        {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt", "platform_machine": "AMD64"},
    ),
}  # fmt: skip
#: Installs the project itself on the server.
BUILDS = ("setuptools",)
#: What a package declares and nothing here makes it use; 24 MB with what it needs itself.
UNUSED = {"matplotlib"}  # lifelines draws with it, and is asked here for numbers alone
_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*])?==(?P<version>[^\s;\\]+)")


@dataclass(frozen=True)
class Pin:
    """A package of requirements.lock: its canonical name, its version, and its lines there."""

    name: str
    version: str
    lines: str


def pins(lock: str) -> dict[str, Pin]:
    """Read the text of requirements.lock.

    Parameters
    ----------
    lock : str

    Returns
    -------
    dict of str to Pin
        By canonical name.
    """
    found, name = {}, None
    for line in lock.splitlines():
        start = _PINNED.match(line)
        if start:
            name = canonicalize_name(start["name"])
            found[name] = Pin(name, start["version"], line)
        elif name and line.startswith(" ") and line.strip().startswith("--hash"):
            found[name] = Pin(name, found[name].version, f"{found[name].lines}\n{line}")
    return {name: Pin(pin.name, pin.version, pin.lines.rstrip(" \\")) for name, pin in found.items()}


def needed(pinned: dict[str, Pin], python: str, platform: str) -> list[Pin]:
    """The pinned packages that the project needs to run on a platform, and what installs it.

    Parameters
    ----------
    pinned : dict of str to Pin
        See `pins`.
    python : str
        Version of Python there, such as 3.12.
    platform : str
        A key of PLATFORMS.

    Returns
    -------
    list of Pin
        By name.

    Raises
    ------
    BuildError
        If something is needed there that requirements.lock does not pin, or that is not installed here, so
        that nobody can say what it needs itself.
    """
    there = {
        "python_version": python, "python_full_version": f"{python}.0", "implementation_name": "cpython",
        "platform_python_implementation": "CPython", **PLATFORMS[platform][1],
    }  # fmt: skip
    waiting = [Requirement(text) for text in (*(metadata.requires("vfm") or ()), *BUILDS)]
    waiting = [each for each in waiting if _holds(each, there, ())]
    found, seen = {}, set()
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name in UNUSED or (name, frozenset(wanted.extras)) in seen:
            continue
        seen.add((name, frozenset(wanted.extras)))
        if name not in pinned:
            raise BuildError(
                f"Package {name} is needed on {platform} with Python {python}, and requirements.lock does "
                "not pin it: add it there with its hashes."
            )
        found[name] = pinned[name]
        try:
            requires = metadata.requires(name) or ()
        except metadata.PackageNotFoundError:
            raise BuildError(
                f"Package {name} is needed on {platform} with Python {python} and is not installed here: "
                "make build installs what requirements.lock pins."
            ) from None
        waiting += [each for each in map(Requirement, requires) if _holds(each, there, tuple(wanted.extras))]
    return [found[name] for name in sorted(found)]


def _holds(requirement, there, extras):
    """Whether a requirement counts on a platform, with the extras that were asked for."""
    if requirement.marker is None:
        return True
    return any(requirement.marker.evaluate({**there, "extra": extra}) for extra in ("", *extras))
