"""The build folder: a build marks its own, and only a marked one is closed to others, emptied or removed.

`python -m vfm.warehouse.build_folder` is make clean. It needs no package, since it also runs without .venv.
"""

import os
import re
import shutil
import sys
import unicodedata
from fnmatch import fnmatch
from pathlib import Path

from vfm.warehouse import machine, system
from vfm.warehouse.paths import PROJECT, Paths, study_name

MARKER = ".value_for_money_build"
MARKED = "This folder is a build of value_for_money. make clean removes it whole.\n"
#: Where a build writes; checked before anything is written.
WRITTEN = ("VFM_BUILD", "VFM_RESULTS", "VFM_SPILL")
#: What a build of a version that made no mark has in its folder, and a sign that it was one.
KNOWN = """
    target target_spark logs lock spark spill truth small recovery attack sensitivity sensitivity.json
    release-pack release-pack.*.new tests.xml docs.html docs.tmp warehouse.duckdb* scale_* bench_*
    cookbook.md reproduction.md sensitivity.md delivery_profile.csv mutations checked_seeds .DS_Store
""".split()
SIGNS = """
    warehouse.duckdb logs/dbt.log target/manifest.json target/partial_parse.msgpack recovery/lock attack/lock
""".split()
STUDY = re.compile(
    r"[a-z0-9][a-z0-9_-]{0,59}"
)  # a study's name is part of the names of its folder and its file
CACHES = ("target", "logs", ".pytest_cache", ".ruff_cache", ".hypothesis")


def claim(paths: Paths) -> None:
    """Make the build folder, or take one that is empty or a build's; mark it, and close it to others.

    Raises
    ------
    machine.BuildError
        It holds other things, or cannot be written to, or its address is not one.
    """
    refuse_addresses()
    name = paths.short(paths.build)
    try:
        paths.build.mkdir(mode=0o700, parents=True, exist_ok=True)
        refuse_foreign(paths)
        marker = paths.build / MARKER
        if not marker.exists():
            marker.touch(mode=0o600)
            marker.write_text(MARKED, encoding="utf-8")
        if not system.restrict_to_owner(paths.build):
            print(system.permissions_note(), file=sys.stderr)
    except OSError as problem:
        if machine.NO_ROOM.search(str(problem)):
            raise machine.BuildError(machine.out_of_room("build", paths.build, name)) from problem
        raise machine.BuildError(machine.cannot_write("build", name, problem)) from problem


def refuse_addresses() -> None:
    """Refuse a place to write that is certainly not meant: ~ is the shell's, and so is a line break."""
    if not STUDY.fullmatch(study_name()):
        raise machine.BuildError(
            f"VFM_STUDY is {study_name()}: give the name of a file of studies/, such as kora_2017. "
            "See docs/bad_input.md#study."
        )
    for variable in WRITTEN:
        said = os.environ.get(variable) or ""
        if said.startswith("~"):
            raise machine.BuildError(
                f"{variable} begins with ~, which only a shell reads as the home folder: "
                f"write it out. {machine.SEE}"
            )
        if any(unicodedata.category(character) == "Cc" for character in said):
            raise machine.BuildError(
                f"{variable} holds a line break or another control character: "
                f"give the name of a folder. {machine.SEE}"
            )


def refuse_foreign(paths: Paths) -> None:
    """Refuse a folder that no build has made."""
    build, name = paths.build.resolve(), paths.short(paths.build)
    if build == paths.project or build in paths.project.parents:
        raise machine.BuildError(
            f"VFM_BUILD is {name}, which holds the project itself: set it to another folder. {machine.SEE}"
        )
    if is_build(build):
        return
    others = sum(1 for _ in build.iterdir())
    if others:
        raise machine.BuildError(
            f"VFM_BUILD is {name}, which holds other things ({others} names) and is no build of this "
            f"project: set it to a new or an empty folder. {machine.SEE}"
        )


def is_build(folder: Path) -> bool:
    """Whether a folder is marked, or is the build of a version that made no mark."""
    if (folder / MARKER).is_file():
        return True
    names = [path.name for path in folder.iterdir()]
    return any((folder / sign).is_file() for sign in SIGNS) and all(
        any(fnmatch(name, known) for known in KNOWN) for name in names
    )


def clean(paths: Paths) -> None:
    """Remove the build folder, and the caches beside the project's files.

    Raises
    ------
    machine.BuildError
        It is not marked as a build's; nothing is removed then.
    """
    if paths.build.is_dir():
        refuse_foreign(paths)
        if not (paths.build / MARKER).is_file() and any(paths.build.iterdir()):
            raise machine.BuildError(
                f"VFM_BUILD is {paths.short(paths.build)}, which has no mark of a build ({MARKER}): "
                f"if it is one, make build marks it; else remove it by hand. {machine.SEE}"
            )
        if paths.build.is_symlink():  # the link stays: it says where builds are wanted
            for path in paths.build.iterdir():
                remove(path)
        else:
            shutil.rmtree(paths.build)
    for name in CACHES:
        remove(paths.project / name)


def remove(path: Path) -> None:
    """Remove a folder or a file, where there is one; of a link only the link."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def main() -> int:
    """Clean; return 1 after one sentence where that is refused."""
    paths = Paths.from_environment(PROJECT)
    try:
        clean(paths)
    except machine.BuildError as problem:
        print(*problem.args, sep="\n", file=sys.stderr)
        return 1
    except OSError as problem:
        print(
            f"{paths.short(paths.build)} cannot be removed ({problem.strerror}). {machine.SEE}",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
