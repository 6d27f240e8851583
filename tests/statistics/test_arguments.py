"""Every public function of vfm.statistics has the gate, and what it cannot use is refused by its name.

The walk finds the functions itself: one without rules, or without an example here, fails.
"""

import importlib
import inspect
import pkgutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import sparse
from statistics_examples import examples

import vfm.statistics
from vfm.statistics import arguments as gate
from vfm.statistics import cox, indicator, kaplan_meier
from vfm.statistics.arguments import InputError

#: Modules whose functions take what the functions with the gate have made of their arguments.
MACHINERY = {
    "arguments.data": "the gate itself",
    "arguments.gate": "the gate itself",
    "arguments.settings": "the gate itself",
    "batch": "maximises functions",
    "covariates": "holds what Covariates has checked",
    "cox.inputs": "what cox.fit says of its arguments together",
    "cox.likelihood": "works on the sorted rows of cox.fit",
    "cox.newton": "works on a likelihood",
    "frames": "types the tables that come out",
    "frontier.search": "works on the problem of frontier.fit",
    "replicates": "runs in a worker, on what bootstrap.prepare has made",
    "risk_sets": "sorts what cox.fit has checked",
    "workers": "passes what bootstrap.prepare has made",
}
#: Densities: called thousands of times with the state of a search.
INNER = {f"frontier.laws.{name}" for name in ("half_normal", "exponential", "truncated_normal", "normal")}
INNER |= {"frontier.laws.log_ndtr_and_mills"}


def public_functions():
    """Functions and methods by 'module.function', of every module but the machinery."""
    found = {}
    for module in pkgutil.walk_packages(vfm.statistics.__path__, "vfm.statistics."):
        name = module.name.removeprefix("vfm.statistics.")
        if module.ispkg or name in MACHINERY:
            continue
        for own, value in vars(importlib.import_module(module.name)).items():
            if inspect.isfunction(value) and value.__module__ == module.name and not own.startswith("_"):
                found[f"{name}.{own}"] = value
    return {name: value for name, value in found.items() if name not in INNER}


FUNCTIONS = public_functions()


def arguments_of(name):
    given = examples()[name]
    return dict(given() if callable(given) else given)


def outcome(name, given):
    """What a function gives, read to its end."""
    found = FUNCTIONS[name](**given)
    return list(found) if inspect.isgenerator(found) else found


def same(one, two):
    """Whether two outcomes are the same to the last bit."""
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, two, check_exact=True, check_dtype=False)
    elif isinstance(one, pd.Series):
        pd.testing.assert_series_equal(one, two, check_exact=True)
    elif isinstance(one, dict):
        assert list(one) == list(two)
        for key in one:
            same(one[key], two[key])
    elif isinstance(one, (list, tuple)):
        assert len(one) == len(two)
        for left, right in zip(one, two, strict=True):
            same(left, right)
    elif hasattr(one, "coefficients"):
        same(one.coefficients, two.coefficients)
    elif hasattr(one, "params"):
        same(one.params, two.params)
    elif isinstance(one, (np.ndarray, float, int)):
        np.testing.assert_array_equal(one, two)
    elif hasattr(one, "statistic"):
        same(one.statistic, two.statistic)
    else:
        assert hasattr(one, "indicator") or one == two
        if hasattr(one, "indicator"):
            same(one.covariance, two.covariance)


def test_every_public_function_has_rules_and_an_example():
    assert len(FUNCTIONS) > 60
    assert [name for name, value in FUNCTIONS.items() if not hasattr(value, "accepts")] == []
    assert sorted(FUNCTIONS) == sorted(examples())
    modules = {
        m.name.removeprefix("vfm.statistics.")
        for m in pkgutil.walk_packages(vfm.statistics.__path__, "vfm.statistics.")
    }
    assert set(MACHINERY) <= modules


def test_a_function_without_a_rule_for_an_argument_cannot_be_written():
    with pytest.raises(TypeError, match="arguments"):
        gate.accepts(x=gate.ANY)(lambda x, y: x)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_the_example_is_accepted(name):
    assert outcome(name, arguments_of(name)) is not None


def shape(values):
    return (len(values),) if isinstance(values, list) else np.shape(values)


def spoiled(values, value):
    """Values as doubles, one of them replaced."""
    out = np.array(values, float)
    out.flat[out.size // 2] = value
    return out


def bad_numbers(rule, values):
    """Kinds of vectors that no rule for numbers lets through, by name."""
    n = np.size(values)
    values = np.asarray(values)
    masked = np.ma.MaskedArray(np.array(values, float), mask=np.zeros(values.shape, bool))
    masked[(values.ndim * (0,))] = np.ma.masked
    yield "text", np.array(values).astype(str)
    yield "text in objects", np.array(values).astype(str).astype(object)
    yield "dates", np.zeros(values.shape, "datetime64[s]")
    yield "lengths of time", np.zeros(values.shape, "timedelta64[D]")
    yield "complex", np.array(values, complex)
    yield "masked", masked
    yield "one word", "12"
    yield "none of it", {"a": 1}
    if values.ndim == 1:
        yield "empty", [] if not getattr(rule, "empty", False) else "nothing"
        yield "two columns", np.column_stack([values, values])[:, :, None][..., None]
        yield "sparse matrix", sparse.csr_matrix(np.array(values, float)[:, None])
        yield "a zone's dates", pd.Series(pd.date_range("2020", periods=n, tz="Europe/Copenhagen"))
        yield "categories", pd.Series(np.arange(n).astype(str), dtype="category")
        yield "text of arrow", pd.Series(np.arange(n).astype(str), dtype=pd.ArrowDtype(pa.string()))
        yield "ragged", [[1.0], [1.0, 2.0]]
        if not getattr(rule, "gaps", False):
            whole = np.zeros(n) + 1
            for kind in ("Int64", "Float64", "int64[pyarrow]", "double[pyarrow]", object):
                gap = pd.Series(whole).astype(kind)
                gap.iloc[n // 2] = pd.NA
                yield f"a gap in {kind}", gap
            yield "None", [None, *whole[1:]]
    if isinstance(rule, gate.Truth):
        yield "two", spoiled(values, 2)
        return
    if not rule.gaps:
        yield "nan", spoiled(values, np.nan)
    if not rule.infinite or rule.maximum is not None:
        yield "infinite", spoiled(values, np.inf)
    if rule.minimum is not None:
        yield "too small", spoiled(values, rule.minimum - 1)
    if rule.maximum is not None and np.isfinite(rule.maximum) and rule.maximum < 1e9:
        yield "percent", spoiled(values, rule.maximum + 45)
    if rule.above is not None:
        yield "not above", spoiled(values, rule.above)
    if rule.whole:
        yield "a fraction", spoiled(values, 3.5)
    if not rule.booleans:
        yield "booleans", np.ones(values.shape, bool)


def bad_labels(rule, values):
    """Kinds of vectors that no rule for labels lets through, by name."""
    n = len(values)
    if not rule.gaps:
        yield "None", [None, *map(str, range(n - 1))]
        yield "NA", pd.Series([pd.NA, *map(str, range(n - 1))], dtype="string")
        yield "nan", [np.nan, *map(str, range(n - 1))]
        yield "a gap in codes", pd.Series([None, *map(str, range(n - 1))], dtype="category")
        yield "masked", np.ma.MaskedArray(np.arange(n), mask=np.arange(n) == 1)
    yield "fractions", np.arange(n) + 0.5
    yield "booleans", np.ones(n, bool)
    yield "dates", pd.Series(pd.date_range("2020", periods=n, tz="UTC"))
    yield "text and numbers", [1, *map(str, range(n - 1))]


def bad_frames(rule, frame):
    """Frames that a table's rule does not let through, by name, with a word of the sentence."""
    yield "a dict", frame.to_dict("list"), ""
    yield "an array", frame.to_numpy(), ""
    yield "a Series", frame.iloc[:, 0], ""
    yield "sparse matrix", sparse.csr_matrix(np.eye(3)), ""
    first = next(iter(rule.columns))
    yield "a column twice", pd.concat([frame, frame[[first]]], axis=1), first
    if rule.key:
        yield "a row twice", pd.concat([frame, frame.iloc[[0]]], ignore_index=True), rule.key[0]
        yield "a row twice, side by side", frame.iloc[[0, *range(len(frame))]], rule.key[0]
    for column, own in rule.columns.items():
        yield f"without {column}", frame.drop(columns=column), column
        kinds = bad_labels if isinstance(own, gate.Labels) else bad_numbers
        for kind, values in kinds(own, frame[column].to_numpy()):
            values = values.to_numpy() if isinstance(values, pd.Series) and values.dtype == object else values
            if kind in ("masked", "ragged") or shape(values) != (len(frame),):
                continue  # no column can hold them; pandas makes gaps of masked values
            values = values.set_axis(frame.index) if isinstance(values, pd.Series) else values
            if isinstance(values, list):
                values = pd.Series(values, index=frame.index, dtype=object)
            yield f"{kind} in {column}", frame.assign(**{column: values}), column


SCALARS = {
    gate.Whole: [1.5, "two", None, np.nan, np.inf, True, [3], -1, "１５", b"3", np.ma.masked],
    gate.Number: ["half", np.nan, np.inf, True, None, [0.5], 1j, np.ma.masked],
    gate.OneOf: ["no such", None, 99, True, ["breslow"]],
    gate.Text: ["", None, 1.5, True, ["a"]],
    gate.Seed: [-1, 1.5, "x", None],
    gate.Flag: [None, "yes", 2],
    gate.Result: [None, 3, "x", pd.DataFrame({"a": [1]}), np.zeros(3)],
    gate.Several: [3, "x", pd.DataFrame({"a": [1]}), [3], [("men",)], {"a": 1}],
    gate.ByKey: [3, [1], pd.DataFrame({"a": [1]}), {"a": 1}],
    gate.Names: [3, "share_asia", [1, 2], ["a", "a"]],
    gate.Call: [3, None, "log"],
}


def bad_values(rule, value):
    """What a rule does not let through: the kind, the value, and a word of the sentence."""
    if isinstance(rule, (gate.Numbers, gate.Truth)):
        yield from ((kind, bad, "") for kind, bad in bad_numbers(rule, value))
    elif isinstance(rule, gate.Labels):
        yield from ((kind, bad, "") for kind, bad in bad_labels(rule, value))
    elif isinstance(rule, gate.Covariates):
        column = value.columns[0]
        for kind, bad in bad_numbers(gate.ANY, value[column].to_numpy()):
            bad = bad.to_numpy() if isinstance(bad, pd.Series) and bad.dtype == object else bad
            if shape(bad) == (len(value),) and kind not in ("booleans", "masked", "ragged"):
                if isinstance(bad, list):
                    bad = pd.Series(bad, dtype=object)
                yield kind, value.assign(**{column: bad}), str(column)
        yield "another index", value.set_axis(value.index + 1), ""
        yield "sparse", sparse.csr_matrix(value.to_numpy()), ""
        yield "masked", np.ma.masked_greater(value.to_numpy(), 0), ""
        yield "fewer rows", value.iloc[1:], ""
    elif isinstance(rule, gate.Table):
        yield from bad_frames(rule, value)
    else:
        taken = [None] * getattr(rule, "optional", False) + [""] * getattr(rule, "may_be_empty", False)
        bad = [v for v in SCALARS[type(rule)] if not ((v is None or isinstance(v, str)) and v in taken)]
        yield from ((repr(v), v, "") for v in bad)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_bad_input_is_refused_by_the_name_of_its_argument(name):
    tried, wrong = 0, []
    for argument, rule in FUNCTIONS[name].accepts.items():
        good = arguments_of(name).get(argument)
        if good is None and isinstance(rule, (gate.Numbers, gate.Covariates, gate.Labels)):
            good = np.ones(60)
        if isinstance(rule, gate.Covariates):
            good = pd.DataFrame({"age": np.arange(60.0)}) if not isinstance(good, pd.DataFrame) else good
        for kind, bad, word in bad_values(rule, good):
            given = arguments_of(name) | {argument: bad}
            if kind == "another index":
                if not {"duration", "y"} & set(given):
                    continue  # nothing else has an index
                given = {k: pd.Series(v) if k in ("duration", "y") else v for k, v in given.items()}
            tried += 1
            try:
                outcome(name, given)
            except InputError as error:
                sentence = str(error)
                if not (sentence.startswith(argument) and word in sentence and "\n" not in sentence):
                    wrong.append(f"{argument}, {kind}: says {sentence}")
            except Exception as error:
                wrong.append(f"{argument}, {kind}: {type(error).__name__} {error}")
            else:
                wrong.append(f"{argument}, {kind}: taken")
    assert tried
    assert wrong == []


def as_types(values):
    """The same numbers in other types."""
    values = np.asarray(values)
    whole = values.dtype.kind in "iu"
    yield "list", values.tolist()
    yield "objects", values.astype(object)
    yield "Series", pd.Series(values)
    yield "nullable", pd.Series(values).convert_dtypes()
    yield "pyarrow", pd.Series(pd.array(values.tolist(), dtype=pd.ArrowDtype(pa.array(values).type)))
    yield "sparse", pd.Series(pd.arrays.SparseArray(values))
    yield "unmasked", np.ma.MaskedArray(values, mask=False)
    if whole:
        yield "doubles", values.astype(float)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_other_types_of_the_same_numbers_give_the_same_to_the_last_bit(name):
    given = arguments_of(name)
    expected = None
    for argument, rule in FUNCTIONS[name].accepts.items():
        value = given.get(argument)
        if isinstance(rule, (gate.Numbers, gate.Truth, gate.Labels)) and np.ndim(value) == 1:
            others = dict(as_types(value))
            if isinstance(rule, gate.Labels):
                others.pop("doubles", None)
        elif isinstance(rule, gate.Table):
            labels = {c: "category" for c, r in rule.columns.items() if isinstance(r, gate.Labels)}
            others = {
                "pyarrow": value.convert_dtypes(dtype_backend="pyarrow").set_axis(len(value) * [0]),
                "nullable": value.convert_dtypes().astype(labels),
            }
        elif isinstance(rule, gate.Covariates):
            others = {"nullable": value.convert_dtypes(), "objects": value.astype(object)}
        else:
            continue
        if name == "cox.tables.in_order":
            continue  # gives the frame back as it was
        expected = outcome(name, given) if expected is None else expected
        for kind, other in others.items():
            try:
                same(expected, outcome(name, given | {argument: other}))
            except Exception as error:
                raise AssertionError(f"{argument} as {kind}: {error}") from error


def test_rows_in_two_orders_are_refused():
    week, event = pd.Series([3, 1, 2, 5]), pd.Series([True, False, True, True])
    for order in ([2, 1, 0, 3], [0, 0, 1, 2]):
        with pytest.raises(InputError, match="event has another index than duration in [0-9] of 4 rows"):
            kaplan_meier.survival(week, event.set_axis(order))
    half = pd.Index([0, 1, 0, 1])
    with pytest.raises(InputError, match="labels come again"):
        kaplan_meier.survival(week.set_axis(half), event.set_axis(pd.Index([0, 1, 0, 1])))
    frame = pd.DataFrame({"week": week, "event": event}).set_axis(half)
    assert kaplan_meier.survival(frame.week, frame.event)[1] == kaplan_meier.survival(week, event)[1]


def test_the_labels_of_spells_do_not_matter():
    spells = arguments_of("indicator.uncertainty")["spells"]
    other = spells.set_axis(np.zeros(len(spells), int))
    fits = list(cox.by_sex(other))
    same(indicator.uncertainty(spells).covariance, indicator.uncertainty(other, fits=fits).covariance)


def test_fits_of_other_spells_are_refused():
    spells = arguments_of("indicator.uncertainty")["spells"]
    fits = list(cox.by_sex(spells))
    with pytest.raises(InputError, match="fits has .* give what cox.by_sex returns for these spells"):
        indicator.uncertainty(spells.iloc[1:], fits=fits)


@pytest.mark.parametrize("method", ["baseline_survival", "trend"])
def test_methods_of_a_result_have_the_gate(method):
    result = cox.fit([1, 2, 3, 4], [1, 0, 1, 1], None)
    with pytest.raises(InputError, match=r"^(times|values) (has masked|must be)"):
        getattr(result, method)(np.ma.masked_equal([1.0, 2.0], 1.0))
