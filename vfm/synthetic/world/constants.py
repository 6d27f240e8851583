"""Every free number of the synthetic world, with its reason.

What the report prints is read from `seeds/published`, never repeated here. What can be fitted to it one by
one is, by `make calibrate`, and lies in `fitted.json`. The others were set by hand: between printed tables
that pull apart, by public figures (docs/synthetic.md), or at plausible levels that nothing printed fixes.
"""

import json
from pathlib import Path

DEFAULT_SEED = 20170601  # the day the report came out

# What `make calibrate` fitted; the names in capitals below say to which printed table.
FITTED_FILE = Path(__file__).with_name("fitted.json")
_FITTED = json.loads(FITTED_FILE.read_text(encoding="utf-8"))


def _persons_by_permit_year(fitted):
    """Persons by group and permit year; JSON has the years as texts."""
    return {
        group: {int(year): persons for year, persons in years.items()}
        for group, years in fitted["persons_by_permit_year"].items()
    }


def use_fitted(fitted: dict) -> None:
    """Take these fitted numbers in this process instead; `fitted` is as the file."""
    globals().update(
        PERSONS_BY_PERMIT_YEAR=_persons_by_permit_year(fitted),
        **{name.upper(): values for name, values in fitted.items() if name != "persons_by_permit_year"},
    )


# --- who arrives -----------------------------------------------------------------------------------------

# Persons by permit year: the spells by residence ground of Table 2.2 and the full-year persons of
# 2011-2015, which are the expenditure of Table 4.1 over the mean of Table 4.3. The fitted numbers stay as
# near as that allows to the reference, which follows the permits that Denmark gave (refugees: 65 % of all
# ages) but for 2008: its persons fill spells and leave before most of the years with accounts.
REFERENCE_PERSONS = {
    "refugee": {
        2008: 1100, 2009: 890, 2010: 1380, 2011: 1460, 2012: 1680, 2013: 2530, 2014: 4300, 2015: 5400,
    },
    "family_reunified": {
        2008: 4500, 2009: 1700, 2010: 1400, 2011: 1150, 2012: 1100, 2013: 1200, 2014: 1500, 2015: 1600,
    },
    "unknown": {2014: 40, 2015: 435},
}  # fmt: skip
PERSONS_BY_PERMIT_YEAR = _persons_by_permit_year(_FITTED)
FULL_YEAR_PERSONS_SHARE = 0.975  # Table 4.3 has plain means, and small municipalities spend less a person
# Arrivals within the year: the share of the year's growth; 0 is even, 1 piles up in December. Those of 2015
# are seen the shorter the later they come, and Table 3.1's mean asks for many weeks seen.
LATE_IN_YEAR = {2008: -0.8, 2013: 0.1, 2014: 0.1, 2015: -0.3}
MEN_SHARE = _FITTED["men_share"]  # Table 2.1: spells by sex

# Grounds by the last permit year they hold for. Denmark takes 500 quota refugees a year, children included,
# and the spouses of refugees follow the refugees.
GROUND_SHARES = {
    "refugee": {
        2009: {"refugee_convention": 0.46, "refugee_b_status": 0.17, "refugee_quota": 0.37},
        2012: {"refugee_convention": 0.55, "refugee_b_status": 0.21, "refugee_quota": 0.24},
        2013: {"refugee_convention": 0.66, "refugee_b_status": 0.24, "refugee_quota": 0.10},
        2015: {"refugee_convention": 0.69, "refugee_b_status": 0.26, "refugee_quota": 0.05},
    },
    "family_reunified": {
        2010: {"family_to_danish_or_nordic": 0.67, "family_to_foreigner": 0.21, "family_to_refugee": 0.12},
        2013: {"family_to_danish_or_nordic": 0.53, "family_to_foreigner": 0.17, "family_to_refugee": 0.30},
        2014: {"family_to_danish_or_nordic": 0.40, "family_to_foreigner": 0.12, "family_to_refugee": 0.48},
        2015: {"family_to_danish_or_nordic": 0.30, "family_to_foreigner": 0.10, "family_to_refugee": 0.60},
    },
    "unknown": {2015: {"unknown": 1.0}},
}

# Countries by kind of arrival: code -> weight. The twenty printed countries and some of each continent. Of
# the refugees by the last permit year they hold for: Syrians from 2013, Eritreans from 2015 (98 had applied
# in 2013).
REFUGEE_COUNTRIES = {
    2012: {
        5404: 24, 5438: 15, 5436: 12, 5486: 14, 5289: 10, 5700: 6, 5414: 9, 5292: 2, 5213: 2,
        5258: 2, 5103: 3,
        5418: 2, 5456: 1, 5152: 1, 5754: 1, 5761: 1, 5472: 1, 5318: 1, 5408: 4, 5266: 1, 5216: 1, 5706: 1,
    },
    2013: {
        5486: 60, 5289: 14, 5438: 7, 5404: 6, 5103: 4, 5436: 2, 5700: 1.5, 5216: 0.7, 5292: 1,
        5214: 1, 5472: 1,
        5456: 1, 5414: 1, 5318: 0.5, 5418: 0.5, 5704: 0.5, 5754: 0.3, 5152: 0.3,
    },
    2014: {
        5486: 68, 5103: 5, 5289: 6, 5438: 5, 5216: 4, 5404: 4, 5436: 2, 5700: 1, 5292: 1, 5214: 1,
        5472: 1, 5456: 1,
        5414: 1, 5318: 0.5, 5418: 0.5, 5704: 0.5, 5754: 0.3, 5152: 0.2,
    },
    2015: {
        5486: 58, 5216: 25, 5103: 5, 5278: 2, 5438: 3, 5404: 3, 5289: 1.5, 5436: 1, 5700: 0.5,
        5292: 0.5, 5214: 0.5,
        5472: 0.5, 5456: 0.5, 5414: 0.5, 5318: 0.3, 5418: 0.3, 5704: 0.3, 5754: 0.2, 5152: 0.2,
    },
}  # fmt: skip
SPOUSE_COUNTRIES_WOMEN = {
    5492: 15, 5474: 10, 5172: 8, 5472: 6, 5448: 6, 5488: 4, 5700: 5, 5704: 5, 5244: 3, 5436: 3, 5438: 3,
    5404: 2, 5289: 2, 5418: 1.5, 5432: 3, 5456: 2, 5754: 1.5, 5756: 2.5, 5152: 1, 5757: 2, 5706: 1, 5306: 3,
    5354: 1.5, 5318: 1.5, 5324: 1, 5228: 1.5, 5234: 2, 5266: 1, 5246: 1, 5434: 1.5, 5464: 1.5, 5444: 1.5,
    5102: 0.7, 5486: 2,
}  # fmt: skip
SPOUSE_COUNTRIES_MEN = {
    5172: 20, 5472: 9, 5436: 5, 5456: 5, 5244: 6, 5756: 6, 5754: 2, 5152: 2, 5757: 3, 5761: 3, 5438: 4,
    5404: 3, 5289: 3, 5448: 2, 5488: 2, 5432: 3, 5418: 2, 5700: 2, 5704: 1.5, 5474: 2, 5492: 1.5, 5228: 3,
    5222: 2, 5246: 3, 5272: 3, 5268: 2, 5306: 1.5, 5324: 2, 5354: 1, 5410: 1.5, 5102: 0.7, 5486: 2,
}  # fmt: skip
UNKNOWN_COUNTRIES = {5486: 80, 5216: 8, 5103: 6, 5404: 3, 5289: 3}

# Age on 31 December of the permit year: 18 + a gamma variable. Turning 64 within reach is left out.
# Few are 18 or 19: the reference level of the age groups rests on few successes (standard errors of appendix
# table 6.1), and spouses of Danes and foreigners must be 24.
AGE_SHAPE, AGE_SCALE = 2.2, 6.2
OLDEST = 60
TEENAGERS_KEPT = {"men": 0.5, "women": 0.6}  # the others are drawn again among the young adults
SPOUSE_AGE, SPOUSES_UNDER_AGE = 24, 0.10
OLDEST_SHARE = 0.008  # aged 60 and over: enough for the few successes behind the printed standard error

# Danish education 1, 2, 3, unknown.
DANISH_EDUCATION_SHARES = {
    "refugee": (0.21, 0.53, 0.21, 0.05),
    "family_reunified": (0.08, 0.39, 0.48, 0.05),
    "unknown": (0.15, 0.35, 0.10, 0.40),
}
DANISH_EDUCATION_TOWARDS_1 = {
    "africa": 0.10,
    "somalia": 0.25,
    "afghanistan": 0.15,
    "europe_outside_eu28": -0.05,
}

MARRIED_SHARE = {
    "refugee": (0.42, 0.68),
    "family_reunified": (0.93, 0.93),
    "unknown": (0.40, 0.65),
}  # men, women
COHABITING_SHARE = {"refugee": 0.01, "family_reunified": 0.05, "unknown": 0.01}
DANISH_ORIGIN_OF_PARTNER = 0.80  # of the Danish or Nordic partners; the others are descendants or naturalised
CHILDREN_MEAN = {"refugee": 1.7, "family_reunified": 0.75, "unknown": 1.5}  # with a partner
CHILDREN_MEAN_SINGLE = {"refugee": (0.02, 0.7), "family_reunified": (0.02, 0.2), "unknown": (0.02, 0.6)}

# Permit before entry (then the programme starts after the entry), entry before the permit.
PERMIT_BEFORE_ENTRY = {"refugee": 0.06, "family_reunified": 0.50, "unknown": 0.0}
ENTRY_BEFORE_PERMIT = {"refugee": 0.03, "family_reunified": 0.10, "unknown": 0.0}
EARLIER_STAY = 0.01  # entered years before, for study or work; another permit comes first

# On a transfer while out of work (the others support themselves and are mostly absent from DREAM).
TRANSFER_SHARE = {
    "refugee_convention": 0.985,
    "refugee_b_status": 0.985,
    "refugee_quota": 0.99,
    "family_to_danish_or_nordic": 0.08,
    "family_to_foreigner": 0.12,
    "family_to_refugee": 0.55,
    "unknown": 0.95,
}
MATCH_2_OR_3_SHARE = {"transfer": 0.25, "self_supporting": 0.01}

# --- settlement ------------------------------------------------------------------------------------------

# Candidates for each person of the pool. Of the candidates of a group, sex and permit year those are kept who
# win a race with odds exp(tilt * log risk): it gives the successes of the groups of Table 2.2.
CANDIDATES = 2.2
RISK_TILT = _FITTED["risk_tilt"]
FEWEST_OF_UNKNOWN_GROUND = 10  # spells of each outcome: Table 2.2 leaves 4, which would be withheld
OVERGENERATION = 1.07  # spells simulated for each spell needed; the surplus of a municipality is dropped
RESERVE = 1.18  # pool of persons for each person settled, and beyond that a fixed number for small scales:
RESERVE_PERSONS = 500
RISK_CLASSES = 60  # classes of predicted risk in the settlement
# Municipalities differ in where their residents come from and in their schooling beyond the risk itself;
# gives the cost-need model of Table 5.1 something to identify its coefficients from.
AFFINITY_ORIGIN_SD = 0.45
AFFINITY_EDUCATION_SD = 0.35
AFFINITY_YOUNG_SD = 0.30
AFFINITY_RECENT_SD = 0.15
RECENT_FROM = 2013
# The report has an expenditure indicator for every benchmarked municipality, so each has more than 50
# persons under the programme in some year: the smallest get more of the recent arrivals. And 421 of 460
# cells have more than 50, so those next in size get more of the early ones. Log odds of the recent by the
# persons settled:
FURTHER_SPELLS = 0.4  # of the spells where everyone succeeds, a later one of the same person
RECENT_AFFINITY_PERSONS = (75, 95, 115, 140, 260, 350)
RECENT_AFFINITY = (2.8, 2.0, 1.0, -0.5, -0.5, 0.0)

# --- the hazard of a success -----------------------------------------------------------------------------

# Weekly baseline hazard by sex: level * (1 + (start - 1) * exp(-d / ramp)) * exp(slope * d / 100), d =
# weeks of the spell. Levels (at all covariates zero) give the successes by sex of Table 2.1, slopes the
# mean weeks of them; that many come early and many late lets Table 3.1's mean be high at the same time.
BASELINE_LOG_LEVEL = _FITTED["baseline_log_level"]
BASELINE_START = 10.0
BASELINE_RAMP_WEEKS = {"men": 13.0, "women": 13.0}
WEEKS_TOWARDS_TABLE_3_1 = 1.3  # later successes than in Table 2.1: Table 3.1's mean pulls that way
BASELINE_SLOPE = _FITTED["baseline_slope"]

# Added to the printed coefficients (appendix table 6.1) in the simulation, so that a fit finds the printed
# ones. In the last 12 weeks of the data no success can be seen any more, as it takes 13 weeks of
# employment, while spells still run; and what the municipalities do better or worse goes along with who
# lives there.
HAZARD_CORRECTION = _FITTED["hazard_correction"]

# The benchmark of Tables 3.2 and 5.3; see `benchmark.designed_indicators`.
BENCHMARK_WEEKS_BY_EXPENDITURE = 7.0  # by which one more of the expenditure indicator moves up
BENCHMARK_NOISE_WEEKS = 2.0  # chance in the order of the municipalities
BENCHMARK_DRAFTS = 30  # orders; the one is taken whose effects the labour market explains least
BENCHMARK_GAP = 0.012  # between the outer fifths and their neighbours
LONGEST_LEFT_OUT = 1  # of each expenditure position, when those below 1 are chosen from the longest weeks
STANDING_OUT_SHARE = 0.5  # success share that those above 1 are below
OUTLIER_MUNICIPALITY = 169  # Høje-Taastrup: highest benchmark and highest expenditure indicator
OUTLIER_BENCHMARK = 1.21
# What those above 1 are moved by from their cells of Table 5.3, by expenditure position: Copenhagen falls in
# the middle cell too, and the first fifth of Table 3.2 is lower than the cells allow.
ABOVE_1_SHIFT = {"below": -0.004, "around": 0.017, "above": -0.006}
# Rounds in which settlement and municipal effects are brought to the designed indicators and the printed
# success shares, and the part of what is missing that a round makes up for (indicators, shares). In the
# last rounds the surplus of spells is dropped first, and the best of them is taken: where one spell more is
# a week, no round meets all. Small worlds are not tuned: chance is too large in them.
TUNING_ROUNDS = 10
EXACT_ROUNDS = 6
TUNED_FROM_SCALE = 1.0
TUNING_STEPS = (0.5, 0.5)

# --- what else happens -----------------------------------------------------------------------------------

# To another municipality, a year. 11-19 % of the refugees leave their first municipality within three
# years; the men far more often than the women, as the weeks of Table 2.1 ask for.
MOVE_RATE = {
    "men": {"refugee": 0.065, "family_reunified": 0.025, "unknown": 0.02},
    "women": {"refugee": 0.025, "family_reunified": 0.018, "unknown": 0.02},
}
MOVE_REGION_SHARE = 0.6  # of the movers stay in the region
SHARP_MOVE_SHARE = 0.01  # successes that are shifted to the week of a move (the edge case)
# Ways to leave: a year, by group and sex; the spells that `left` in Tables 2.1 and 2.2.
LEAVE_RATE = _FITTED["leave_rate"]
LEAVE_SHARES = {"emigration": 0.45, "death": 0.05, "student_grant": 0.30, "maternity": 0.12, "pension": 0.08}
LEAVE_AFTER_WEEKS = 20  # nobody leaves before: everyone has a row in the population register
RETURN_SHARE = 0.25  # of the emigrated come back, after the programme

# Employed in the first week: of the reunified who came before that Monday; a few for the whole programme.
EMPLOYED_AT_START = 0.015
# A week, after the first 13. The more often, the more spells start late in the programme and the shorter
# they are: set between the weeks of Table 2.1, by sex, and the mean of Table 3.1. Who finds a job easily
# loses it less easily, (cumulative hazard over the window) ** -slope: else those with most spells would be
# those whose spells the window cuts off, and Kaplan-Meier would see longer durations than the Cox model
# expects.
JOB_LOSS_RATE = {"men": 0.15, "women": 0.018}
JOB_LOSS_RISK_SLOPE = 1.3
TRANSFER_AFTER_JOB = {"refugee": 0.97, "family_reunified": 0.45, "unknown": 0.9}
MOST_SPELLS = 10
SIDE_JOB_SHARE = 0.22  # spells with a job that is too short or has too few hours
WEEKLY_HOURS = {37.0: 0.62, 32.0: 0.12, 30.0: 0.12, 25.0: 0.08, 40.0: 0.06}
HOURS_MARGIN = 20.3  # a success has at least this mean over its 13 weeks, so no rounding decides
INTEGRATION_BENEFIT_FROM = "2015-08-31"  # Monday of 2015-W36: new arrivals; everyone from July 2016
INTEGRATION_BENEFIT_FOR_ALL_FROM = "2016-07-04"

# --- health in the first year -----------------------------------------------------------------------------

# Chance of at least one such event in the health year (men, women); refugees see the psychiatric ones more.
# Levels: public shares where they exist (docs/synthetic.md); otherwise set so that the standard errors of
# appendix table 6.1 come out.
EVENT_SHARES = {
    ("specialty", "04"): (0.04, 0.06),
    ("specialty", "06"): (0.008, 0.010),
    ("specialty", "07"): (0.0, 0.13),
    ("specialty", "08"): (0.008, 0.010),
    ("specialty", "09"): (0.006, 0.006),
    ("specialty", "19"): (0.030, 0.018),
    ("specialty", "21"): (0.07, 0.06),
    ("specialty", "24"): (0.004, 0.003),
    ("specialty", "63"): (0.004, 0.004),
    ("specialty", "50"): (0.22, 0.27),
    ("specialty", "54"): (0.005, 0.008),
    ("diagnosis_chapter", "F"): (0.006, 0.004),
    ("diagnosis_chapter", "M"): (0.012, 0.010),
    ("diagnosis_chapter", "I"): (0.012, 0.008),
    ("diagnosis_chapter", "G"): (0.012, 0.012),
    ("diagnosis_chapter", "E"): (0.003, 0.012),
    ("diagnosis_chapter", "H"): (0.012, 0.008),
    ("diagnosis_chapter", "O"): (0.0, 0.10),
    ("diagnosis_chapter", "J"): (0.015, 0.012),
    ("atc", "N05"): (0.006, 0.004),
    ("atc", "N06"): (0.008, 0.006),
    ("atc", "M01"): (0.020, 0.022),
    ("atc", "C01"): (0.003, 0.002),
    ("atc", "C03"): (0.006, 0.008),
    ("atc", "C07"): (0.012, 0.012),
    ("atc", "C08"): (0.012, 0.008),
    ("atc", "C09"): (0.018, 0.010),
    ("atc", "C10"): (0.015, 0.006),
    ("atc", "A10"): (0.005, 0.010),
    ("atc", "N02"): (0.035, 0.026),
    ("atc", "J01"): (0.12, 0.22),
    ("atc", "R06"): (0.04, 0.05),
}
PSYCHIATRIC = {
    ("specialty", "24"),
    ("specialty", "63"),
    ("diagnosis_chapter", "F"),
    ("atc", "N05"),
    ("atc", "N06"),
}
PSYCHIATRIC_FACTOR_REFUGEE = 3.0
INPATIENT_SHARE = 0.35  # of the diagnoses; the births stay longer
GP_MEAN = {False: 3.2, True: 5.6}  # men, women; overdispersed

# --- mess in the registers ----------------------------------------------------------------------------------

OTHERS_SHARE = 0.04  # of the population
STOPOVER_SHARE = 0.03  # of the moves pass through a third municipality in the same week
SECOND_ROW_SHARE = 0.02  # of the later moves are registered twice on the day, the higher code is true
WITHIN_SHARE = 0.05  # of the persons move inside their municipality: KOM = GL_KOM
EARLIER_MOVE_SHARE = 0.4  # of those with an earlier stay moved before the programme started
DUPLICATE_SHARE = 0.02  # rows of VNDS that are delivered twice
SECOND_PERMIT_SHARE = 0.12  # a later qualifying permit, on another ground
EARLIER_PERMIT_SHARE = 0.02  # a permit before that does not qualify
LATER_CHILD_SHARE = 0.25  # of the couples have a child after the reference date
HOLIDAY_SHARE = 0.10  # of the jobs have a week or two of holiday pay: no transfer
SUBSIDISED_SHARE = 0.01  # of the benefit periods end in subsidised work
PAIR_SHARE = 0.12  # of the job months come in two rows
AFTER_SHARE = 0.15  # further events after the health year, for each one in it
ZERO_SHARE = 0.04  # rows without a contact, for each row
CHILD_SHARE = 0.5  # rows for the child, for each parent of a small child
UNPADDED_SHARE = 0.3  # of the specialties come without their leading zero

# --- labour market by province: unemployment (percent), jobs per resident, medium or high skill (percent) ---

# Plausible levels less what the municipal effects, on average over seeds, explain of them: a fit would give
# it to the labour market, and the coefficients would not be the printed ones. BENCHMARK_DRAFTS does the rest.

LABOUR_MARKET = {
    "Byen København": (5.6, 0.88, 42.9),
    "Københavns omegn": (5.0, 0.878, 35.5),
    "Nordsjælland": (4.2, 0.796, 41.8),
    "Bornholm": (6.6, 0.742, 33.8),
    "Østsjælland": (4.2, 0.738, 37.7),
    "Vest- og Sydsjælland": (5.4, 0.722, 36.4),
    "Fyn": (5.9, 0.847, 41.0),
    "Sydjylland": (4.6, 0.899, 37.5),
    "Østjylland": (4.9, 0.869, 43.5),
    "Vestjylland": (4.1, 0.899, 37.8),
    "Nordjylland": (5.6, 0.851, 40.9),
}
UNEMPLOYMENT_BY_YEAR = {  # relative to the mean of the years: low before the crisis, high until 2013
    2007: 0.75, 2008: 0.55, 2009: 1.0, 2010: 1.25, 2011: 1.2, 2012: 1.2, 2013: 1.15, 2014: 1.0, 2015: 0.9,
}  # fmt: skip
JOBS_BY_YEAR = {
    2007: 1.03, 2008: 1.03, 2009: 1.00, 2010: 0.985, 2011: 0.985, 2012: 0.985, 2013: 0.985, 2014: 0.995,
    2015: 1.005,
}  # fmt: skip
SKILL_TREND_PER_YEAR = 0.4  # percentage points

# --- accounts --------------------------------------------------------------------------------------------

# Spread of the municipal expenditure indicator around its quintile mean (Table 5.2).
INDICATOR_SPREAD = (0.05, 0.02, 0.03, 0.04, 0.15)
UPPER_TAIL = 0.01  # in the last quintile exponential, cut off at -log of this: Figure 5.4's inefficiency
OUTLIER_INDICATOR = 1.75  # Figure 5.1: apart from all others
INDICATOR_RANGE = (0.55, 1.56)  # of the others
EDGE = 0.01  # an indicator keeps this distance from the middle between two quintile means
# Noise of a year's spending, log standard deviation: YEAR_NOISE * persons ** -YEAR_NOISE_POWER, before it is
# scaled to Table 4.3. A power of 0.5 would leave large municipalities less spread than Table 5.1 has.
YEAR_NOISE, YEAR_NOISE_POWER = 1.3, 0.4
SPREAD_SHARE = (
    1.07  # of the printed spread of a year: the minimum and maximum are no part of the model's cells
)
NOISE_SCALES = (0.05, 3.0)  # limits of what scales the noise of a municipality or a year
LOWEST_NEED_DKK = 30_000.0  # no cell is predicted to need less, where the coefficients can avoid it ...
LOWEST_NEED_UNIT_DKK = 5_000.0  # ... at this price: as much as one standard error of a coefficient
# What counts as a deviation of one, next to one printed standard error, in the choice of the coefficients.
T_UNIT = 0.8  # a t value: the comparison allows 2, and a fit moves it again
MEAN_UNIT = 0.025  # share of a year's mean and national total: the comparison allows 5 %
# Who stands apart from 1 (Table 5.3).
APART = 0.045  # least distance of the indicator from 1
FEWEST_YEARS_APART = 4  # with fewer years hardly any interval excludes 1
CLEARLY = 1.25  # distance from 1 in widths of the interval, at least; at most its inverse for those around 1
UNNATURAL_PRICE = 0.5  # of a position against the usual noise, next to one unit of a cell's mean
# Units in the choice of who is in which cell of Table 5.3; the comparison allows 8 % and 0.03.
CELL_MONEY_UNIT, CELL_BENCHMARK_UNIT, CELL_COUNT_UNIT = 0.028, 0.0075, 1.0
# Units of the conditions on spending: what counts as much as one standard deviation of the noise.
TOTAL_UNIT = 0.0001
YEAR_MEAN_UNIT = 0.005
COEFFICIENT_ERROR_SHARE = 0.01  # of a printed standard error
INDICATOR_UNIT = 0.004
CELL_SPENDING_UNIT = 0.01
EXTREME_UNIT = 0.02
ADAPTATION_UNIT = 0.05  # of the indicators, before
SLOPE_SHARE = 1.7  # of the printed slope without the outlier; about half of it comes out
EXTREME_SLACK = 0.14  # other cells may be this share outside the printed minimum and maximum
FEWEST_PERSONS_EXTREME, FEWEST_CELLS_EXTREME = 10, 5  # of the small cells that may be minimum or maximum
CONSISTENCY_ROUNDS, BOUND_ROUNDS = 16, 3
GROUPING_SPREAD = 0.6  # log standard deviation of a municipality's share of a grouping
PAYMENT_HOSTS = 0.2  # municipalities that run courses for others
PRIVATE = {"001": 0.35, "010": 0.45, "011": 0.45}  # share bought from private suppliers (EJER 4)
OTHER_GROSS = {"012": 0.50, "013": 0.35, "200": 0.14, "999": 0.01}
OTHER_INCOME = {"012": 0.6, "013": 0.4}
REFUNDED = {"001": 0.2, "010": 0.5, "011": 0.2, "013": 0.1}
