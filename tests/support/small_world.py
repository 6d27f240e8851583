"""A world of a tenth, built once a test session under the small setting: registers, warehouse, page and docs.

`make small` builds the same into build/small: `python tests/support/small_world.py build/small`.
"""

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import preloaded
import yaml

from vfm.warehouse import build_folder
from vfm.warehouse.paths import PROJECT, Paths

SCALE = 0.1
SETTING = Path(__file__).with_name("small.yml")
#: The years are a study's own, and so is its name: registers, accounts and prices must cover them.
YEARS = {
    "study",
    "compare_with_print",
    "first_permit_year",
    "last_permit_year",
    "data_end_week",
    "dream_version",
    "first_expenditure_year",
    "last_expenditure_year",
    "price_year",
    "price_index",
    "programme_rule",  # the law of these years is three years for everybody
}


def setting():
    """Return the small setting as {variable: value}."""
    return yaml.safe_load(SETTING.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class SmallWorld:
    """Where the small world lies."""

    folder: Path

    @property
    def build(self):
        """The build folder, with warehouse.duckdb and docs.html."""
        return self.folder / "build"

    @property
    def results(self):
        """The published file."""
        return self.folder / "vfm.duckdb"

    @property
    def report(self):
        """The folder of the report page."""
        return self.folder / "report"

    def docs(self):
        """dbt's manifest, which the page with the lineage shows."""
        return json.loads((self.build / "target/manifest.json").read_text(encoding="utf-8"))

    def environment(self):
        """Environment of a command that works on the small world."""
        return os.environ | {
            "VFM_REGISTERS": str(self.folder / "registers"),
            "VFM_STATBANK": str(self.folder / "statbank"),
            "VFM_BUILD": str(self.build),
            "VFM_RESULTS": str(self.results),
            "OPENBLAS_NUM_THREADS": "1",
        }

    def run(self, *arguments):
        """Run a command of the project on the small world; raise with what it said where it fails."""
        done = preloaded.run(
            [sys.executable, "-m", *map(str, arguments)],
            cwd=PROJECT,
            env=self.environment(),
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments[0]} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")

    def make(self, say=lambda what: None):
        """Simulate the registers, build under the small setting, write the report page and the docs."""
        if not (self.folder / "registers/origin.json").exists():
            say("registers")
            folders = ("--out", "registers"), ("--statbank", "statbank"), ("--truth", "build/truth")
            options = [word for option, name in folders for word in (option, self.folder / name)]
            self.run("vfm.synthetic", "--scale", SCALE, *options)
        say("warehouse")
        self.run("vfm.build", "--vars", SETTING.read_text(encoding="utf-8"))
        say("report page")
        self.run("vfm.pages.report", "--to", self.report)


def main(folder):
    """Make the small world and say where it is."""
    os.umask(0o077)  # it lies in the build folder, which is its owner's alone
    world, started = SmallWorld(Path(folder).resolve()), time.monotonic()
    build_folder.claim(Paths.from_environment(PROJECT))
    world.folder.mkdir(parents=True, exist_ok=True)
    world.make(say=lambda what: print(f"{time.monotonic() - started:6.1f} s  {what}", flush=True))
    print(f"{time.monotonic() - started:6.1f} s  made. Setting: {SETTING.relative_to(PROJECT)}")
    print(f"Results: {world.results}\nWarehouse: {world.build / 'warehouse.duckdb'}")
    print(f"Page: {world.report / 'en.html'}")


if __name__ == "__main__":
    main(*sys.argv[1:])
