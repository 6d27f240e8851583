"""How published numbers are rounded: one meaning of the words, in SQL and in numpy."""

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vfm.privacy.precision import Precision, PrecisionError
from vfm.warehouse import dbt_sql

WORDS = [
    "exact",
    "inherited",
    "whole",
    "tens",
    "hundreds",
    *(f"{digits} decimals" for digits in range(1, 8)),
    *(f"{digits} significant digits" for digits in range(1, 7)),
]
NUMBERS = st.floats(-1e9, 1e9, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-9)


@pytest.mark.parametrize(
    ("words", "number", "rounded"),
    [
        ("exact", 1.23456789, 1.23456789),
        ("inherited", 1.23456789, 1.23456789),
        ("whole", 2.5, 3),
        ("whole", -2.5, -3),
        ("tens", 1235, 1240),
        ("hundreds", 87649.99, 87600),
        ("1 decimal", 0.25, 0.3),
        ("2 decimals", 99.876, 99.88),
        ("3 decimals", 1.00049, 1.0),
        ("2 significant digits", 0.001236, 0.0012),
        ("4 significant digits", 123456, 123500),
        ("1 significant digit", 0.96, 1.0),
        ("6 significant digits", 0, 0),
        ("2 decimals", float("inf"), float("inf")),
        ("3 significant digits", float("-inf"), float("-inf")),
    ],
)
def test_numbers_are_rounded_as_the_words_say(words, number, rounded):
    precision = Precision.read(words)
    assert precision.of(number) == rounded
    asked = f"select {precision.sql('x')} from (select $1::double x)"
    assert duckdb.execute(asked, [number]).fetchone() == (rounded,)


@pytest.mark.parametrize(
    "words",
    ["", "2", "two decimals", "0 decimals", "-1 decimals", "2 places", "3 digits", "Exact", None, 2, []],
)
def test_other_words_are_refused(words):
    with pytest.raises(PrecisionError, match="is no precision: use exact, inherited, whole"):
        Precision.read(words)


@settings(deadline=None, max_examples=60)
@given(st.lists(NUMBERS, min_size=1, max_size=200))
def test_sql_and_numpy_agree_and_half_a_step_bounds_what_is_lost(numbers):
    numbers = np.array(numbers)
    for words in WORDS:
        precision = Precision.read(words)
        asked = f"select {precision.sql('x')} from (select unnest($1::double[]) x)"
        in_sql = [row[0] for row in duckdb.execute(asked, [numbers.tolist()]).fetchall()]
        given_numbers = precision.of(numbers)
        np.testing.assert_array_equal(given_numbers, in_sql, err_msg=words)
        if words != "inherited":
            most = precision.half_step(given_numbers) + 1e-12 * np.abs(numbers)
            assert (np.abs(given_numbers - numbers) <= most).all(), words
        # what is rounded once stays, to the last bit of a double
        np.testing.assert_allclose(precision.of(given_numbers), given_numbers, rtol=3e-16, err_msg=words)


def test_nulls_stay_and_a_number_of_a_released_table_has_no_step_of_its_own():
    for words in WORDS:
        expression = Precision.read(words).sql("x")
        assert duckdb.sql(f"select {expression} from (select null::double x)").fetchone() == (None,)
    assert np.isnan(Precision.read("2 decimals").of(np.nan))
    assert np.isnan(Precision.read("inherited").half_step(1.0))
    assert Precision.read("exact").half_step(7.0) == 0
    assert Precision.read("hundreds").half_step(1200.0) == 50
    assert Precision.read("2 significant digits").half_step(10.0) == 0.5


@pytest.mark.parametrize("words", [*WORDS, "thousands"])
def test_the_macro_rounds_as_the_function_does(words):
    values = [0.0, 0.005, -0.125, 2.5, 45.0, 1234.5, 99.95, 0.0009994, -3e-7, 1e6 / 3]
    listed = ", ".join(f"({value!r}::double)" for value in values)
    query = f"select {{}} from (values {listed}) as t (value)"
    by_macro = duckdb.sql(query.format(dbt_sql.macro("released", "value", words))).fetchall()
    assert by_macro == duckdb.sql(query.format(Precision.read(words).sql("value"))).fetchall()
