"""When this build was made, from which commit, from which registers and accounts."""

from vfm.warehouse import provenance


def model(dbt, session):
    """Return one row."""
    return provenance.build_info()
