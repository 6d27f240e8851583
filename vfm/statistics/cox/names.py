"""Names that a Cox model uses: kinds of ties, and what became of a column."""

from vfm.statistics.arguments import WEEKS, Labels, OneOf, Result, Several, Table, Together, Truth

TIES = ("breslow", "efron")

#: Columns of the model input that are not covariates (intermediate.int_cox_input).
ID_COLUMNS = (
    "spell_id",
    "person_id",
    "sex",
    "municipality_code",
    "duration_weeks",
    "is_success",
    "is_benchmarked",
)

#: The model input: covariates are the further columns.
SPELLS = Table(
    {
        "spell_id": Labels(),
        "person_id": Labels(),
        "sex": Labels(),
        "municipality_code": Labels(),
        "duration_weeks": WEEKS,
        "is_success": Truth(),
        "is_benchmarked": Truth(),
    },
    key=("spell_id",),
)
ONE_OF_TIES = OneOf(TIES)
#: A fitted model, and what `by_sex` gives.
RESULT = Result(("coefficients", "covariance", "rows", "linear_predictor", "baseline_survival"), "cox.fit")
FITS = Several(Together((Result(("upper",), "cox.by_sex"), SPELLS, RESULT)), "cox.by_sex")

ESTIMATED = "estimated"
CONSTANT = "dropped_constant"
COLLINEAR = "dropped_collinear"
INFINITE = "infinite"
