"""Every free number of the synthetic world, with its reason.

What the report prints is read from `seeds/published`, never repeated here. A number marked *calibrated* was
tuned so that the rebuilt tables come near the printed ones; the others are plausible levels that no printed
table fixes.
"""

DEFAULT_SEED = 20170601  # the day the report came out

# --- who arrives -----------------------------------------------------------------------------------------

# Persons by permit year; calibrated to the full-year persons of 2011-2015 that the accounts of Table 4.1 and
# the means of Table 4.3 imply, and to the spells by residence ground of Table 2.2.
PERSONS_BY_PERMIT_YEAR = {
    #       refugees, family reunified, ground unknown
    2008: (700, 1900, 0),
    2009: (750, 1650, 0),
    2010: (1000, 1200, 0),
    2011: (1150, 900, 0),
    2012: (1550, 1050, 0),
    2013: (2650, 1250, 0),
    2014: (4350, 1700, 40),
    2015: (6150, 2150, 435),
}
# Arrivals within the year: the share of the year's growth; 0 is even, 1 piles up in December. The refugees of
# 2014 and 2015 came in the second half of the year.
LATE_IN_YEAR = {2013: 0.2, 2014: 0.5, 2015: 0.7}
MEN_SHARE = {"refugee": 0.64, "family_reunified": 0.285, "unknown": 0.40}  # calibrated: Table 2.1

GROUND_SHARES = {
    "refugee": {"refugee_convention": 0.66, "refugee_b_status": 0.24, "refugee_quota": 0.10},
    "family_reunified": {
        "family_to_danish_or_nordic": 0.62,
        "family_to_foreigner": 0.20,
        "family_to_refugee": 0.18,
    },
    "unknown": {"unknown": 1.0},
}

# Countries by kind of arrival: code -> weight. The twenty printed countries and some of each continent.
REFUGEE_COUNTRIES_EARLY = {  # permits until 2012
    5404: 24, 5438: 15, 5436: 12, 5486: 14, 5289: 10, 5700: 6, 5414: 9, 5292: 2, 5213: 2, 5258: 2, 5103: 3,
    5418: 2, 5456: 1, 5152: 1, 5754: 1, 5761: 1, 5472: 1, 5318: 1, 5408: 4, 5266: 1, 5216: 2, 5706: 1,
}  # fmt: skip
REFUGEE_COUNTRIES_LATE = {  # permits from 2013
    5486: 60, 5216: 15, 5289: 6, 5438: 5, 5404: 4, 5103: 5, 5436: 2, 5700: 1, 5292: 1, 5214: 1, 5472: 1,
    5456: 1, 5414: 1, 5318: 0.5, 5418: 0.5, 5704: 0.5, 5754: 0.3, 5152: 0.2,
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
AGE_SHAPE, AGE_SCALE = 2.2, 6.2
OLDEST = 60
OLDEST_SHARE = 0.008  # aged 60 and over: enough for the few successes behind the printed standard error

# Danish education 1, 2, 3, unknown.
DANISH_EDUCATION_SHARES = {
    "refugee": (0.20, 0.53, 0.20, 0.07),
    "family_reunified": (0.07, 0.38, 0.48, 0.07),
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
MATCH_2_OR_3_SHARE = {"transfer": 0.40, "self_supporting": 0.02}

# --- settlement ------------------------------------------------------------------------------------------

OVERGENERATION = 1.045  # persons simulated for each person needed; the surplus of a municipality is dropped
RESERVE = 1.06  # pool of persons for each person settled, and beyond that a fixed number for small scales:
RESERVE_PERSONS = 500
RISK_CLASSES = 60  # classes of predicted risk in the settlement
# Municipalities differ in where their residents come from and in their schooling beyond the risk itself;
# gives the cost-need model of Table 5.1 something to identify its coefficients from.
AFFINITY_ORIGIN_SD = 0.45
AFFINITY_EDUCATION_SD = 0.35
AFFINITY_YOUNG_SD = 0.30
AFFINITY_RECENT_SD = 0.15
RECENT_FROM = 2013
# The report has an expenditure indicator for every benchmarked municipality, so each has more than 50 persons
# under the programme in some year: the smallest of them get more of the recent arrivals.
SMALL_MUNICIPALITY_SPELLS = (100, 230)
SMALL_MUNICIPALITY_RECENT = 2.5  # at the lower end, falling to 0 at the upper end

# --- the hazard of a success -----------------------------------------------------------------------------

# Weekly baseline hazard by sex: level * (1 - exp(-d / ramp)) * exp(slope * d / 100), d = weeks of the spell.
# Levels (at all covariates zero) are calibrated to the successes by sex of Table 2.1, ramp and slope to the
# mean weeks of the successes there.
BASELINE_LOG_LEVEL = {"men": -3.86, "women": -7.03}
BASELINE_RAMP_WEEKS = {"men": 16.0, "women": 18.0}
BASELINE_SLOPE = {"men": 0.8, "women": 1.4}

# Added to the printed coefficients in the simulation, so that a fit finds the printed ones. In the last 12
# weeks of the data no success can be seen any more, as it takes 13 weeks of employment, while spells still
# run; a fit reads that as a lower hazard of late spells. Calibrated over seeds.
HAZARD_CORRECTION = {
    "men": {"weeks_since_permit": 0.003, "permit_year_2015": 0.2},
    "women": {"weeks_since_permit": 0.0013, "permit_year_2015": 0.1},
}

# True municipal effects on the log hazard. In weeks of restricted mean they have this standard deviation
# (calibrated: unexplained standard deviation 4.9 of Table 3.1) and, in municipalities where most succeed, a
# positive mean (quintile 1 of Table 3.2 holds the shortest durations).
MUNICIPAL_EFFECT_SD_WEEKS = 3.6
MUNICIPAL_EFFECT_TOP_WEEKS = 6.0  # added where the printed success share is above the next number
MUNICIPAL_EFFECT_TOP_SHARE = 0.60
MUNICIPAL_EFFECT_LIMIT = 0.45  # on the log hazard
OUTLIER_MUNICIPALITY = 169  # Høje-Taastrup: highest benchmark and highest expenditure indicator
OUTLIER_EFFECT = 0.60

# --- what else happens -----------------------------------------------------------------------------------

MOVE_RATE = {"refugee": 0.030, "family_reunified": 0.025, "unknown": 0.02}  # to another municipality, a year
MOVE_REGION_SHARE = 0.6  # of the movers stay in the region
SHARP_MOVE_SHARE = 0.01  # successes that are shifted to the week of a move (the edge case)
# Ways to leave: a year, by group; calibrated to the 868 `left` of Table 2.1.
LEAVE_RATE = {"refugee": 0.0205, "family_reunified": 0.025, "unknown": 0.018}
LEAVE_SHARES = {"emigration": 0.45, "death": 0.05, "student_grant": 0.30, "maternity": 0.12, "pension": 0.08}
LEAVE_AFTER_WEEKS = 20  # nobody leaves before: everyone has a row in the population register
RETURN_SHARE = 0.25  # of the emigrated come back, after the programme

# Employed in the first week: of the reunified who came before that Monday; a few for the whole programme.
EMPLOYED_AT_START = 0.03
JOB_LOSS_RATE = {"refugee": 0.0172, "family_reunified": 0.0150, "unknown": 0.01}  # a week, after the first 13
TRANSFER_AFTER_JOB = {"refugee": 0.97, "family_reunified": 0.45, "unknown": 0.9}
MOST_SPELLS = 8
SIDE_JOB_SHARE = 0.22  # spells with a job that is too short or has too few hours
WEEKLY_HOURS = {37.0: 0.62, 32.0: 0.12, 30.0: 0.12, 25.0: 0.08, 40.0: 0.06}
HOURS_MARGIN = 20.3  # a success has at least this mean over its 13 weeks, so no rounding decides
INTEGRATION_BENEFIT_FROM = "2015-08-31"  # Monday of 2015-W36: new arrivals; everyone from July 2016
INTEGRATION_BENEFIT_FOR_ALL_FROM = "2016-07-04"

# --- health in the first year -----------------------------------------------------------------------------

# Chance of at least one such event in the health year (men, women); refugees see the psychiatric ones more.
EVENT_SHARES = {
    ("specialty", "04"): (0.04, 0.06),
    ("specialty", "06"): (0.008, 0.010),
    ("specialty", "07"): (0.0, 0.13),
    ("specialty", "08"): (0.008, 0.010),
    ("specialty", "09"): (0.006, 0.006),
    ("specialty", "19"): (0.05, 0.05),
    ("specialty", "21"): (0.07, 0.06),
    ("specialty", "24"): (0.010, 0.010),
    ("specialty", "63"): (0.010, 0.015),
    ("specialty", "50"): (0.40, 0.45),
    ("specialty", "54"): (0.005, 0.008),
    ("diagnosis_chapter", "F"): (0.015, 0.012),
    ("diagnosis_chapter", "M"): (0.035, 0.025),
    ("diagnosis_chapter", "I"): (0.012, 0.008),
    ("diagnosis_chapter", "G"): (0.012, 0.012),
    ("diagnosis_chapter", "E"): (0.012, 0.020),
    ("diagnosis_chapter", "H"): (0.020, 0.015),
    ("diagnosis_chapter", "O"): (0.0, 0.10),
    ("diagnosis_chapter", "J"): (0.015, 0.012),
    ("atc", "N05"): (0.015, 0.012),
    ("atc", "N06"): (0.020, 0.020),
    ("atc", "M01"): (0.10, 0.09),
    ("atc", "C01"): (0.003, 0.002),
    ("atc", "C03"): (0.006, 0.008),
    ("atc", "C07"): (0.012, 0.012),
    ("atc", "C08"): (0.012, 0.008),
    ("atc", "C09"): (0.018, 0.010),
    ("atc", "C10"): (0.015, 0.006),
    ("atc", "A10"): (0.014, 0.012),
    ("atc", "N02"): (0.07, 0.08),
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

LABOUR_MARKET = {
    "Byen København": (5.2, 0.94, 47.0),
    "Københavns omegn": (4.9, 1.00, 43.0),
    "Nordsjælland": (4.0, 0.76, 41.0),
    "Bornholm": (6.6, 0.72, 32.0),
    "Østsjælland": (4.3, 0.74, 37.0),
    "Vest- og Sydsjælland": (5.4, 0.68, 33.0),
    "Fyn": (5.9, 0.78, 36.0),
    "Sydjylland": (4.7, 0.86, 34.0),
    "Østjylland": (5.0, 0.83, 40.0),
    "Vestjylland": (4.2, 0.85, 33.0),
    "Nordjylland": (5.7, 0.79, 35.0),
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

# Spread of the municipal expenditure indicator around its quintile mean (Table 5.2), and of the years.
INDICATOR_SPREAD = (0.06, 0.02, 0.03, 0.05, 0.09)
OUTLIER_INDICATOR = 1.75
YEAR_NOISE_SD = {2011: 0.26, 2012: 0.26, 2013: 0.14, 2014: 0.13, 2015: 0.12}  # calibrated: Table 4.3
LOWEST_NEED_DKK = 20_000.0  # no cell is predicted to need less
LOWEST_RATIO = 0.35  # of actual to predicted spending
CONSISTENCY_ROUNDS = 8
COEFFICIENT_ERROR_SHARE = 0.10  # of a printed standard error: how far a fitted coefficient may be off
FEWEST_CELLS = 150  # below (small scales) the spending is not made consistent with the indicators
GROUPING_SPREAD = 0.6  # log standard deviation of a municipality's share of a grouping
PAYMENT_HOSTS = 0.2  # municipalities that run courses for others
PRIVATE = {"001": 0.35, "010": 0.45, "011": 0.45}  # share bought from private suppliers (EJER 4)
OTHER_GROSS = {"012": 0.50, "013": 0.35, "200": 0.14, "999": 0.01}
OTHER_INCOME = {"012": 0.6, "013": 0.4}
REFUNDED = {"001": 0.2, "010": 0.5, "011": 0.2, "013": 0.1}
