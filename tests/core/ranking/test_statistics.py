"""The statistics agree with scipy within 1e-9, and stand where numbers are equal, huge, tiny or few."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expflow_hooks.core.ranking import statistics as ours

np = pytest.importorskip("numpy", reason="numpy draws the groups")
stats = pytest.importorskip("scipy.stats", reason="scipy is what the statistics are held to")

DRAWS = 10_000
SEED = 20251
CLOSE = {"rtol": 1e-9, "atol": 1e-12}


def mean_of(values):
    return ours.of_mean(ours.sample(values))


def draws(n):
    """Groups of n values whose means and spreads lie many orders of magnitude apart."""
    rng = np.random.default_rng([SEED, n])
    count = DRAWS // 5
    # A spread of less than a thousandth of the mean would show numpy's rounding of means, not a fault.
    sd = 10 ** rng.uniform(-6, 6, count)
    mean = rng.normal(size=count) * sd * 10 ** rng.uniform(-3, 2.5, count)
    return rng.normal(mean, sd, size=(n, count)).T


@pytest.mark.parametrize("n", [2, 3, 5, 10, 200])
def test_mean_spread_and_bounds_agree_with_scipy(n):
    groups = draws(n)
    levels = np.random.default_rng(n).uniform(1e-6, 0.5, len(groups))
    found = [mean_of(group.tolist()) for group in groups]
    upper = [estimate.bound(alpha, upper=True) for estimate, alpha in zip(found, levels.tolist(), strict=True)]
    mean, error = groups.mean(axis=1), stats.sem(groups, axis=1)
    np.testing.assert_allclose([estimate.value for estimate in found], mean, **CLOSE)
    np.testing.assert_allclose([estimate.error for estimate in found], error, **CLOSE)
    np.testing.assert_allclose(upper, mean + stats.t.isf(levels, n - 1) * error, **CLOSE)


@pytest.mark.parametrize(("n", "m"), [(2, 2), (3, 3), (5, 3), (10, 10), (200, 4)])
def test_welchs_test_agrees_with_scipy(n, m):
    a, b = draws(n), draws(m) if m != n else draws(n)[::-1]
    b = b - b.mean(axis=1, keepdims=True) + a.mean(axis=1, keepdims=True)  # near each other, where p-values differ
    b += (stats.sem(a, axis=1) * np.random.default_rng(SEED).uniform(0.5, 4, len(a)))[:, None]
    found = [ours.welch(mean_of(x.tolist()), mean_of(y.tolist())) for x, y in zip(a, b, strict=True)]
    scipy = stats.ttest_ind(a, b, axis=1, equal_var=False, alternative="less")
    np.testing.assert_allclose([estimate.df for estimate in found], scipy.df, rtol=1e-9)
    p_values = np.array([estimate.tail(0, below=True) for estimate in found])
    apart = abs(scipy.statistic) > 1e-6  # nearer to zero scipy itself loses digits at one degree of freedom
    assert apart.sum() > 1000
    np.testing.assert_allclose(p_values[apart], scipy.pvalue[apart], rtol=1e-9)


def test_the_paired_test_agrees_with_scipy():
    a, b = draws(5), draws(5)[::-1]
    found = [ours.paired(list(zip(x.tolist(), y.tolist(), strict=True))) for x, y in zip(a, b, strict=True)]
    scipy = stats.ttest_rel(a, b, axis=1, alternative="greater").pvalue
    np.testing.assert_allclose([e.tail(0, below=False) for e in found], scipy, rtol=1e-9)


def test_students_t_agrees_with_scipy():
    rng = np.random.default_rng(SEED)
    df = 10 ** rng.uniform(0, 3, DRAWS)
    t = rng.normal(size=DRAWS) * 10 ** rng.uniform(-2, 2, DRAWS)
    p = rng.uniform(1e-9, 1 - 1e-9, DRAWS)
    pairs = list(zip(t.tolist(), df.tolist(), strict=True))
    np.testing.assert_allclose([ours.t_density(*pair) for pair in pairs], stats.t.pdf(t, df), rtol=1e-9)
    np.testing.assert_allclose([ours.t_tail(*pair) for pair in pairs], stats.t.sf(t, df), rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(
        [ours.t_distribution(*pair) for pair in pairs], stats.t.cdf(t, df), rtol=1e-9, atol=1e-300
    )
    quantiles = [ours.t_quantile(*pair) for pair in zip(p.tolist(), df.tolist(), strict=True)]
    np.testing.assert_allclose(quantiles, stats.t.ppf(p, df), rtol=1e-9, atol=1e-9)


def test_normal_quantiles_agree_with_scipy():
    p = np.random.default_rng(SEED).uniform(1e-12, 1, 1000)
    np.testing.assert_allclose([ours.normal_critical(x) for x in p.tolist()], stats.norm.isf(p), rtol=1e-9, atol=1e-12)


def test_wilsons_bounds_agree_with_scipy():
    rng = np.random.default_rng(SEED)
    for n, alpha in zip(rng.integers(1, 5000, 500).tolist(), rng.uniform(0.001, 0.3, 500).tolist(), strict=True):
        k = int(rng.integers(0, n + 1))
        for upper, side in ((True, "less"), (False, "greater")):
            interval = stats.binomtest(k, n, alternative=side).proportion_ci(1 - alpha, method="wilson")
            expected = interval.high if upper else interval.low
            assert ours.wilson(k / n, n, alpha, upper=upper) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_the_best_of_k_agrees_with_numerical_integration():
    for k in (1, 2, 3, 7, 20, 500):
        exact, _ = stats.norm.expect(lambda x, k=k: k * x * stats.norm.cdf(x) ** (k - 1)), None
        assert ours.expected_best_of(k) == pytest.approx(exact, rel=1e-7, abs=1e-9)


def test_the_best_of_two_is_known_in_closed_form():
    assert ours.expected_best_of(2) == pytest.approx(1 / math.sqrt(math.pi), rel=1e-14)


def test_holm_steps_down_and_never_turns_the_order_round():
    # Holm (1979): 0.01·4, 0.02·3, 0.03·2, 0.04·1, each at least as large as the one before.
    assert ours.holm([0.03, 0.01, 0.04, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert ours.holm([0.9, 0.8]) == [1.0, 1.0]
    assert ours.holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_is_between_no_correction_and_bonferroni(p_values):
    for p, adjusted in zip(p_values, ours.holm(p_values), strict=True):
        assert p <= adjusted <= min(1.0, len(p_values) * p) or adjusted == max(ours.holm(p_values))


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(finite, min_size=2, max_size=12))
def test_mean_and_spread_of_any_finite_values_are_numbers_of_their_range(values):
    n, mean, sd = ours.sample(values)
    assert n == len(values)
    assert min(values) <= mean <= max(values)
    assert sd >= 0
    assert (sd == 0) == (len(set(values)) == 1) or sd == pytest.approx(np.ptp(values), rel=2, abs=5e-324)


@given(finite, st.integers(1, 20))
def test_equal_values_have_that_mean_to_the_last_bit(value, n):
    found = ours.sample([value] * n)
    assert found.mean == value
    assert found.sd == 0 or n == 1


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=8), st.integers(-1000, 900))
def test_a_power_of_two_scales_mean_and_spread_exactly(values, exponent):
    once, scaled = ours.sample(values), ours.sample([math.ldexp(value, exponent) for value in values])
    assert scaled.mean == pytest.approx(math.ldexp(once.mean, exponent), rel=1e-13)
    assert scaled.sd == pytest.approx(math.ldexp(once.sd, exponent), rel=1e-13)


@pytest.mark.parametrize(
    "values",
    [
        [1.7e308, -1.7e308],
        [1.7e308, 1.6e308, 1.5e308],
        [1e308, 0.0, 1.0],
        [5e-324, 1e-323, 1.5e-323],
        [5e-324, 0.0],
        [10**300, 1, 2],
        [1.0, 1.0 + 2**-52],
    ],
)
def test_hard_values_give_a_bound_that_is_no_nan(values):
    estimate = mean_of(values)
    for upper in (True, False):
        bound = estimate.bound(0.05, upper=upper)
        assert bound == bound
        assert bound > estimate.value if upper else bound < estimate.value
    assert 0 <= estimate.tail(0, below=True) <= 1


def test_subnormal_values_are_judged_as_their_multiples_are():
    tiny = ours.of_mean(ours.sample([math.ldexp(value, -1070) for value in (3, 4, 8)]))
    plain = ours.of_mean(ours.sample([3, 4, 8]))
    assert tiny.tail(0, below=False) == pytest.approx(plain.tail(0, below=False), rel=0.2)


def test_equal_values_say_nothing_of_a_difference():
    same = mean_of([2.0, 2.0, 2.0])
    assert math.isnan(same.tail(2.0, below=True))
    assert math.isnan(ours.welch(same, same).tail(0.0, below=True))


def test_the_number_of_runs_to_decide_falls_as_the_distance_grows():
    def after(more):
        return 1 / math.sqrt(3 + more), 2 + more

    found = [ours.runs_to_decide(distance, after, 0.05) for distance in (0.0, 0.05, 0.1, 0.5, 1.0, 2.0)]
    assert found[:2] == [None, None]
    assert all(a > b for a, b in pairwise(found[2:]))


def test_the_number_of_runs_to_decide_has_the_power_that_it_says():
    distance, sd, n = 1.0, 1.0, 3
    more = ours.runs_to_decide(distance, lambda k: (sd / math.sqrt(n + k), n - 1 + k), 0.05)

    def power(runs):
        return stats.nct.sf(stats.t.isf(0.05, runs - 1), runs - 1, distance / sd * math.sqrt(runs))

    assert power(n + more) >= ours.POWER - 0.02
    assert power(n + more - 1) < ours.POWER + 0.02


@pytest.mark.parametrize("alpha", [0, 1, -0.1, 1.5, math.nan])
def test_a_level_that_is_no_probability_is_refused(alpha):
    with pytest.raises(ValueError, match="between 0 and 1"):
        ours.t_critical(alpha, 3)
