"""Simulated spells for the tests of the statistics: weekly durations, one-hot and municipal covariates,
clusters.

Not the register simulator: this makes the Cox input directly, at any size.
"""

import numpy as np
import pandas as pd

LEVELS = (
    7,
    7,
    9,
    1,
    3,
    5,
    24,
    2,
    1,
    1,
    1,
    4,
    1,
    1,
    1,
    1,
    1,
    1,
    1,
    1,
    1,
)  # non-reference levels of the factors


def spells(n=3000, *, seed=1, municipalities=12, levels=LEVELS, weeks=156, minimum_spells=100, scale=1.0):
    """A Cox input of `n` spells with about 30 % successes and about 7 % repeated persons.

    Returns
    -------
    DataFrame
        The id columns of vfm.statistics.cox.ID_COLUMNS, one column per level, and three municipal covariates.
    """
    rng = np.random.default_rng(seed)
    columns = {}
    for f, k in enumerate(levels):
        share = rng.dirichlet(np.full(k + 1, 2.0)) if k > 1 else np.array([0.7, 0.3])
        level = rng.choice(k + 1, n, p=np.sort(share)[::-1])
        for j in range(1, k + 1):
            columns[f"f{f}_{j}"] = (level == j).astype(float)
    size = np.sort(rng.pareto(1.2, municipalities) + 0.4)[::-1]
    municipality = rng.choice(municipalities, n, p=size / size.sum())
    for name, centre, sd in (("unemployment", 5.0, 1.0), ("jobs", 1.0, 0.2), ("skill", 40.0, 6.0)):
        columns[name] = (centre + sd * rng.standard_normal(municipalities))[municipality]
    X = pd.DataFrame(columns)
    b = scale * 0.4 * rng.standard_normal(X.shape[1])
    b[-3:] = scale * np.array([-0.05, 0.3, 0.01])
    eta = (X - X.mean()).to_numpy() @ b
    time = rng.exponential(1 / (0.0030 * np.exp(eta)))
    censor = np.where(rng.random(n) < 0.45, rng.uniform(1, weeks, n), weeks)
    duration = np.minimum(np.ceil(np.minimum(time, censor)), weeks)
    event = (time <= censor) & (time <= weeks)
    person = np.arange(n)
    repeat = rng.random(n) < 0.07
    person[1:][repeat[1:]] = person[:-1][repeat[1:]]
    sex = np.where(rng.random(n) < 0.5, "men", "women")[person]
    code = np.array([f"{101 + 2 * k}" for k in range(municipalities)])[municipality]
    frame = pd.DataFrame(
        {
            "spell_id": [f"s{i:06d}" for i in range(n)],
            "person_id": [f"p{i:06d}" for i in person],
            "sex": sex,
            "municipality_code": code,
            "duration_weeks": duration.astype(int),
            "is_success": event,
        }
    )
    count = frame.groupby("municipality_code")["spell_id"].transform("size")
    frame["is_benchmarked"] = count >= minimum_spells
    return pd.concat([frame, X], axis=1)
