"""The simulator: exact counts, same bytes, the layout of the contract, and registers that imply the truth."""

import datetime as dt
import json
import os
import subprocess
import sys
from collections import defaultdict

import duckdb
import numpy as np
import pandas as pd
import pytest
from simulated_delivery import (
    REGISTERS,
    SCALE,
    SEED,
    Reading,
    add_years,
    as_date,
    hashes,
    monday,
    run,
)

from vfm.synthetic import __main__ as command
from vfm.synthetic.delivery import accounts
from vfm.synthetic.world import calendar
from vfm.synthetic.world.classifications import SEEDS, largest_remainder, municipalities, published, read_seed
from vfm.warehouse.paths import PROJECT


@pytest.fixture(scope="module")
def delivery(tmp_path_factory):
    """One small delivery for all tests."""
    return run(tmp_path_factory.mktemp("delivery"))


@pytest.fixture(scope="module")
def registers(delivery):
    """The registers as frames, read back from their files."""
    return {
        name: duckdb.sql(f"select * from read_parquet('{delivery}/registers/{name}/*.parquet')").df()
        for name in REGISTERS
    }


@pytest.fixture(scope="module")
def truth(delivery):
    """The frames of the truth."""
    names = ("persons", "spells", "case_mix", "programme_days", "expenditure")
    return {name: pd.read_parquet(delivery / "truth" / f"{name}.parquet") for name in names}


@pytest.fixture(scope="module")
def reading(registers):
    """The registers, read literally."""
    return Reading(
        {
            name: frame.astype(object).where(frame.notna(), None) if name == "dream" else frame
            for name, frame in registers.items()
        }
    )


def test_the_truth_is_its_owners_alone(delivery):
    folder = delivery / "truth"
    paths = [folder, *folder.iterdir()]
    assert len(paths) == 7
    assert not [path.name for path in paths if path.stat().st_mode & 0o077]


def test_the_registers_imply_the_true_population(reading, truth):
    found = reading.population()
    persons = truth["persons"].set_index("person_id")
    assert set(found) == set(persons.index)
    for pnr, (permit, ground, entry, start) in found.items():
        true = persons.loc[pnr]
        assert (permit, ground, entry, start) == (
            as_date(true.permit_date),
            true.residence_ground,
            as_date(true.entry_date),
            as_date(true.programme_date),
        )


def test_the_registers_imply_the_true_spells(reading, truth):
    derived = [
        (pnr, *spell)
        for pnr, (_, _, entry, start) in reading.population().items()
        for spell in reading.spells(pnr, entry, start)
    ]
    true = [
        (r.person_id, r.spell_number, as_date(r.start_week), r.duration_weeks, r.outcome, r.exit_reason)
        + (r.municipality_code,)
        for r in truth["spells"].itertuples()
    ]
    differences = set(derived) ^ set(true)
    assert not differences, sorted(differences)[:6]
    assert len(derived) == len(true)


def test_the_registers_imply_the_true_case_mix(reading, truth):
    population = reading.population()
    terms = [c for c in truth["case_mix"].columns if c not in ("person_id", "spell_number")]
    spells = truth["spells"].set_index(["person_id", "spell_number"])
    cached = {}
    for row in truth["case_mix"].to_dict("records"):
        pnr = row["person_id"]
        permit, ground, _, start = population[pnr]
        if pnr not in cached:
            cached[pnr] = reading.covariates(pnr, permit, ground, start)
        ones, values = cached[pnr]
        spell = spells.loc[(pnr, row["spell_number"])]
        first = as_date(spell.start_week)
        year = (first + dt.timedelta(days=3)).year
        expected = {
            **values,
            f"spell_start_year_{min(year, 2015)}": 1,
            "weeks_since_permit": (first - monday(permit)).days // 7,
            "match_group_2_or_3": reading.match_2_or_3(pnr, first, int(spell.duration_weeks)),
        }
        for term in terms:
            if term.endswith("commuting_area") or term == "jobs_medium_high_skill":
                continue
            assert row[term] == expected.get(term, int(term in ones)), (pnr, term)


def test_the_labour_market_of_the_case_mix_is_that_of_the_file(delivery, truth):
    table = pd.read_csv(delivery / "statbank" / "labour_market.csv", sep=";").set_index(["OMRÅDE", "TID"])
    areas = read_seed("classifications/municipalities").set_index("municipality_code")["commuting_area"]
    years = truth["persons"].set_index("person_id")["permit_year"]
    area = truth["spells"]["municipality_code"].map(areas)
    expected = table.loc[list(zip(area, truth["spells"]["person_id"].map(years), strict=True))].to_numpy()
    names = ["unemployment_rate_commuting_area", "jobs_per_resident_commuting_area", "jobs_medium_high_skill"]
    np.testing.assert_array_equal(truth["case_mix"][names].to_numpy(), expected)


def test_the_registers_imply_the_true_programme_days(reading, truth):
    derived = defaultdict(int)
    for pnr, (_, _, entry, start) in reading.population().items():
        stops = [add_years(start, 3), *[u for u, _ in reading.away(pnr) if u >= start]]
        stops += [reading.death[pnr]] if pnr in reading.death else []
        history = [*reading.residence(pnr, entry), (dt.date.max, None)]
        for (begin, municipality), (until, _) in zip(history, history[1:], strict=False):
            day = max(begin, start, dt.date(2011, 1, 1))
            while day < min(until, min(stops), dt.date(2016, 1, 1)):
                derived[pnr, municipality, day.year] += 1
                day += dt.timedelta(days=1)
    true = {
        (r.person_id, r.municipality_code, r.year): r.person_days
        for r in truth["programme_days"].itertuples()
    }
    assert dict(derived) == true


# --- counts and determinism ------------------------------------------------------------------------------


def test_spells_fall_on_the_municipalities_exactly(truth):
    places = municipalities(SCALE)
    counted = truth["spells"].groupby("municipality_code").size()
    assert counted.reindex(places.code.astype(str), fill_value=0).tolist() == places.spells.tolist()
    assert places.spells.sum() == round(SCALE * 36583)


def test_the_two_missing_municipalities_share_the_missing_spells_by_population():
    places = municipalities()
    assert places.spells.sum() == 36583
    missing = np.isin(places.code, [580, 851])
    assert places.spells[missing].sum() == 1365
    assert places.success_share[missing] @ places.spells[missing] == pytest.approx(352)
    per_head = places.spells[missing] / places.population[missing]
    assert per_head[0] == pytest.approx(per_head[1], rel=0.01)


def test_the_same_seed_gives_the_same_bytes_in_another_process(delivery, tmp_path):
    environment = {**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": str(PROJECT)}
    arguments = ["--seed", str(SEED), "--scale", str(SCALE), "--out", "registers"]
    subprocess.run(
        [sys.executable, "-m", "vfm.synthetic", *arguments, "--statbank", "statbank", "--truth", "truth"],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
    )
    assert hashes(tmp_path) == hashes(delivery)


def test_another_seed_gives_other_registers_and_the_same_counts(delivery, tmp_path):
    run(tmp_path, seed=SEED + 1)
    other, first = hashes(tmp_path), hashes(delivery)
    assert other.keys() == first.keys()
    assert all(other[name] != first[name] for name in other if name.endswith(".parquet"))
    spells = pd.read_parquet(tmp_path / "truth" / "spells.parquet")
    counted = spells.groupby("municipality_code").size()
    places = municipalities(SCALE)
    assert counted.reindex(places.code.astype(str), fill_value=0).tolist() == places.spells.tolist()


# --- layout and mess -------------------------------------------------------------------------------------


def test_every_register_has_its_columns(registers):
    for name, columns in REGISTERS.items():
        assert set(columns.split()) <= set(registers[name].columns), name
        assert len(registers[name]) > 0, name


def test_dream_has_one_column_for_each_iso_week_and_quarter(registers):
    columns = list(registers["dream"].columns)
    weeks = [c for c in columns if c.startswith("Y_")]
    assert weeks == [f"Y_{label}" for label in calendar.year_week_labels(np.arange(calendar.WEEKS))]
    assert len(weeks) == 52 + 53 + 5 * 52 + 53 + 34
    assert [c for c in weeks if c.endswith("53")] == ["Y_0953", "Y_1553"]
    assert len([c for c in columns if c.startswith("MATCH_")]) == 36
    assert registers["dream"]["PNR"].is_unique


def test_all_codes_are_known(registers):
    known = set(read_seed("classifications/dream_states")["dream_code"])
    values = pd.unique(registers["dream"].filter(regex="^Y_").to_numpy().ravel())
    assert {value for value in values if value is not None and not pd.isna(value)} <= known
    assert set(registers["bef"]["OPR_LAND"]) <= set(read_seed("classifications/countries")["country_code"])
    assert set(registers["bef"]["KOM"]) <= set(municipalities().code.astype(str))


def test_the_delivery_is_as_messy_as_a_real_one(delivery, registers, truth):
    persons = set(truth["persons"]["person_id"])
    assert registers["vnds"].duplicated().any()
    assert persons - set(registers["dream"]["PNR"]), "nobody is absent from DREAM"
    assert set(registers["ophg"]["PNR"]) - persons, "everyone qualifies"
    assert registers["ophg"].groupby("PNR").size().max() > 1
    assert registers["ophg"]["GRUNDLAG"].str.len().min() < 4
    month = registers["bfl"]["AJO_JOB_SLUT_DATO"].dt.to_period("M")
    assert registers["bfl"].groupby(["PNR", month]).size().max() > 1
    assert (registers["bfl"]["AJO_LOENTIMER"] % 1 > 0).any()
    assert (registers["flyt"]["KOM"] == registers["flyt"]["GL_KOM"]).any()
    assert {1, 2, 3} == set(registers["bef"]["PLADS"])
    assert {7, 9} <= set(
        registers["bef"].loc[registers["bef"]["REFERENCETID"] == "2015-12-31", "FAMILIE_TYPE"]
    )
    assert (registers["sssy"]["KONTAKT"] == 0).any() and (registers["sssy"]["BARNMAK"] == 1).any()
    assert (
        registers["sssy"]["SPEC2"].isin(["4", "7"]).any()
        and registers["sssy"]["SPEC2"].isin(["04", "07"]).any()
    )
    assert {0, 2} == set(registers["lpr_adm"]["C_PATTYPE"])
    assert registers["lpr_adm"]["C_ADIAG"].str.startswith("D").all()
    emigrated = registers["vnds"].loc[registers["vnds"]["INDUD_KODE"] == "U", "PNR"]
    assert set(emigrated) & persons
    latest = registers["bef"][registers["bef"]["REFERENCETID"] == "2015-12-31"]["PNR"]
    assert persons - set(latest), "everyone is still there at the end"


def test_hours_fit_in_a_month(registers):
    bfl = registers["bfl"]
    days = (bfl["AJO_JOB_SLUT_DATO"] - bfl["AJO_JOB_START_DATO"]).dt.days + 1
    assert (bfl["AJO_LOENTIMER"] > 0).all() and (bfl["AJO_LOENTIMER"] <= 10 * days).all()
    start, end = bfl["AJO_JOB_START_DATO"].dt.to_period("M"), bfl["AJO_JOB_SLUT_DATO"].dt.to_period("M")
    assert (start == end).all()


def test_partners_are_partners_of_each_other(registers):
    bef = registers["bef"]
    pairs = bef.loc[bef["E_FAELLE_ID"].notna(), ["PNR", "REFERENCETID", "E_FAELLE_ID", "FAMILIE_ID"]]
    back = pairs.merge(pairs, left_on=["E_FAELLE_ID", "REFERENCETID"], right_on=["PNR", "REFERENCETID"])
    assert len(back) == len(pairs)
    assert (back["PNR_x"] == back["E_FAELLE_ID_y"]).all()
    assert (back["FAMILIE_ID_x"] == back["FAMILIE_ID_y"]).all()


def test_the_keys_of_the_contract_are_unique(registers):
    for name, key in (
        ("bef", ["PNR", "REFERENCETID"]),
        ("dod", ["PNR"]),
        ("lpr_adm", ["RECNUM"]),
        ("danskudd", ["PNR"]),
    ):
        assert not registers[name].duplicated(key).any(), name
    assert registers["bef"]["PNR"].str.len().eq(12).all()


def test_the_default_delivery_has_several_parts_and_its_origin():
    folder = SEEDS / "registers"
    for name in ("bef", "bfl", "dream"):
        assert len(list((folder / name).glob("*.parquet"))) > 1, name
    assert sum(path.stat().st_size for path in folder.rglob("*.parquet")) < 20e6
    origin = json.loads((folder / "origin.json").read_text(encoding="utf-8"))
    assert origin == {
        "data_origin": "synthetic, seed 20170601",
        "synthetic": True,
        "seed": 20170601,
        "scale": 1.0,
    }


def test_origin_names_the_scale(delivery):
    origin = json.loads((delivery / "registers" / "origin.json").read_text(encoding="utf-8"))
    assert origin["data_origin"] == f"synthetic, seed {SEED}, scale {SCALE}"
    assert origin["synthetic"] is True


# --- accounts --------------------------------------------------------------------------------------------


def statbank(delivery, name):
    """Municipal rows of an account table, in million kr. and 2015 prices."""
    table = pd.read_csv(delivery / "statbank" / f"{name}.csv", sep=";", dtype={"OMRÅDE": str, "ART": str})
    index = read_seed("classifications/price_index")[["year", "index_2015_100"]].astype(float)
    index = index.set_index("year")["index_2015_100"]
    table["million"] = table["INDHOLD"] / 1000 * 100 / table["TID"].map(index)
    return table, table[~table["OMRÅDE"].isin(["0", "81", "82", "83", "84", "85"])]


def test_the_accounts_give_table_4_2(delivery):
    _, table = statbank(delivery, "regk100")
    table = table[(table["DRANST"] == 1) & table["ART"].isin(["UE", "77"])]
    sums = table.groupby(["GRUPPERING", "TID"])["million"].sum()
    for row in published("table_4_2").itertuples():
        rebuilt = sums.get((int(row.grouping), row.year), 0.0)
        assert round(rebuilt, 1) == pytest.approx(row.million_dkk_2015_prices, abs=1e-9), row


def test_the_accounts_give_table_4_1(delivery):
    _, table = statbank(delivery, "regk100")
    groupings = read_seed("classifications/account_groupings").query("function_code == '54660'")
    groupings = groupings.set_index("grouping")["scope"]
    scope = table["GRUPPERING"].map(lambda number: groupings[f"{number:03d}"])
    for row in published("table_4_1").itertuples():
        part = table[(table["TID"] == row.year) & ((scope == row.scope) | (row.scope == "total"))]
        operating = part[part["DRANST"] == 1].groupby("ART")["million"].sum()
        refund = part.loc[(part["DRANST"] == 2) & (part["ART"] == "I"), "million"].sum()
        rebuilt = {
            "gross": operating["UE"],
            "payments_from_municipalities": operating["77"],
            "gross_net_of_payments": operating["UE"] + operating["77"],
            "state_refund": refund,
            "other_income": operating["I"] - operating["77"],
            "net": operating["UE"] + operating["I"] + refund,
        }[row.line]
        assert round(rebuilt, 1) == pytest.approx(row.million_dkk_2015_prices, abs=1e-9), row


def test_regk100_adds_up_to_regk31(delivery):
    fine, coarse = statbank(delivery, "regk100")[0], statbank(delivery, "regk31")[0]
    keys = accounts.KEYS_31
    pd.testing.assert_series_equal(
        fine.groupby(keys)["INDHOLD"].sum(), coarse.groupby(keys)["INDHOLD"].sum(), check_dtype=False
    )
    assert not coarse.duplicated(keys).any() and not fine.duplicated(accounts.KEYS_100).any()


def test_net_is_expenditure_and_income_and_areas_add_up(delivery):
    for name in ("regk100", "regk31"):
        every, table = statbank(delivery, name)
        sums = table.groupby("ART")["INDHOLD"].sum()
        assert sums["TOT"] == sums["UE"] + sums["I"]
        for areas in (["0"], ["81", "82", "83", "84", "85"]):
            total = every[every["OMRÅDE"].isin(areas)].groupby("ART")["INDHOLD"].sum()
            pd.testing.assert_series_equal(total, sums)
        assert table["OMRÅDE"].nunique() == 98


def test_largest_remainder_adds_up():
    assert largest_remainder([1, 1, 1], 4).tolist() == [2, 1, 1]
    assert largest_remainder([0.2, 0.3, 0.5], -10).tolist() == [-2, -3, -5]
    assert largest_remainder([0, 0], 0).tolist() == [0, 0]


# --- bad arguments ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seed", "-1"], "the seed must be a whole number"),
        (["--seed", "1.5"], "the seed must be a whole number"),
        (["--scale", "0"], "the scale must be a number from"),
        (["--scale", "nan"], "the scale must be a number from"),
        (["--scale", "many"], "the scale must be a number from"),
        (["--out", "here", "--truth", "here/truth"], "inside the register folder"),
    ],
)
def test_bad_arguments_end_with_one_clear_sentence(arguments, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        command.main(arguments)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err
