"""make sensitivity: the indicators under other assumptions than the method's, beside those of the build.

python -m vfm.sensitivity
"""

import argparse
import sys
import time

import duckdb

from vfm import build as building
from vfm.pages.sensitivity import write_sensitivity
from vfm.privacy import redaction
from vfm.privacy.leaks import LeakError
from vfm.warehouse import alternative_builds, alternatives, machine, publish
from vfm.warehouse.failures import one_sentence
from vfm.warehouse.machine import BuildError
from vfm.warehouse.paths import PROJECT, Paths


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; returns the exit status."""
    argparse.ArgumentParser(prog="python -m vfm.sensitivity", description=__doc__).parse_args(arguments)
    paths = Paths.from_environment(PROJECT)
    before = building.identity(paths.results)
    began = time.monotonic()
    try:
        with machine.told_to_end():
            alternative_builds.build_alternatives(paths)
        path = write_sensitivity(paths.results, paths.project, paths.build)
    except (BuildError, publish.NotPublishedError) as problem:
        sentences = [*map(str, problem.args)]
    except (OSError, LeakError) as problem:
        sentences = [str(problem)]
    except duckdb.Error as problem:
        sentences = [one_sentence(redaction.of_duckdb(str(problem)))]
    except machine.Stopped as stop:
        print(f"\nInterrupted. {building.still_published(paths, before)}", file=sys.stderr)
        return 128 + stop.args[0]
    else:
        minutes = (time.monotonic() - began) / 60
        print(
            f"{len(alternatives.listed())} alternatives compared in {minutes:.1f} minutes: "
            f"report.sensitivity in {paths.short(paths.results)}, {paths.short(path)}"
        )
        return 0
    print("\n".join(["", *sentences, building.still_published(paths, before)]), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
