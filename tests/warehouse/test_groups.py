"""The interval of a group, made from the covariances of its municipalities, is that of its spells pooled."""

import duckdb
import numpy as np
import pytest

from vfm.statistics import cox, indicator
from vfm.warehouse.paths import PROJECT, Paths

PATHS = Paths.from_environment(PROJECT)


@pytest.fixture(scope="module")
def warehouse():
    if not PATHS.warehouse.exists():
        pytest.skip("no warehouse is built yet")
    with duckdb.connect(str(PATHS.warehouse), read_only=True) as con:
        yield con


def test_a_province_is_like_one_municipality_of_all_its_spells(warehouse):
    """Pooling is another estimate: one curve of all spells, and a derivative through the weights, too."""
    spells = cox.read(warehouse.sql("from intermediate.int_cox_input order by spell_id"))
    provinces = warehouse.sql(
        "select municipality_code, group_name from intermediate.int_group_members where kind = 'province'"
    )
    pooled = spells.assign(
        municipality_code=spells["municipality_code"].astype(str).map(dict(provinces.fetchall()))
    )
    found = indicator.uncertainty(pooled)
    told = warehouse.sql(
        "from benchmark.group_indicators select group_name, benchmark_indicator, standard_error "
        "where kind = 'province'"
    ).df()
    told = told.set_index("group_name").loc[found.municipalities]
    assert len(told) == 11
    np.testing.assert_allclose(told["benchmark_indicator"], found.indicator, rtol=0.005)
    np.testing.assert_allclose(told["standard_error"], found.standard_errors, rtol=0.05)


def test_the_country_is_at_one(warehouse):
    """As many weeks are expected as observed, but for what is censored."""
    low, high = warehouse.sql(
        "from benchmark.group_indicators select ci_low, ci_high where kind = 'country'"
    ).fetchone()
    assert low < 1 < high
