"""make recovery: its arithmetic on made-up results, its page, and how runs go on or refuse."""

import dataclasses
import io
import sys

import numpy as np
import pandas as pd
import pytest

from vfm.statistics import cost_need, cox
from vfm.statistics.normal import Z_975
from vfm.synthetic.verify import recovery, recovery_report, recovery_seed, redraws
from vfm.synthetic.world import constants, creation, histories, truth


def estimates_of(part, name, values, error=1.0):
    """Estimates of one term: the built one, then the redraws."""
    return pd.DataFrame(
        {
            "part": part,
            "name": name,
            "estimate": values,
            "error": error,
            "other_error": 2 * error,
            "quantile": Z_975,
            "draw": range(len(values)),
        }
    )


def result(seed, is_met=(True, True), estimates=None, truths=None):
    """A made-up result with two criteria."""
    if estimates is None:
        estimates = pd.concat(
            [
                estimates_of("cox_men", "age", [0.1, 0.0, 0.2]),
                estimates_of("indicator", "101", [0.0, 0.1, 0.2]),
            ]
        )
        truths = pd.DataFrame(
            [("cox_men", "age", "simulated", 0.1), ("indicator", "101", "effect", 0.05)],
            columns=["part", "name", "kind", "value"],
        )
    return {
        "seed": seed,
        "criteria": {
            "criterion": ["first", "second"],
            "report_item": ["table_2_1"] * 2,
            "statement": ["Cells apart", "Slope"],
            "measured": [0.0, 0.5],
            "lower_limit": [None, 0.25],
            "upper_limit": [0.0, 0.75],
            "is_met": list(is_met),
        },
        "estimates": estimates.to_dict("list"),
        "truths": truths.to_dict("list"),
    }


# --- the arithmetic ----------------------------------------------------------------------------------------


def test_distances_are_from_the_truth_and_from_the_mean_of_the_redraws():
    values = [5.0, 1.0, 2.0, 3.0, 6.0]
    truths = pd.DataFrame([("cox_men", "age", "simulated", 4.0)], columns=["part", "name", "kind", "value"])
    table = recovery_report.deviations(
        estimates_of("cox_men", "age", values).assign(seed=1), truths.assign(seed=1)
    ).set_index(["kind", "draw"])
    np.testing.assert_allclose(table.loc["simulated", "z"], [1, -3, -2, -1, 2])
    np.testing.assert_allclose(table.loc["simulated", "other_z"], [0.5, -1.5, -1, -0.5, 1])
    own = np.array([1, -1, -1, -1, -1])
    np.testing.assert_allclose(table.loc["limit", "z"], (np.array(values) - 3) / np.sqrt(1 + own / 4))
    assert list(table.loc["limit", "which"]) == ["built", *["redrawn"] * 4]


def test_a_term_that_a_redraw_could_not_estimate_has_no_limit():
    both = pd.concat(
        [estimates_of("cox_men", "age", [1.0, 2.0, 3.0]), estimates_of("cox_men", "rare", [1.0, 2.0])]
    )
    truths = pd.DataFrame({"part": [], "name": [], "kind": [], "value": [], "seed": []})
    table = recovery_report.deviations(both.assign(seed=1), truths.astype({"part": object, "name": object}))
    assert set(table["name"]) == {"age"}


def test_the_error_of_the_limit_is_allowed_for():
    rng = np.random.default_rng(1)
    names = [f"{k}" for k in range(4000)]
    both = pd.concat(
        [
            estimates_of("indicator", names, rng.normal(size=4000)).assign(draw=draw, seed=1)
            for draw in range(6)
        ]
    )
    truths = pd.DataFrame({"part": ["x"], "name": ["x"], "kind": ["effect"], "value": [0.0], "seed": [1]})
    table = recovery_report.deviations(both, truths)
    for _, own in table.groupby("which"):
        assert own["z"].std() == pytest.approx(1.0, abs=0.03)
        assert (own["z"].abs() <= own["quantile"]).mean() == pytest.approx(0.95, abs=0.01)


def test_coverage_counts_by_seed_and_by_name():
    z = pd.Series([0.0, 3.0, -3.0, 1.0])
    found = recovery_report.coverage(
        z, pd.Series([2.0] * 4), pd.Series([1, 1, 2, 2]), pd.Series(list("abab"))
    )
    assert found["share"] == found["lowest"] == found["highest"] == 0.5
    assert found["margin"] == 0.0  # both seeds hold one of two
    assert (found["below"], found["above"], found["mean"]) == (0.25, 0.25, 0.25)


def test_a_criterion_holds_in_fifteen_of_twenty_seeds_and_without_an_answer_in_none():
    def own(met):
        return pd.DataFrame({"is_met": [True] * met + [None] * (20 - met)})

    assert recovery_report.holds(own(15))
    assert not recovery_report.holds(own(14))
    assert not recovery_report.holds(pd.DataFrame({"is_met": [None]}))


def test_the_verdict_counts_criteria_and_seeds():
    results = [result(seed, (True, seed > 6)) for seed in range(1, 21)]
    assert recovery_report.verdict(results) == (
        "1 of 2 criteria hold in at least 15 of 20 seeds; all of them at once in 14 of 20. Not so: `second`."
    )
    assert recovery_report.verdict([result(seed) for seed in range(1, 21)]) == (
        "2 of 2 criteria hold in at least 15 of 20 seeds; all of them at once in 20 of 20."
    )
    assert recovery_report.verdict([result(1)]).endswith("This is a trial with 1 of the 20 seeds.")


# --- the page -----------------------------------------------------------------------------------------------


def test_the_page_is_written_between_its_markers_alone(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        f"before\n{recovery_report.BEGIN}\nstale\n{recovery_report.END}\nafter\n", encoding="utf-8"
    )
    for _ in range(2):
        recovery_report.write_page(page, [result(1), result(2, (True, False))])
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "stale" not in text
    assert text.count(recovery_report.BEGIN) == text.count(recovery_report.END) == 1
    assert "| 1 | 2 of 2 | none |" in text
    assert "| 2 | 1 of 2 | `second` |" in text
    assert "| `first` | Cells apart | at most 0 | 0 to 0 | 2 of 2 |" in text
    assert "| `second` | Slope | 0.25 to 0.75 | 0.5 to 0.5 | **1 of 2** |" in text
    assert "| Cox, men | built | simulated coefficient | 1 | 100.0 ± 0.0 | 100-100 |" in text
    assert "limits of the indicators lie +10.0 % from" in text  # mean 0.15, truth 0.05
    for table in text.split("\n\n"):
        if table.startswith("|"):
            assert len({line.count(" | ") for line in table.splitlines()}) == 1


def test_a_page_without_markers_is_refused(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("nothing\n", encoding="utf-8")
    with pytest.raises(ValueError, match="lacks the lines"):
        recovery_report.write_page(page, [result(1)])


def test_the_committed_page_has_the_markers_and_the_command():
    text = recovery.PAGE.read_text(encoding="utf-8")
    assert text.index("make recovery") < text.index(recovery_report.BEGIN) < text.index(recovery_report.END)


# --- a run --------------------------------------------------------------------------------------------------


class Runner:
    """Made-up results; remembers which seeds were asked for."""

    def __init__(self, failing=()):
        self.asked, self.failing, self.ended = [], failing, False

    def __call__(self, seed, folder):
        self.asked.append(seed)
        if seed in self.failing:
            raise recovery.RecoveryError(f"Seed {seed} failed.")
        return result(seed)

    def end(self):
        self.ended = True


def run(runner, folder, mark="code", seeds=(1, 2, 3), processes=1):
    return recovery.run_seeds(list(seeds), folder, runner, mark, processes=processes, stream=io.StringIO())


def test_a_run_goes_on_where_it_was_cut_off(tmp_path):
    broken = Runner(failing={3})
    with pytest.raises(recovery.RecoveryError, match="Seed 3 failed"):
        run(broken, tmp_path)
    assert broken.asked == [1, 2, 3] and broken.ended
    assert not list(tmp_path.glob("*.part")) and not (tmp_path / "3.json").exists()
    again = Runner()
    assert [found["seed"] for found in run(again, tmp_path)] == [1, 2, 3]
    assert again.asked == [3]
    assert [found["seed"] for found in run(again, tmp_path, processes=2)] == [1, 2, 3]
    assert again.asked == [3]


def test_results_of_other_code_or_half_a_file_are_made_anew(tmp_path):
    run(Runner(), tmp_path, "code")
    (tmp_path / "2.json").write_text('{"seed": 2', encoding="utf-8")
    runner = Runner()
    run(runner, tmp_path, "code")
    assert runner.asked == [2]
    run(runner, tmp_path, "other code")
    assert runner.asked == [2, 1, 2, 3]


def test_the_fingerprint_follows_the_code_and_not_the_page(tmp_path):
    (tmp_path / "vfm/synthetic/verify").mkdir(parents=True)
    (tmp_path / "vfm/synthetic/verify/redraws.py").write_text("1")
    first = recovery.fingerprint(tmp_path)
    (tmp_path / "vfm/synthetic/verify/recovery_report.py").write_text("1")
    assert recovery.fingerprint(tmp_path) == first
    (tmp_path / "vfm/synthetic/verify/redraws.py").write_text("2")
    assert recovery.fingerprint(tmp_path) != first


def test_the_seeds_are_twenty_others():
    seeds = recovery.seeds_to_run(recovery.SEEDS)
    assert len(set(seeds)) == 20
    assert constants.DEFAULT_SEED not in seeds


class Child(recovery.SeedProcess):
    """A seed's process that does something else."""

    def __init__(self, script):
        super().__init__()
        self.script = script

    def command(self, seed, work, result):
        return [sys.executable, "-c", self.script, str(work), str(result)]


MAKE_FOLDER = (
    "import os, pathlib, sys; work, result = map(pathlib.Path, sys.argv[1:]); work.mkdir(parents=True); "
)


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("sys.exit('The register is wrong.')", "The register is wrong."),
        ("os.kill(os.getpid(), 9)", "It was killed (signal 9)"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_seed_that_fails_says_why_and_leaves_nothing(tmp_path, script, sentence):
    with pytest.raises(recovery.RecoveryError) as refused:
        Child(MAKE_FOLDER + script)(7, tmp_path)
    assert refused.value.args[0] == "Seed 7 failed."
    assert refused.value.args[1].startswith(sentence)
    assert len(refused.value.args) == 2
    assert not list((tmp_path / "at_work").iterdir())


def test_a_seed_leaves_its_result_alone(tmp_path):
    found = Child(MAKE_FOLDER + "result.write_text('{\"seed\": 7}')")(7, tmp_path)
    assert found == {"seed": 7}
    assert [path.name for path in tmp_path.iterdir()] == ["at_work"]
    assert not list((tmp_path / "at_work").iterdir())


def test_the_log_of_a_failed_build_is_kept(tmp_path):
    logs = tmp_path / "at_work" / "7" / "build" / "logs"
    logs.mkdir(parents=True)
    (logs / "dbt.log").write_text("what dbt said")
    said = "model spells: is wrong\nThe full log is elsewhere.\n"
    sentences = recovery.SeedProcess().failure(7, 1, said, tmp_path / "at_work" / "7", tmp_path)
    assert sentences[:2] == ["Seed 7 failed.", "model spells: is wrong"]
    assert sentences[2:] == [f"dbt's log is kept in {tmp_path / '7.log'}."]
    assert (tmp_path / "7.log").read_text() == "what dbt said"


def test_the_copied_project_has_all_that_dbt_reads_but_the_registers(tmp_path):
    project = recovery_seed.copy_project(tmp_path / "project")
    for part in ("dbt_project.yml", "profiles.yml", "models/staging/registers", "seeds/statbank", "macros"):
        assert (project / part).exists()
    assert not (project / "seeds/registers").exists()


# --- redraws ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made():
    return creation.create_world(4711, 0.04)


def test_a_redraw_keeps_persons_and_effects_and_draws_other_histories(made):
    before = made.history.spells.copy()
    first, same, other = (redraws.redraw_histories(made, number) for number in (1, 1, 2))
    assert first.persons is made.persons and first.effects is made.effects
    pd.testing.assert_frame_equal(made.history.spells, before)
    pd.testing.assert_frame_equal(first.history.spells, same.history.spells)
    assert not first.history.spells["exit"].equals(other.history.spells["exit"])
    assert len(first.history.spells) == pytest.approx(len(before), rel=0.1)


def test_an_effect_shortens_durations_and_none_makes_one(made):
    codes = {str(code) for code in made.places.code}
    effects = np.where(made.places.code == 101, 0.3, 0.0)

    def with_effects(values):
        return dataclasses.replace(made, municipal=dataclasses.replace(made.municipal, effects=values))

    truths = redraws.true_values(with_effects(effects), codes)
    effect = truths[truths["kind"] == "effect"].set_index("name")["value"].dropna()
    assert effect["101"] == effect.max() > 0.01
    assert effect.drop("101").max() <= 0.0  # the national level holds a part of the effect
    none = redraws.true_values(with_effects(0 * effects), codes)
    np.testing.assert_allclose(none.loc[none["kind"] == "effect", "value"].dropna(), 0.0, atol=1e-9)


def test_the_national_level_keeps_the_mean():
    hazard = histories.cumulative_baseline("men")[:156]
    predictor = np.linspace(-1, 2, 50)
    assert redraws.at_national_level(predictor, hazard, 120.0).mean() == pytest.approx(120.0)


def test_the_cox_input_has_the_columns_of_the_warehouse(made):
    spells = truth.cox_input(made, {"101"})
    assert len(cox.terms_of(spells)) == 80
    assert set(spells.loc[spells["is_benchmarked"], "municipality_code"]) == {"101"}


def test_redrawn_spending_keeps_the_size_of_deviations_and_forgets_their_signs():
    rng = np.random.default_rng(2)
    cells = pd.DataFrame(
        {"municipality_code": np.repeat([f"{k}" for k in range(40)], 5), "year": [*range(2011, 2016)] * 40}
    )
    predicted = rng.uniform(50_000, 150_000, len(cells))
    deviation = np.repeat(rng.normal(0.3, 0.1, 40), 5) + rng.normal(0, 0.05, len(cells))
    cells[cost_need.OUTCOME] = predicted * (1 + deviation)
    redrawn = [
        redraws.redraw_spending(cells, predicted, 7, number)[cost_need.OUTCOME] / predicted - 1
        for number in range(1, 401)
    ]
    again = redraws.redraw_spending(cells, predicted, 7, 1)[cost_need.OUTCOME] / predicted - 1
    np.testing.assert_array_equal(redrawn[0], again)
    size = pd.Series(deviation).groupby(cells["municipality_code"]).mean().abs()
    one = redrawn[0].groupby(cells["municipality_code"]).mean()
    np.testing.assert_allclose(one.abs(), size, atol=0.12)  # the years' signs move the mean a little
    assert abs(np.mean(redrawn)) < 0.02
    assert np.mean(np.square(redrawn)) == pytest.approx(np.mean(deviation**2), rel=0.02)
