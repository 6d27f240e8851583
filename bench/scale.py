"""make bench-scale: seconds and memory of every layer at 1, 10 and 100 times the registers: docs/scaling.md.

Each step runs in processes of its own: a bare scan of the registers, the SQL models up to the *_input
tables on DuckDB and on Spark, everything after them, the tests of the data. What a step took is kept in
$VFM_BUILD/bench_scale/measured.json, so that `--scales 100 --steps rest` measures one of them anew and the
page holds all. Registers above scale 1 are made where they are missing.

A layer's seconds are those in which at least one of its models ran, from dbt's own record; its memory is the
most that all processes of the step held meanwhile, looked at ten times a second. dbt's start and its reading
of the project are not in the seconds.
"""

import argparse
import io
import json
import os
import platform
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

from vfm.warehouse.paths import PROJECT, Paths

PAGE = PROJECT / "docs" / "scaling.md"
BEGIN, END = "<!-- made by make bench-scale: from here -->", "<!-- to here -->"
SCALES = (1, 10, 100)
STEPS = ("scan", "sql", "rest", "tests", "spark")
SECONDS_BETWEEN_LOOKS = 0.1
NO_TESTS = ("--exclude-resource-type", "test", "unit_test")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
LAYERS = {  # by the beginning of a node's path; the first that fits
    "./": "Mounting the registers",
    "seeds": "Code lists and accounts",
    "models/staging/registers/stg_registers__dream_weeks": "Wide DREAM unpivoted",
    "models/intermediate/population": "Population",
    "models/intermediate/spells": "Weekly states and spells",
    "models/intermediate/case_mix": "Case mix",
    "models/intermediate": "Programme and its composition",
    "python_models/benchmark": "Cox models, indicators and their uncertainty (Python)",
    "python_models": "Cost need, frontiers and the rest (Python)",
    "models": "Marts and report",
}
ENGINE_NAMES = {"sql": "DuckDB", "spark": "Spark"}


class Memory:
    """Looks at what the processes below this one hold, while a step runs."""

    def __init__(self):
        self.looks = []  # (seconds since the epoch, bytes)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _look(self):
        while not self._over.wait(SECONDS_BETWEEN_LOOKS):
            self.looks.append((time.time(), sum(map(held, below(os.getpid())))))

    def most(self, spans=((0.0, float("inf")),)):
        """The most bytes held in any of the spans, pairs of seconds since the epoch; 0 if none was seen."""
        return max((size for at, size in self.looks if any(a <= at <= b for a, b in spans)), default=0)


def below(process):
    """List the processes below one, without those that are still a mere copy of the process above.

    Java starts `chmod` for every file it writes: for a moment a process with all of Java's memory.
    """
    try:
        children = [
            int(child)
            for task in Path(f"/proc/{process}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:  # it has ended
        return []
    own = command(process)
    return [each for child in children if command(child) != own for each in (child, *below(child))]


def command(process):
    """The command line of a process; empty once it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def held(process):
    """Resident bytes of a process; 0 once it has ended."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE_BYTES
    except OSError:
        return 0


def scan(registers):
    """Read every column of every register."""
    import duckdb

    with duckdb.connect() as con:
        for folder in sorted(path for path in registers.iterdir() if path.is_dir()):
            con.execute(
                f"select max(columns(*)) from read_parquet('{folder}/*.parquet', union_by_name = true)"
            )


def in_child(registers):
    """Run `scan` in a process of its own."""
    began = time.monotonic()
    with Memory() as memory:
        subprocess.run([sys.executable, __file__, "--scan", str(registers)], check=True)
    return {"seconds": time.monotonic() - began, "bytes": memory.most()}


def dbt(paths, choice, engine="duckdb"):
    """Run dbt and take its own record of when which model ran.

    Returns
    -------
    dict
        `seconds` and `bytes` of all, and `layers`, {name: [seconds, bytes]}.
    """
    from vfm.engines import spark
    from vfm.warehouse.dbt_runs import listen, run_dbt
    from vfm.warehouse.failures import failures
    from vfm.warehouse.machine import BuildError

    with Memory() as memory:
        if engine == "spark":
            spark.build(paths, io.StringIO())
            paths = spark.Folders(paths)
        elif choice[0] == "test":
            status, errors, plain = listen(paths, choice, lambda event: None)
            if status:
                raise BuildError(*failures(paths, errors, plain))
        else:
            run_dbt(paths, io.StringIO(), choice)
    results = json.loads((paths.target / "run_results.json").read_text(encoding="utf-8"))
    nodes = json.loads((paths.target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    spans = {}
    for result in results["results"]:
        node = nodes.get(result["unique_id"])
        ran = result["timing"]  # compiled, executed: a hook does its work while it is compiled
        if node and ran:
            kind = node["original_file_path"].replace("\\", "/")
            name = next(
                (name for start, name in LAYERS.items() if kind.startswith(start)), "Tests of the data"
            )
            spans.setdefault(name, []).append((moment(ran[0]["started_at"]), moment(ran[-1]["completed_at"])))
    layers = {name: [union(own), memory.most(own)] for name, own in spans.items()}
    return {
        "seconds": union([span for own in spans.values() for span in own]),
        "bytes": memory.most(),
        "layers": layers,
    }


def moment(text):
    """Seconds since the epoch of dbt's UTC time."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def union(spans):
    """Seconds that lie in at least one of the spans."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def measure(scale, steps, folder):
    """Measure the steps at one scale; yields (step, what it took)."""
    from vfm.engines import spark
    from vfm.warehouse import settings
    from vfm.warehouse.machine import BuildError

    registers, paths, environment = prepare(scale, folder)
    os.environ.update(environment)
    inputs = spark.CHOICE[2:]
    chosen = inputs[: inputs.index("--exclude-resource-type")]
    work = {
        "scan": lambda: in_child(registers),
        "sql": lambda: dbt(paths, inputs),
        "rest": lambda: dbt(paths, ("--exclude", *chosen[1:], *NO_TESTS)),
        "tests": lambda: dbt(paths, ("test", "--exclude", "test_type:unit", "--threads", "1")),
        "spark": lambda: dbt(paths, (), "spark"),
    }
    yield "size", size(registers) | {"memory_limit": settings.memory_limit()}
    for step, run in work.items():
        if step not in steps:
            continue
        try:
            yield step, run()
        except BuildError as problem:
            if step != "spark":
                raise
            print(f"Spark is left out: {problem.args[0]}", flush=True)


def prepare(scale, folder):
    """Make the registers of a scale where they are missing; returns them, the build's paths, its switches."""
    registers, statbank = PROJECT / "seeds" / "registers", None
    if scale != 1:
        registers = folder.parent / f"scale_{scale}" / "registers"
        statbank = registers.parent / "statbank"
        if not registers.is_dir():
            subprocess.run(
                [sys.executable, "-m", "vfm.synthetic", "--scale", str(scale)], cwd=PROJECT, check=True
            )
    own = folder / f"scale_{scale}"
    own.mkdir(mode=0o700, parents=True, exist_ok=True)
    environment = {"VFM_REGISTERS": str(registers), "VFM_BUILD": str(own)}
    if statbank:
        environment["VFM_STATBANK"] = str(statbank)
    return registers, Paths(PROJECT, own, own / "vfm.duckdb"), environment


def size(registers):
    """Rows, bytes and persons of the registers, and the filled-in weeks of DREAM."""
    import duckdb

    files = sorted(registers.glob("*/*.parquet"))
    with duckdb.connect() as con:
        count = "select sum(num_rows) from parquet_file_metadata('{}/{}/*.parquet')"
        (rows,) = con.execute(count.format(registers, "*")).fetchone()
        (persons,) = con.execute(count.format(registers, "dream")).fetchone()
    return {
        "rows": int(rows),
        "persons": int(persons),
        "files": len(files),
        "bytes": sum(file.stat().st_size for file in files),
    }


def page(measured):
    """The Markdown of everything measured."""
    scales = sorted(measured, key=int)
    sizes = [measured[scale]["size"] for scale in scales]
    heads = [f"{scale}x" for scale in scales]
    lines = [
        "Command: `make bench-scale`. " + machine() + " The registers are synthetic.",
        "",
        *table(
            ["the registers", *heads],
            ["persons in DREAM", *(f"{each['persons']:,}" for each in sizes)],
            ["rows read", *(f"{each['rows']:,}" for each in sizes)],
            ["megabytes read, Parquet", *(f"{each['bytes'] / 1e6:,.0f}" for each in sizes)],
            ["part files", *(f"{each['files']:,}" for each in sizes)],
            ["`VFM_MEMORY_LIMIT`", *(each["memory_limit"] for each in sizes)],
        ),
        "",
        *table(["seconds (gigabytes at most)", *heads], *rows(measured, scales)),
    ]
    if any("spark" in measured[scale] for scale in scales):
        lines += ["", *table(["the SQL models up to the inputs", *heads], *beside(measured, scales))]
    return "\n".join(lines)


def table(*rows):
    """The lines of a table; the first row is its head."""
    written = [f"| {' | '.join(row)} |" for row in rows]
    return [written[0], "| --- |" + " ---: |" * (len(rows[0]) - 1), *written[1:]]


def rows(measured, scales):
    """A row for every step and its layers, and what the SQL takes beside the scan and the first scale."""
    for step, name in [
        ("scan", "**bare scan of every column**"),
        ("sql", "**SQL models up to the inputs**"),
        ("rest", "**everything after them**"),
        ("tests", "**tests of the data**"),
    ]:
        found = [measured[scale].get(step) for scale in scales]
        yield [name, *(cell(each and (each["seconds"], each["bytes"])) for each in found)]
        if step == "sql":
            yield [
                "ratio to the bare scan",
                *ratios(found, [measured[scale].get("scan") for scale in scales]),
            ]
            yield [f"ratio to {scales[0]}x", *ratios(found, [found[0]] * len(found))]
        if step in ("sql", "rest"):
            layers = [
                name for name in LAYERS.values() if any(each and name in each["layers"] for each in found)
            ]
            for layer in dict.fromkeys(layers):
                yield [layer, *(cell(each and each["layers"].get(layer)) for each in found)]


def beside(measured, scales):
    """Rows of Spark beside DuckDB."""
    found = {step: [measured[scale].get(step) for scale in scales] for step in ENGINE_NAMES}
    for step, name in ENGINE_NAMES.items():
        yield [
            f"{name}, seconds (gigabytes)",
            *(cell(each and (each["seconds"], each["bytes"])) for each in found[step]),
        ]
    yield ["ratio", *ratios(found["spark"], found["sql"])]


def cell(took):
    """Seconds, and gigabytes in brackets; a dash for what was not measured."""
    if not took:
        return "–"
    seconds, size = took
    return f"{seconds:,.{0 if seconds >= 100 else 1}f} ({size / 1e9:.1f})"


def ratios(found, base):
    """Seconds of one step over another's, as text."""
    return [
        f"{a['seconds'] / b['seconds']:.1f}" if a and b else "–" for a, b in zip(found, base, strict=True)
    ]


def machine():
    """The machine and the versions, as a sentence."""
    import duckdb

    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")
    memory = os.sysconf("SC_PHYS_PAGES") * PAGE_BYTES / 1e9
    return (
        f"{model}, {os.cpu_count()} processors, {memory:.0f} GB, {platform.system()}; "
        f"Python {platform.python_version()}, DuckDB {duckdb.__version__}."
    )


def write(text):
    """Put the tables between the markers of the page."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def _numbers(text):
    """Whole numbers between spaces."""
    return [int(word) for word in text.split()]


def main():
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scales", type=_numbers, default=SCALES, help="such as '1 10'")
    parser.add_argument("--steps", nargs="*", choices=STEPS, default=STEPS)
    parser.add_argument("--scan", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.scan:
        scan(options.scan)
        return
    folder = Paths.from_environment(PROJECT).build / "bench_scale"
    kept = folder / "measured.json"
    measured = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    for scale in options.scales:
        for step, took in measure(scale, options.steps, folder):
            measured.setdefault(str(scale), {})[step] = took
            kept.write_text(json.dumps(measured, indent=1), encoding="utf-8")
            if step != "size":
                print(f"{scale}x {step}: {cell((took['seconds'], took['bytes']))}", flush=True)
    write(page(measured))
    print(f"Written: {PAGE.relative_to(PROJECT)}")


if __name__ == "__main__":
    main()
