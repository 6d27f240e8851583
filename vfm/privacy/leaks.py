"""Looks for persons' ids in what is about to leave: in every text of a table, among the words of a page."""

import re
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import duckdb

from vfm.privacy.identifiers import IDENTIFIERS

#: Ids that are numbers of fewer digits are also codes, years and counts: nothing tells them apart.
FEWEST_DIGITS = 6
FEWEST_CHARACTERS = 4
LARGEST_TABLE = 1_000_000  # rows; larger ones hold the persons of smaller ones once more, week by week
TABLES_OF_A_COLUMN = 2  # that are asked: the registers' own rows first, then the largest
WORD = r"[\w-]+"
PART = r"[0-9A-Za-z]+"  # of a word: an id may be joined to others by hyphens or underscores
DIGITS = r"[0-9]+"  # an id of digits may stand between letters
FRACTION = r"(\d)\.\d+"  # what stands behind a decimal point is no id
NO_TEXT = r"(DOUBLE|FLOAT|BOOLEAN|DATE|TIME.*|INTERVAL|DECIMAL\(\d+,[1-9]\d*\))(\[\])*"
FOUND = "known_ids"
PATIENCE = 30  # seconds to wait for a process that writes to the warehouse


def compared(texts: str) -> str:
    """Write as SQL of DuckDB how texts are compared with ids: no case, no leading zeros, no hyphen in a CPR.

    Parameters
    ----------
    texts : str
        A relation with the columns place and text.

    Returns
    -------
    str
        A query of the distinct place and id; texts that are too short to be told from codes and counts are
        left out.
    """
    return f"""
        select distinct place, case
            when not regexp_full_match(plain, '\\d+')
                then if(length(plain) >= {FEWEST_CHARACTERS}, plain, null)
            when length(ltrim(plain, '0')) >= {FEWEST_DIGITS} then ltrim(plain, '0')
            when length(plain) >= {FEWEST_DIGITS} then plain
        end as id
        from (
            select distinct
                place,
                regexp_replace(lower(trim(text)), '^(\\d{{6}})-(\\d{{4}})$', '\\1\\2') as plain
            from {texts}
        ) as plain_texts
    """


def learn_ids(con: duckdb.DuckDBPyConnection, catalog: str, beside: Iterable[str] = ()) -> int:
    """Collect the ids that a warehouse holds into a temporary table of the connection.

    Parameters
    ----------
    con : duckdb connection
    catalog : str
        The attached warehouse.
    beside : iterable of str
        Schemas whose tables are what is examined.

    Returns
    -------
    int
        How many: of persons, families, partners and contacts as in the registers, and of spells. 0 of a
        warehouse without persons.
    """
    columns = con.execute(
        f"""
        select schema_name, table_name, column_name
        from duckdb_columns() inner join duckdb_tables() using (database_name, schema_name, table_name)
        where database_name = $catalog and lower(column_name) in (select unnest($names))
        and not list_contains($beside, schema_name) and estimated_size <= {LARGEST_TABLE}
        qualify row_number() over (
            partition by lower(column_name)
            order by schema_name = 'staging' desc, estimated_size desc, table_name
        ) <= {TABLES_OF_A_COLUMN}
        """,
        {"catalog": catalog, "names": sorted(IDENTIFIERS), "beside": list(beside)},
    ).fetchall()
    selects = [
        f'select 0 as place, cast("{column}" as varchar) as text from "{catalog}"."{schema}"."{table}"'
        for schema, table, column in columns
    ]
    everyone = " union ".join(["select 0 as place, null as text", *selects])
    con.execute(
        f"create or replace temp table {FOUND} as select id from ({compared(f'({everyone})')}) as ids"
    )
    return con.execute(f"select count(id) from {FOUND}").fetchone()[0]


def ids_in_tables(con: duckdb.DuckDBPyConnection, catalog: str) -> list[tuple[str, str, int]]:
    """Compare all texts and whole numbers of a database with the ids of `learn_ids`, by one semi join.

    Parameters
    ----------
    con : duckdb connection
    catalog : str
        The database to examine.

    Returns
    -------
    list of (str, str, int)
        Table, column and the number of ids in it. A number that may have a fraction is not compared: too many
        amounts are as long as an id.
    """
    columns = con.execute(
        f"""
        select schema_name, table_name, column_name from duckdb_columns()
        where database_name = $1 and not internal and not regexp_full_match(data_type, '{NO_TEXT}')
        order by schema_name, table_name, column_index
        """,
        [catalog],
    ).fetchall()
    places = [
        f'select {place} as place, cast("{column}" as varchar) as said from "{catalog}"."{schema}"."{table}"'
        for place, (schema, table, column) in enumerate(columns)
    ]
    comments = " union all ".join(
        f"select -1 as place, comment as said from {of}() where database_name = $1"
        for of in ("duckdb_tables", "duckdb_columns")
    )
    whole = rf"regexp_replace(said, '{FRACTION}', '\1', 'g')"
    parts = (
        rf"list_concat([said], regexp_extract_all({whole}, '{WORD}'), regexp_extract_all({whole}, '{PART}'), "
        rf"regexp_extract_all({whole}, '{DIGITS}'))"
    )
    found = con.execute(
        f"""
        with
        said as (select distinct place, said from ({" union all ".join([comments, *places])}) as places),
        words as (select place, unnest({parts}) as text from said where said is not null),
        compared as ({compared("words")})
        select place, count(*) from compared semi join {FOUND} using (id) group by place order by place
        """,
        [catalog],
    ).fetchall()
    named = [(f"{schema}.{table}", column) for schema, table, column in columns] + [
        ("the published file", "comment")
    ]
    return [(*named[place], count) for place, count in found]


def ids_in_text(con: duckdb.DuckDBPyConnection, text: str, code: str = "") -> int:
    """Compare the words of a text with the ids that `learn_ids` found.

    Parameters
    ----------
    con : duckdb connection
    text : str
    code : str
        Program code that the text repeats; its words say nothing of persons.

    Returns
    -------
    int
        How many ids are among them.
    """
    words = list(_words(text) - _words(code))
    return con.execute(
        f"""
        with words as (select 0 as place, unnest($1) as text), compared as ({compared("words")})
        select count(*) from compared semi join {FOUND} using (id)
        """,
        [words],
    ).fetchone()[0]


def _words(text):
    """Words that may be ids: with a digit, and long enough."""
    whole = re.sub(FRACTION, r"\1", text, flags=re.ASCII)
    words = set(re.findall(WORD, whole, re.ASCII)) | set(re.findall(PART, whole))
    words |= set(re.findall(DIGITS, whole))
    return {word for word in words if len(word) >= FEWEST_CHARACTERS and re.search(r"\d", word)}


class LeakError(ValueError):
    """A text may not leave: it holds ids, or nobody can say; the message is one sentence for a person."""


def refuse_ids(texts: dict[str, str], warehouse: Path, code: str = "") -> bool:
    """Refuse texts that hold a person's id.

    Parameters
    ----------
    texts : dict
        {what the text is: the text}.
    warehouse : Path
        The warehouse with whose ids they are compared.
    code : str
        As `ids_in_text`.

    Returns
    -------
    bool
        Whether they were compared: False where there is no warehouse, as where pages are made from a
        published file elsewhere. That file was compared when it was published.

    Raises
    ------
    LeakError
        If a text holds an id, or the warehouse cannot be read.
    """
    if not warehouse.exists():
        return False
    with closing(_opened(warehouse)) as con:
        learn_ids(con, con.execute("select current_database()").fetchone()[0])
        for name, text in texts.items():
            count = ids_in_text(con, text, code)
            if count:
                raise LeakError(f"{name} was not written: {count} of its words are ids of persons.")
    return True


def _opened(warehouse):
    """The warehouse, to read; a process that writes to it is waited for."""
    for attempt in range(PATIENCE):
        try:
            return duckdb.connect(str(warehouse), read_only=True, config={"enable_external_access": "false"})
        except duckdb.Error as problem:
            if attempt == PATIENCE - 1 or "lock" not in str(problem):
                raise LeakError(
                    f"Nothing was written: {warehouse.name} cannot be read, so nobody can say whether ids "
                    "of persons are in it."
                ) from None
            time.sleep(1)
    return None
