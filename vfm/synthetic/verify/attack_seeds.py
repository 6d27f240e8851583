"""make attack: worlds of other seeds, and what the attacker recovers from what would be published of each.

python -m vfm.synthetic.verify.attack_seeds [--seeds 10] [--scale 1]

Each world is simulated and built in build/attack, its owner's alone, and removed at its end. Nothing
published is touched.
"""

import argparse
import io
import json
import os
import shutil
import sys
from contextlib import closing
from pathlib import Path

import duckdb

from vfm.privacy.attack import attack_score
from vfm.privacy.attack.playing import Played, play
from vfm.privacy.attack.reading import Release
from vfm.synthetic.verify.recovery import seeds_to_run
from vfm.synthetic.verify.worlds import make_world, work_folder
from vfm.warehouse import machine, publish, terminal
from vfm.warehouse.dbt_runs import run_dbt
from vfm.warehouse.paths import PROJECT, Paths

SEEDS = 10


def attacked_seed(seed: int, scale: float, folder: Path) -> tuple[Played, list[attack_score.Score], int]:
    """Simulate a world, build it and attack what would be published.

    Parameters
    ----------
    seed : int
    scale : float
        Of the population.
    folder : Path
        For registers, warehouse and results; not removed here.

    Returns
    -------
    played, scores, recovered
        What was found, the score by table, and the number of cells of few known within one.

    Raises
    ------
    machine.BuildError
        If the world cannot be simulated or built.
    """
    world = make_world(folder / "world", seed, scale)
    os.environ.update(
        VFM_REGISTERS=str(world.registers),
        VFM_STATBANK=str(world.statbank),
        VFM_BUILD=str(folder / "build"),
        OPENBLAS_NUM_THREADS="1",  # the same sums on every machine
    )
    paths = Paths(project=PROJECT, build=folder / "build", results=folder / "vfm.duckdb")
    paths.build.mkdir(parents=True)
    run_dbt(paths, io.StringIO(), ["--exclude-resource-type", "unit_test", "test"])
    manifest = json.loads((paths.target / "manifest.json").read_text(encoding="utf-8"))
    publish.write_file(paths.warehouse, paths.results, publish.tables_to_publish(manifest).values())
    with closing(duckdb.connect(str(paths.warehouse), read_only=True)) as warehouse:
        truth = attack_score.true_cells(warehouse)
    with closing(duckdb.connect(str(paths.results), read_only=True)) as con:
        played, limit = play(con), Release(con).limit
    scores = attack_score.score(played, truth, limit)
    return played, scores, len(attack_score.recovered_cells(played, truth, limit))


def _parse(arguments):
    """Options of the command line; wrong ones end with one clear sentence."""
    parser = argparse.ArgumentParser(
        prog="python -m vfm.synthetic.verify.attack_seeds",
        description="Other seeds, and what the attacker recovers from what would be published of each.",
    )
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"how many, from 1 on; default {SEEDS}")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the population; default 1")
    options = parser.parse_args(arguments)
    if options.seeds < 1:
        parser.error(f"--seeds must be at least 1, got {options.seeds}")
    return options


def _attack(options, folder, progress):
    """Attack seed after seed; returns how many cells of few were recovered, and bounds that missed."""
    found = 0
    for seed in seeds_to_run(options.seeds):
        progress.say(f"seed {seed}")
        work = folder / str(seed)
        shutil.rmtree(work, ignore_errors=True)  # of a run that was killed
        work.mkdir(parents=True)
        try:
            played, scores, recovered = attacked_seed(seed, options.scale, work)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        problems = [f"{name}: {said}" for name, said in played.contradictions.items()]
        found += recovered + sum(each.missed for each in scores) + len(problems)
        progress.count(f"seed {seed}: {recovered} cells of few recovered within one")
        print(f"\nSeed {seed}", *attack_score.score_lines(scores), *problems, sep="\n", flush=True)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; returns the exit status, 1 if anything is recovered."""
    options = _parse(arguments)
    progress = terminal.Progress(sys.stderr, options.seeds, "seeds")
    try:
        with work_folder("attack") as folder:
            found = _attack(options, folder, progress)
        progress.end()
    except machine.BuildError as problem:
        print("", *problem.args, sep="\n", file=sys.stderr)
        return 1
    except machine.Stopped as stop:
        print("\nInterrupted.", file=sys.stderr)
        return 128 + stop.args[0]
    verdict = (
        "Nothing of few persons was recovered." if not found else f"{found} cells were recovered or missed."
    )
    print(f"\n{options.seeds} worlds at scale {options.scale:g}. {verdict}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
