"""When this build was made, from which commit, from which registers and accounts."""

import pandas as pd

from vfm.warehouse import provenance


def model(dbt, session):
    """Return one row."""
    return pd.DataFrame([provenance.build_info()])
