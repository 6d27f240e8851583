"""Whether two engines made the same table of the same registers."""

FLOATING = {"DOUBLE", "FLOAT"}
RELATIVE = 1e-9  # sums of floating numbers in another order


def columns(con, relation):
    """Return {column: type} of a relation, an SQL text, in its order."""
    described = con.execute(f"describe select * from {relation}").fetchall()
    return {name: kind for name, kind, *_ in described}


def is_near(name):
    """SQL of whether two floating numbers are finite and differ by rounding alone."""
    apart, size = f"abs(ours.{name} - theirs.{name})", f"greatest(abs(ours.{name}), abs(theirs.{name}))"
    return f"coalesce(isfinite({apart}) and {apart} <= {RELATIVE} * {size}, false)"


def differing_rows(con, one, other):
    """Count the rows in which two relations differ.

    Parameters
    ----------
    con : DuckDBPyConnection
    one, other : str
        Relations as SQL texts. Rows are matched by all columns that are no floating numbers, in whatever
        order they are stored.

    Returns
    -------
    int
        Rows without a partner, with another key, whole number, text, date or truth value, or with a floating
        number that is off by more than 1e-9 of itself. Null equals null.

    Raises
    ------
    AssertionError
        If the columns, their order or their types differ.
    """
    kinds = columns(con, one)
    theirs = columns(con, other)
    assert list(kinds.items()) == list(theirs.items()), f"{one} and {other} have other columns or types"
    exact = [f'"{name}"' for name, kind in kinds.items() if kind not in FLOATING]
    floating = [f'"{name}"' for name, kind in kinds.items() if kind in FLOATING]
    place = f"row_number() over (order by {', '.join([*exact, *floating])})"
    differ = [f"ours.{name} is distinct from theirs.{name}" for name in exact] + [
        f"ours.{name} is distinct from theirs.{name} and not {is_near(name)}" for name in floating
    ]
    (count,) = con.execute(
        f"""
        with
            ours as (select *, {place} as place from {one}),
            theirs as (select *, {place} as place from {other})
        select count(*)
        from ours
        full join theirs on ours.place = theirs.place
        where ours.place is null or theirs.place is null or {" or ".join(differ)}
        """
    ).fetchone()
    return count
