"""Statistics of a few runs: Student's t and what rests on it, with the standard library alone.

Sources: Press and others, Numerical Recipes, 3rd ed. (NR); the NIST Digital Library of Mathematical Functions (DLMF).
The tests hold every function to scipy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

LEVEL = 0.95
"""The level of `@ucl95`, `@lcl95` and of comparisons with a base, one-sided."""

POWER = 0.8
"""The chance to decide at which "k more runs would decide" is reckoned: Cohen's convention."""

FEWEST = 3
"""The fewest runs whose spread says anything: at two, t(1) is 6.3 and its quantile at 99% is 32."""

MOST_RUNS = 1000
"""The most further runs that are worth naming."""

_SMALLEST = 1e-300  # in place of zero in the continued fraction (NR 6.4)
_EPSILON = 2.0**-53


class Sample(NamedTuple):
    """How many values there are, their mean and their standard deviation (n - 1), NaN for a single one."""

    n: int
    mean: float
    sd: float


class Estimate(NamedTuple):
    """A mean or a difference of means, with its standard error and the degrees of freedom of that."""

    value: float
    error: float
    df: float

    def tail(self, threshold: float, *, below: bool) -> float:
        """Return the p-value against "the true value is not below (or above) the threshold", one-sided."""
        distance = _difference(threshold, self.value, self.error)
        return t_tail(distance if below else -distance, self.df)

    def bound(self, alpha: float, *, upper: bool) -> float:
        """Return the one-sided bound that the true value passes with probability `alpha`: value ± t·error."""
        reach = t_critical(alpha, self.df) * self.error
        return self.value + reach if upper else self.value - reach


def sample(values: Sequence[float]) -> Sample:
    """Return mean and spread of values, exact for equal ones and never overflowing on the way."""
    n, least, most = len(values), float(min(values)), float(max(values))
    if least == most:
        return Sample(n, least, 0.0 if n > 1 else math.nan)
    scale = max(-least, most)
    # A power of two, so that scaling changes no digit: squares then neither overflow nor vanish.
    exponent = 0 if 1e-100 < scale < 1e100 else math.frexp(scale)[1]
    scaled = [math.ldexp(value, -exponent) for value in values] if exponent else values
    mean = math.fsum(scaled) / n
    sd = math.sqrt(math.fsum([(value - mean) * (value - mean) for value in scaled]) / (n - 1))
    return Sample(n, _rescaled(mean, exponent), _rescaled(sd, exponent)) if exponent else Sample(n, mean, sd)


def _rescaled(value: float, exponent: int) -> float:
    try:
        return math.ldexp(value, exponent)
    except OverflowError:
        return math.copysign(math.inf, value)


def _difference(a: float, b: float, unit: float) -> float:
    """Return (a - b) / unit; NaN where nothing is known of it."""
    whole = a - b
    top, bottom = (whole, unit) if math.isfinite(whole) else (a / 2 - b / 2, unit / 2)
    return top / bottom if bottom > 0 else math.nan


def of_mean(group: Sample) -> Estimate:
    """Return the estimate of a group's mean: s/√n with n - 1 degrees of freedom (Student 1908)."""
    return Estimate(group.mean, group.sd / math.sqrt(group.n), group.n - 1)


def welch(a: Estimate, b: Estimate) -> Estimate:
    """Return the estimate of a - b where the spreads differ (Welch 1947; degrees of freedom by Satterthwaite 1946)."""
    largest = max(a.error, b.error)
    error = math.hypot(a.error, b.error)
    if not 0 < largest < math.inf:
        return Estimate(a.value - b.value, error, min(a.df, b.df))
    va, vb = (a.error / largest) ** 2, (b.error / largest) ** 2
    return Estimate(a.value - b.value, error, (va + vb) ** 2 / (va * va / a.df + vb * vb / b.df))


def paired(pairs: Sequence[tuple[float, float]]) -> Estimate:
    """Return the estimate of the mean of a - b over pairs (paired t)."""
    return of_mean(sample([a - b for a, b in pairs]))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return adjusted p-values in the same order: each ≤ α rejects, at most α over all of them (Holm 1979)."""
    adjusted = [1.0] * len(p_values)
    largest = 0.0
    for rank, at in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[at]))
        adjusted[at] = largest
    return adjusted


def holm_levels(p_values: Sequence[float], alpha: float) -> list[float]:
    """Return Holm's level for each p-value: it is at most its level exactly where the adjusted one is at most α.

    The smallest has α/k, the next α/(k - 1), until one is above; that one's level is the level of the rest.
    """
    levels = [alpha] * len(p_values)
    place, open_ = 0, True
    for at in sorted(range(len(p_values)), key=p_values.__getitem__):
        levels[at] = alpha / (len(p_values) - place)
        open_ = open_ and p_values[at] <= levels[at]
        place += open_
    return levels


def wilson(share: float, n: int, alpha: float, *, upper: bool) -> float:
    """Return the one-sided bound of a proportion (Wilson 1927): inside [0, 1], and right at 0 and 1 too."""
    z = normal_critical(alpha)
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return min(1.0, middle + reach) if upper else max(0.0, middle - reach)


def runs_to_decide(distance: float, after: Callable[[int], tuple[float, float]], alpha: float) -> int | None:
    """Return how many more runs would decide, at a power of 80%; None if more than a thousand.

    `after` gives standard error and degrees of freedom with k more runs. The formula is that of the sample size,
    (t(1-α) + t(power)) · error ≤ distance (Guenther 1981; Chow, Shao and Wang, Sample Size Calculations, ch. 3).
    """

    def decides(more: int) -> bool:
        error, df = after(more)
        whole = math.floor(df)  # the quantiles of whole numbers are remembered; rounding down asks for rather more
        return (t_critical(alpha, whole) + t_critical(1 - POWER, whole)) * error <= abs(distance)

    if not decides(MOST_RUNS):
        return None
    low, high = 0, MOST_RUNS  # `low` does not decide, `high` does
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decides(middle) else (middle, high)
    return high


@lru_cache(maxsize=256)
def expected_best_of(k: int) -> float:
    """Return the expected largest of k standard normal values: the integral of x dΦ(x)^k (David and Nagaraja 2003)."""
    # The integrand is smooth and vanishes at both ends, so the trapezoid rule is exact to the last digits.
    step, root = 1 / 64, math.sqrt(2 * math.pi)
    total = 0.0
    for place in range(-12 * 64, 12 * 64 + 1):
        x = place * step
        share = math.erfc(-x / math.sqrt(2)) / 2
        total += x * math.exp(-x * x / 2) * share ** (k - 1)
    return k * total * step / root


def optimism(means: Sequence[Estimate]) -> float:
    """Return by how much the best of equal means is expected to look better than it is, from their pooled error."""
    pooled = math.sqrt(math.fsum([mean.error * mean.error for mean in means]) / len(means))
    return expected_best_of(len(means)) * pooled


def t_density(t: float, df: float) -> float:
    """Return the density of Student's t: Γ((ν+1)/2) / (√(νπ) Γ(ν/2)) · (1 + t²/ν)^(-(ν+1)/2)."""
    return math.exp(_log_gamma_half(df / 2) - (df + 1) / 2 * _log_one_plus(t, df)) / math.sqrt(df * math.pi)


def t_distribution(t: float, df: float) -> float:
    """Return the probability that Student's t is at most `t`."""
    return t_tail(-t, df)


def t_tail(t: float, df: float) -> float:
    """Return the probability that Student's t is above `t`: I(ν/(ν+t²); ν/2, 1/2) / 2 (DLMF 8.17, NR 6.14.10)."""
    if t != t or df != df:
        return math.nan
    half = _half_tail(abs(t), df)
    return half if t >= 0 else 1 - half


def _half_tail(t: float, df: float) -> float:
    """Return the tail above t ≥ 0, by whichever continued fraction of the incomplete beta function converges fast."""
    if math.isinf(t):
        return 0.0
    a, log = df / 2, _log_one_plus(t, df)
    # x = ν/(ν+t²) and y = 1 - x, each from its logarithm or directly, so that neither loses digits.
    x = math.exp(-log)
    y = -math.expm1(-log)
    # x^a y^(1/2) / B(a, 1/2)
    front = math.exp(_log_gamma_half(a) - a * log) * math.sqrt(y / math.pi)
    if x < (a + 1) / (a + 2.5):
        return front * _beta_fraction(a, 0.5, x) / a / 2
    return 0.5 - front * _beta_fraction(0.5, a, y)


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of the incomplete beta function by Lentz's method (NR 6.4.5, DLMF 8.17.22)."""
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or _SMALLEST)
    found = d
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        change = 1.0
        for part in (even, odd):
            d = 1 / (1 + part * d or _SMALLEST)
            c = 1 + part / c or _SMALLEST
            change = c * d
            found *= change
        if abs(change - 1) < 4 * _EPSILON:
            break
    return found


def _log_one_plus(t: float, df: float) -> float:
    """Return log(1 + t²/ν), also where t² overflows a float."""
    return math.log1p(t * t / df) if abs(t) < 1e150 else 2 * math.log(abs(t)) - math.log(df)


@lru_cache(maxsize=1024)
def _log_gamma_half(a: float) -> float:
    """Return log(Γ(a + 1/2) / Γ(a)); for a large `a` by its series (DLMF 5.11.13), where log Γ would lose digits."""
    if a < 50:
        return math.lgamma(a + 0.5) - math.lgamma(a)
    b = 1 / (a * a)
    return math.log(a) / 2 - (1 / 8 - b * (1 / 192 - b * (1 / 640 - b * 17 / 14336))) / a


def t_quantile(p: float, df: float) -> float:
    """Return the value that Student's t is below with probability `p`."""
    return -t_critical(p, df) if p < 0.5 else t_critical(1 - p, df)


@lru_cache(maxsize=4096)
def t_critical(alpha: float, df: float) -> float:
    """Return the value that Student's t exceeds with probability `alpha`."""
    if alpha > 0.5:
        return -t_critical(1 - alpha, df)
    z = normal_critical(alpha)
    start = z + (z**3 + z) / (4 * df)  # Cornish and Fisher; DLMF has no series, Hill (1970) more terms
    return _solve(lambda t: t_tail(t, df), lambda t: t_density(t, df), alpha, start)


@lru_cache(maxsize=256)
def normal_critical(alpha: float) -> float:
    """Return the value that a standard normal variable exceeds with probability `alpha`."""
    if not 0 < alpha < 1:
        raise ValueError(f"a probability between 0 and 1 is wanted, not {alpha}")
    if alpha > 0.5:
        return -normal_critical(1 - alpha)
    root = math.sqrt(2)
    return _solve(
        lambda z: math.erfc(z / root) / 2, lambda z: math.exp(-z * z / 2) / math.sqrt(2 * math.pi), alpha, 1.0
    )


def _solve(tail: Callable[[float], float], density: Callable[[float], float], alpha: float, start: float) -> float:
    """Return where a falling tail is `alpha`, by Newton's method inside a bracket that begins at 0."""
    low, high, x = 0.0, math.inf, start
    for _ in range(200):
        here = tail(x)
        low, high = (x, high) if here > alpha else (low, x)
        # On the logarithm of the tail, which is nearly a straight line where the tail itself is not.
        ahead = x + here * math.log(here / alpha) / density(x) if here > 0 else math.nan
        if not low <= ahead <= min(high, 1e3 * x + 1):
            ahead = low + (high - low) / 2 if high < math.inf else 4 * x + 1
        if abs(ahead - x) <= 1e-9 * abs(ahead):  # the step is quadratic: what is left is below the last digit
            return ahead
        x = ahead
    return x
