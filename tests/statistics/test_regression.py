"""Weighted regressions of the indicators against the normal equations."""

import numpy as np
import pandas as pd
import pytest

from vfm.statistics import regression


@pytest.fixture
def municipalities():
    rng = np.random.default_rng(2)
    n = 92
    x = np.exp(0.2 * rng.standard_normal(n))
    return pd.DataFrame(
        {
            "municipality_code": [str(101 + k) for k in range(n)],
            "spells": rng.integers(100, 3000, n),
            "benchmark_indicator": 0.954 + 0.051 * x + 0.04 * rng.standard_normal(n),
            "expenditure_indicator": x,
        }
    )


def test_coefficients_equal_the_normal_equations(municipalities):
    m = municipalities
    table = regression.indicator_regressions(m.sample(frac=1, random_state=1), outlier="169")
    for sample, rows in (("all", m), ("without_outlier", m[m.municipality_code != "169"])):
        for form, degree in (("linear", 1), ("quadratic", 2)):
            X = rows.expenditure_indicator.to_numpy()[:, None] ** np.arange(degree + 1)
            w, y = rows.spells.to_numpy(), rows.benchmark_indicator.to_numpy()
            bread = np.linalg.inv((X.T * w) @ X)
            b = bread @ (X.T @ (w * y))
            e = y - X @ b
            s2 = w @ e**2 / (len(y) - degree - 1)
            got = table[(table["sample"] == sample) & (table.form == form)]
            np.testing.assert_allclose(got.coefficient, b, rtol=1e-9)
            np.testing.assert_allclose(got.standard_error, np.sqrt(np.diag(bread) * s2), rtol=1e-9)
            np.testing.assert_allclose(got.t_value, got.coefficient / got.standard_error)
            mean = w @ y / w.sum()
            np.testing.assert_allclose(got.r_squared, 1 - w @ e**2 / (w @ (y - mean) ** 2))
            assert (got.municipalities == len(rows)).all()
            leverage = np.einsum("ij,jk,ik->i", X, bread, X) * w
            meat = (X.T * (w * e / (1 - leverage)) ** 2) @ X
            np.testing.assert_allclose(
                got.robust_standard_error, np.sqrt(np.diag(bread @ meat @ bread)), rtol=1e-8
            )
    assert table.term.unique().tolist() == [
        "constant",
        "expenditure_indicator",
        "expenditure_indicator_squared",
    ]
    assert len(table) == 10


def test_the_scale_of_the_weights_does_not_matter(municipalities):
    one = regression.indicator_regressions(municipalities)
    two = regression.indicator_regressions(municipalities.assign(spells=municipalities.spells / 7))
    pd.testing.assert_frame_equal(one, two)


def test_the_sample_is_named_after_the_outlier(municipalities):
    table = regression.indicator_regressions(municipalities, outlier=185)
    assert table["sample"].unique().tolist() == ["all", "without_outlier"]
    assert table.groupby("sample").municipalities.first().tolist() == [92, 91]


def test_without_an_outlier_there_is_one_sample(municipalities):
    table = regression.indicator_regressions(municipalities, outlier="")
    assert table["sample"].unique().tolist() == ["all"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dict(spells=0), "municipalities column spells must be above 0; 92 of 92"),
        (dict(benchmark_indicator=np.nan), "benchmark_indicator must be above 0; 92 of 92 rows"),
        (dict(expenditure_indicator=1.0), "x has too few distinct values"),
    ],
)
def test_bad_input_is_named(municipalities, change, words):
    with pytest.raises(ValueError, match=words):
        regression.indicator_regressions(municipalities.assign(**change))
