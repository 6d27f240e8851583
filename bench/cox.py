"""Time the Cox model of `vfm` beside lifelines, statsmodels and R's survival; and the bootstrap of it all.

Run with make bench; it prints Markdown, as in docs/benchmarks.md. All get the same simulated spells. Each
runs in processes of its own with one thread, in several rounds, so that what else the machine does falls on
all of them; the medians count, and the fastest run stands beside them. R is left out where Rscript or its
package survival is missing.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
COVARIATES = 80
MUNICIPALITIES = 92
SEED = 1
ROUNDS = 3
REPLICATES = 999

#: Contender -> (title, the contender whose coefficients must be the same, timed fits and refits in a round).
CONTENDERS = {
    "vfm_breslow": ("vfm.statistics.cox, Breslow", None, 7, 7),
    "vfm_clustered": ("vfm.statistics.cox, Breslow, clustered errors", "vfm_breslow", 7, 0),
    "vfm_efron": ("vfm.statistics.cox, Efron", None, 7, 7),
    "lifelines": ("lifelines CoxPHFitter, Efron", "vfm_efron", 2, 2),
    "statsmodels": ("statsmodels PHReg, Breslow", "vfm_breslow", 1, 1),
    "r_breslow": ("R survival::coxph, Breslow", "vfm_breslow", 1, 2),
    "r_clustered": ("R survival::coxph, Breslow, clustered errors", "vfm_breslow", 1, 0),
    "r_efron": ("R survival::coxph, Efron", "vfm_efron", 1, 2),
}


def simulate(spells, seed=SEED):
    """Simulate the input of the Cox models: weekly durations on a window of 156, about two thirds censored.

    Returns
    -------
    DataFrame
        The id columns of `cox`, 77 indicators (2 to 29 % of the spells each) and 3 covariates that a
        municipality's spells share. One spell in 14 is a further spell of the person before.
    """
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    size = rng.lognormal(0, 0.7, MUNICIPALITIES)
    municipality = rng.choice(MUNICIPALITIES, spells, p=size / size.sum())
    shares = rng.uniform(0.02, 0.29, COVARIATES - 3)
    shared = rng.standard_normal((MUNICIPALITIES, 3))[municipality]
    X = np.hstack([rng.random((spells, COVARIATES - 3)) < shares, shared]).astype(float)
    b = np.append(rng.normal(0, 0.25, COVARIATES - 3), [-0.05, 0.06, 0.07])
    rate = 0.0035 * np.exp((X - X.mean(axis=0)) @ b)
    success = np.ceil(rng.exponential(1 / rate))
    censored = np.where(rng.random(spells) < 0.45, rng.integers(1, 157, spells), 156)
    person = np.arange(spells)
    again = np.flatnonzero(rng.random(spells) < 1 / 14)[1:]
    person[again] = person[again - 1]
    frame = pd.DataFrame(X, columns=[f"x{j:02d}" for j in range(COVARIATES)])
    count = np.bincount(municipality, minlength=MUNICIPALITIES)
    ids = pd.DataFrame(
        {
            "spell_id": [f"s{i:06d}" for i in range(spells)],
            "person_id": [f"p{i:06d}" for i in person],
            "sex": np.where(rng.random(spells) < 0.5, "men", "women")[person],
            "municipality_code": [f"{101 + 2 * k}" for k in municipality],
            "duration_weeks": np.minimum(success, censored).astype(int),
            "is_success": success <= censored,
            "is_benchmarked": count[municipality] >= 100,
        }
    )
    return pd.concat([ids, frame], axis=1)


def write_data(folder, spells):
    """Put the simulated data into plain files of numbers, which R reads as well."""
    import numpy as np

    frame = simulate(spells)
    frame.iloc[:, 7:].to_numpy(float).T.tofile(folder / "X")  # column after column
    frame["duration_weeks"].to_numpy(float).tofile(folder / "duration")
    frame["is_success"].to_numpy(float).tofile(folder / "event")
    frame["person_id"].str[1:].astype(float).to_numpy().tofile(folder / "person")
    rng = np.random.default_rng(SEED + 1)
    draws = rng.integers(0, spells, (10, spells))
    np.stack([np.bincount(d, minlength=spells) for d in draws]).astype(float).tofile(folder / "weights")


def python_contender(name, folder, spells, fits, refits):
    """Time one Python contender and print seconds and coefficients as JSON."""
    import numpy as np

    X = np.ascontiguousarray(np.fromfile(folder / "X").reshape(COVARIATES, spells).T)
    duration, event = np.fromfile(folder / "duration"), np.fromfile(folder / "event").astype(bool)
    weights = np.fromfile(folder / "weights").reshape(-1, spells)
    if name.startswith("vfm"):
        from vfm.statistics import cox

        ties = name.removeprefix("vfm_").replace("clustered", "breslow")
        person = np.fromfile(folder / "person").astype(int) if name == "vfm_clustered" else None

        def fit():
            result = cox.fit(duration, event, X, cluster=person, ties=ties)
            clustered = person is not None
            return result.coefficients, result.robust_standard_errors if clustered else result.standard_errors

        def refit(w, start):
            return cox.fit(duration, event, X, weights=w, ties=ties, start=start).coefficients

    elif name == "lifelines":
        import pandas as pd
        from lifelines import CoxPHFitter

        table = pd.DataFrame(X).assign(duration=duration, event=event)

        def fit():
            result = CoxPHFitter().fit(table, "duration", "event")
            return result.params_, result.standard_errors_

        def refit(w, start):  # its start is in units of standard deviations; a weight must be above 0
            rows = table.assign(weight=w)[w > 0]
            options = {"weights_col": "weight", "initial_point": start * X[w > 0].std(axis=0, ddof=1)}
            return CoxPHFitter().fit(rows, "duration", "event", **options).params_

    else:
        from statsmodels.duration.hazard_regression import PHReg

        def fit():
            result = PHReg(duration, X, event, ties="breslow").fit(disp=0)
            return result.params, result.bse

        def refit(w, start):  # knows no weights: copies of the rows
            rows = np.repeat(np.arange(spells), w.astype(int))
            model = PHReg(duration[rows], X[rows], event[rows], ties="breslow")
            return model.fit(start_params=start, disp=0).params

    def timed(call, *arguments):
        began = time.perf_counter()
        result = call(*arguments)
        return time.perf_counter() - began, result

    answer = {"fit": [], "refit": [], "refit_coefficients": None}
    for _ in range(fits):
        seconds, (coefficients, errors) = timed(fit)
        answer["fit"].append(seconds)
    start = np.asarray(coefficients, float)
    for w in weights[:refits]:
        seconds, again = timed(refit, w, start)
        answer["refit"].append(seconds)
        answer["refit_coefficients"] = answer["refit_coefficients"] or np.asarray(again, float).tolist()
    answer |= {"coefficients": start.tolist(), "errors": np.asarray(errors, float).tolist()}
    print(json.dumps(answer))


def run(command):
    """Run a command with one thread; its last line of output as JSON, and its peak memory in MB."""
    one_thread = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}
    path = os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [str(c) for c in command], stdout=output, env=os.environ | one_thread | {"PYTHONPATH": path}
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{command[1]} ended with status {process.returncode}")
        output.seek(0)
        lines = output.read().decode().strip().splitlines()
    kilobytes = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return (json.loads(lines[-1]) if lines else None), kilobytes / 1024


def r_version():
    """Versions of R and survival, or None where one is missing."""
    say = 'cat(R.version.string, "with survival", format(packageVersion("survival")))'
    try:
        done = subprocess.run(["Rscript", "-e", say], capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def compare(spells, with_r):
    """Measure all contenders on one size, in rounds, and print the table."""
    names = [n for n in CONTENDERS if with_r or not n.startswith("r_")]
    found = {n: {"fit": [], "refit": [], "peak": []} for n in names}
    with tempfile.TemporaryDirectory() as folder:
        run([sys.executable, __file__, "--data", folder, "--spells", spells])
        for turn in range(ROUNDS):
            for name in names:
                title, _, *counts = CONTENDERS[name]
                say = f"{spells:,} spells, round {turn + 1} of {ROUNDS}: {title}"
                print(say, file=sys.stderr, flush=True)
                if name.startswith("r_"):
                    command = ["Rscript", HERE / "coxph.R", name[2:], folder, spells, COVARIATES, *counts]
                else:
                    command = [sys.executable, __file__, "--contender", name, "--data", folder]
                    command += ["--spells", spells, "--fits", counts[0], "--refits", counts[1]]
                answer, peak = run(command)
                found[name]["fit"] += answer.pop("fit")
                found[name]["refit"] += answer.pop("refit")
                found[name]["peak"].append(peak)
                found[name] |= answer
    ours = found["vfm_breslow"]
    print(f"\n### {spells:,} spells, {COVARIATES} covariates\n")
    print("| | one fit, s | ratio | weighted refit, s | ratio | peak MB | coefficients | errors | refit |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name in names:
        title, twin, *_ = CONTENDERS[name]
        me = found[name]
        cells = [title]
        for what in ("fit", "refit"):
            if not me[what]:
                cells += ["", ""]
                continue
            middle, best = median(me[what]), min(me[what])
            cells.append(f"{middle:.3f} ({best:.3f})")
            cells.append(f"{middle / median(ours[what]):.1f} ({best / min(ours[what]):.1f})")
        cells.append(f"{median(me['peak']):.0f}")
        for what in ("coefficients", "errors", "refit_coefficients"):
            against = found.get("vfm_clustered" if name == "r_clustered" and what == "errors" else twin)
            if not against or not me.get(what) or (what == "errors" and name == "vfm_clustered"):
                cells.append("")
                continue
            pairs = zip(me[what], against[what], strict=True)
            difference = max(abs(a / b - 1) if what == "errors" else abs(a - b) for a, b in pairs)
            cells.append(f"{difference:.0e}")
        print(f"| {' | '.join(cells)} |")


def bootstrap(spells):
    """Time the jackknife and the bootstrap of all indicators, both sexes; seconds and MB as JSON."""
    from vfm.statistics import bootstrap, indicator

    frame = simulate(spells)
    jackknife = []
    for _ in range(5):
        began = time.perf_counter()
        u = indicator.uncertainty(frame)
        jackknife.append(time.perf_counter() - began)
    began = time.perf_counter()
    _, draws = bootstrap.indicators(frame, REPLICATES, 20170601, processes=2)
    seconds = time.perf_counter() - began
    workers = resource.getrusage(resource.RUSAGE_CHILDREN)
    ratio = sorted(draws.std(axis=0, ddof=1) / u.standard_errors)
    print(
        json.dumps(
            {
                "indicators": len(ratio),
                "jackknife": median(jackknife),
                "bootstrap": seconds,
                "processor": workers.ru_utime + workers.ru_stime,
                "worker": workers.ru_maxrss / 1024,
                "ratio": [ratio[0], median(ratio), ratio[-1]],
            }
        )
    )


def main():
    """Compare on both sizes, then the bootstrap; or one part of it, in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spells", type=int, help="only this size")
    for name in ("--contender", "--data", "--fits", "--refits", "--bootstrap"):  # of the processes it starts
        parser.add_argument(name, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contender:
        counts = int(options.fits), int(options.refits)
        return python_contender(options.contender, Path(options.data), options.spells, *counts)
    if options.data:
        return write_data(Path(options.data), options.spells)
    if options.bootstrap:
        return bootstrap(int(options.bootstrap))
    from importlib.metadata import version

    r = r_version() or "R is left out: Rscript with its package survival is not installed"
    packages = ("numpy", "scipy", "pandas", "lifelines", "statsmodels")
    versions = [f"Python {platform.python_version()}", *(f"{p} {version(p)}" for p in packages)]
    processor = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next((line.split(": ")[1] for line in lines if line.startswith("model name")), processor)
    print(f"{processor}, {os.cpu_count()} processors, {platform.system()}; {', '.join(versions)}; {r}.")
    sizes = [options.spells] if options.spells else [18_000, 36_000]
    for spells in sizes:
        compare(spells, r.startswith("R version"))
    answer, peak = run([sys.executable, __file__, "--bootstrap", sizes[-1]])
    low, middle, high = answer["ratio"]
    print(f"\n### Indicators, {sizes[-1]:,} spells of both sexes\n")
    print(
        f"- Both fits with the jackknife of {answer['indicators']} indicators: {answer['jackknife']:.2f} s."
    )
    print(
        f"- Bootstrap, {REPLICATES} replicates of everything, two processes: {answer['bootstrap']:.1f} s, "
        f"{answer['processor']:.1f} s of processor time, at most {peak + 2 * answer['worker']:.0f} MB in all."
    )
    print(f"- Its standard deviations over the jackknife's: {low:.2f} to {high:.2f}, median {middle:.2f}.")


if __name__ == "__main__":
    main()
