"""A message shows an example only where it cannot be an id: one rule, in SQL and in Python."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vfm.privacy.examples import Ids
from vfm.warehouse import dbt_sql
from vfm.warehouse.paths import PROJECT

#: Ids of other deliveries than the shipped one.
KINDS = {
    "eight digits": st.from_regex(r"[0-9]{8}", fullmatch=True),
    "hexadecimal": st.from_regex(r"[0-9a-f]{8}", fullmatch=True),
    "a letter and digits": st.from_regex(r"[A-Z][0-9]{3}", fullmatch=True),
    "padded with zeros": st.from_regex(r"0000[0-9]{5}", fullmatch=True),
    "padded with blanks": st.from_regex(r" {1,3}[0-9]{6} {0,2}", fullmatch=True),
    "a CPR number": st.from_regex(r"[0-9]{6}-[0-9]{4}", fullmatch=True),
    "mixed": st.from_regex(r"[0-9A-Za-z-]{3,9}", fullmatch=True),
}
#: How an id may look in another column: cut from its zeros, as a number, in another case, with blanks.
DISGUISES = [
    str,
    str.strip,
    str.upper,
    str.lower,
    lambda one: one.strip().lstrip("0") or "0",
    lambda one: f"{one.strip()}.0",
    lambda one: f" {one.strip()} ",
    lambda one: one.replace("-", ""),
]
OTHERS = st.one_of(
    st.from_regex(r"[0-9]{1,12}", fullmatch=True),
    st.from_regex(r"[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}", fullmatch=True),
    st.from_regex(r"-?[0-9]{1,5}([.,][0-9]{1,3})?", fullmatch=True),
    st.text("0123456789abXYæØ .,-/:_", max_size=12),
)


@pytest.fixture(scope="module")
def shown():
    """A function that shows values by the macro, given ids: a database holds them as a build does."""
    con = duckdb.connect()
    con.execute("create schema staging")
    model = dbt_sql.render(PROJECT / "models/staging/registers/stg_registers__ids.sql")
    model = "with delivered as (from given),\n\n" + model[model.index("each_once as (") :]

    def run(ids, values):
        con.execute("create or replace table given as select unnest($1::varchar[]) as id", [ids])
        con.execute(f"create or replace table staging.stg_registers__ids as {model}")
        asked = "select unnest($1::varchar[]) as example"
        query = f"select example, {dbt_sql.macro('shown', 'found.example')} from ({asked}) as found"
        return dict(con.execute(query, [values]).fetchall())

    return run


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_no_id_is_shown_however_it_is_written_and_both_languages_agree(shown, data):
    ids = data.draw(st.lists(KINDS[data.draw(st.sampled_from(sorted(KINDS)))], min_size=1, max_size=5))
    others = data.draw(st.lists(OTHERS, max_size=20))
    disguised = [disguise(one) for one in ids for disguise in DISGUISES]
    said = shown(ids, [*others, *disguised])
    known = Ids.of(ids)
    for value in disguised:
        short = len(value.strip(" 0").replace("-", "").removesuffix(".")) < 4
        assert said[value] == f"one of {len(value)} characters" or short, (ids, value)
    for value, text in said.items():
        assert (text == value) == known.cannot_include(value), (ids, value, text)


@pytest.mark.parametrize(
    ("ids", "value", "is_shown"),
    [
        (["24681357"], "13572468", False),  # as many digits as an id: another person's, perhaps
        (["24681357"], "24681357", False),
        (["024681357"], "24681357", False),  # an id that lost its zero
        (["24681357"], "3", True),
        (["24681357"], "Y_0853", True),
        (["24681357"], "2014-03-01", True),
        (["24681357"], "1.3.2014 12:00", True),
        (["24681357"], "1.3.2014 of 24681357", False),
        (["20140301"], "2014-03-01", False),  # it is one
        (["a1b2c3d4"], "A1B2C3D4", False),
        (["a1b2c3d4"], "9f8e7d6c", False),  # of the form of one
        (["A123"], "B456", False),
        (["A123"], "1234", False),
        (["A123"], "123", True),
        (["1", "000000000001"], "0001", True),  # a code; nobody can tell it from a short id
        (["Q0000004CF8F"], "1.234,5", True),
        (["Q0000004CF8F"], "a long value", False),
        ([], "12345678", True),
        ([], "1234567890", False),
    ],
)
def test_what_is_shown(shown, ids, value, is_shown):
    assert Ids.of(ids).cannot_include(value) == is_shown
    assert (shown(ids, [value])[value] == value) == is_shown
