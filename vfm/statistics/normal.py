"""The normal distribution's quantile behind every 95 % interval."""

from scipy import special

Z_975 = special.ndtri(0.975)
