"""make bundle: the project and the wheels of other machines in one archive.

python -m vfm.bundle [--python 3.12]... [--platform win_amd64]... [--to bundles] [--any-hashes]
"""

import argparse
import re
import sys
from pathlib import Path

from vfm.bundle.archive import write_bundle
from vfm.bundle.packages import PLATFORMS
from vfm.warehouse.machine import BuildError
from vfm.warehouse.paths import PROJECT

_VERSION = re.compile(r"3\.(\d{1,2})")
OLDEST = 11


def _parse(arguments):
    """Options of the command line; wrong ones end with one clear sentence."""
    parser = argparse.ArgumentParser(
        prog="python -m vfm.bundle",
        description="The project and the wheels of other machines in one archive.",
    )
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    parser.add_argument("--python", nargs="+", default=[own], help=f"versions of Python there; default {own}")
    parser.add_argument("--platform", nargs="+", default=["linux"], help="linux, win_amd64 or both")
    parser.add_argument("--to", type=Path, default=PROJECT / "bundles", help="folder of the archive")
    parser.add_argument("--any-hashes", action="store_true", help="for an index that builds packages itself")
    options = parser.parse_args(arguments)
    options.python = [word for given in options.python for word in given.split()]
    options.platform = [word for given in options.platform for word in given.split()]
    for python in options.python:
        version = _VERSION.fullmatch(python)
        if not version or int(version[1]) < OLDEST:
            parser.error(f"PYTHON is {python}: give a version from 3.{OLDEST} on, such as 3.12")
    for platform in options.platform:
        if platform not in PLATFORMS:
            parser.error(f"PLATFORM is {platform}: give one or more of {', '.join(PLATFORMS)}")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; returns the exit status."""
    options = _parse(arguments)
    try:
        path = write_bundle(options.to, options.python, options.platform, check_hashes=not options.any_hashes)
    except BuildError as problem:
        print(*problem.args, sep="\n", file=sys.stderr)
        return 1
    print(
        f"Written: {path}, {path.stat().st_size / 1e6:.0f} MB. On the server: unpack it, and in its folder "
        "run python install.py."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
