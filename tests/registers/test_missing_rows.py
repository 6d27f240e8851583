"""Rows left out by municipality, and ids in two spellings: what the check says, beside right ones."""

import pytest
import tiny_registers
from bad_deliveries import MANY, rows_judged, said


@pytest.fixture
def delivery(tmp_path):
    """The registers of tiny_registers."""
    return tiny_registers.write_registers(tmp_path / "delivery")


def add(folder, register, rows=1, part="more", **columns):
    """Put rows that differ from the good one in these columns."""
    good = tiny_registers.columns()[register]
    tiny_registers.write_part(folder, register, good | columns, rows=rows, part=part)


def judged(folder, register):
    return said([line for line in rows_judged(folder) if line.register == register])


def test_a_municipality_that_bef_lacks_is_named(delivery):
    """1,000 persons of Frederiksberg: of everybody 12 % live in København, where there is nobody."""
    add(delivery, "bef", rows=1_000, PNR=MANY, KOM="'147'")
    assert not any("has no row of municipality 101" in line for line in judged(delivery, "bef"))
    (delivery / "bef" / "part-0.parquet").unlink()
    [line] = [line for line in judged(delivery, "bef") if "no row of municipality" in line]
    assert line.startswith("register bef: column KOM has no row of municipality 101, ")
    assert "where 30 and more are expected" in line and "147" not in line


def test_a_municipality_that_no_move_leads_to_is_named(delivery):
    """40 moves from Odense to Aarhus, where half of all live in Odense; a move to Odense ends it."""
    add(delivery, "bef", rows=1, part="odense", PNR="'000000000005'", KOM="'461'")
    moves = dict(PNR=MANY, KOM="'751'", GL_KOM="'461'")
    add(delivery, "flyt", rows=80, **moves)
    lines = judged(delivery, "flyt")
    assert any("column KOM has no row of municipality 101, 461, where" in line for line in lines)
    assert not any("column GL_KOM has no row" in line for line in lines)
    add(delivery, "flyt", part="to-odense", PNR="'000000000005'", KOM="'461'", GL_KOM="'751'")
    assert any(
        "column KOM has no row of municipality 101, where" in line for line in judged(delivery, "flyt")
    )


def test_ids_in_other_capital_letters_are_refused(delivery):
    add(delivery, "bef", part="abc", PNR="'abcdefghijkl'")
    add(delivery, "dod", part="right", PNR="'abcdefghijkl'")
    assert judged(delivery, "dod") == []
    add(delivery, "ophg", part="other", PNR="'ABCDEFGHIJKL'")
    [line] = judged(delivery, "ophg")
    assert line.startswith("register ophg: column PNR has 1 id that bef spells with other capital letters. ")
    assert "ABCDEFGHIJKL" not in line.upper().replace("BEF", "")
