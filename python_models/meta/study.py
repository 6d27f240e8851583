"""Which study this build is of, in the words of its file."""

import pandas as pd

from vfm.warehouse import studies


def model(dbt, session):
    """Return one row."""
    return pd.DataFrame([studies.row()])
