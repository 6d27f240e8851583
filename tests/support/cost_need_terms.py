"""The shares of the cost-need models, typed from Table 5.1 of the report: the tests' own list."""

import pandas as pd

FIRST = [
    "share_danish_education_unknown",
    "share_danish_education_1",
    "share_danish_education_2",
    "share_under_25",
    "share_refugees",
]
SECOND = ["share_europe_outside_eu28", "share_south_central_america", "share_asia"]
THIRD = ["share_syria", "share_thailand_philippines", "share_turkey", "share_iran_afghanistan"]
SHARES = FIRST + SECOND + THIRD

#: As intermediate.int_composition_terms, with two shares that no model uses.
COMPOSITION_TERMS = pd.DataFrame(
    {
        "position": range(1, 15),
        "term": [*FIRST, "share_danish_education_3", *SECOND, "share_africa", *THIRD],
        "in_model": [1.0] * 5 + [None] + [2.0] * 3 + [None] + [3.0] * 4,
    }
)
