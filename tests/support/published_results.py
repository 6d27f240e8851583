"""The published file, for tests of what is written about the data that the project comes with."""

from contextlib import closing, contextmanager

import pytest

from vfm.warehouse import provenance, published
from vfm.warehouse.paths import PROJECT


@contextmanager
def results_of_the_shipped_data():
    """Open the published file; skip the test if it is missing or holds other data."""
    if not published.results().exists():
        pytest.skip("nothing is published yet")
    with closing(published.connect(published.results())) as con:
        fingerprint, registers, accounts = con.execute(
            "select register_fingerprint, data_origin, accounts_origin from meta.build_info"
        ).fetchone()
        if fingerprint != provenance.register_fingerprint(PROJECT / "seeds/registers"):
            pytest.skip("the published results are from other registers than the project's")
        if accounts != registers:
            pytest.skip("the published results are from other accounts than the project's")
        yield con
