"""Names that a Cox model uses: kinds of ties, and what became of a column."""

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

ESTIMATED = "estimated"
CONSTANT = "dropped_constant"
COLLINEAR = "dropped_collinear"
INFINITE = "infinite"
