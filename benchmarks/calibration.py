"""Claim: a gate judged by a bound passes runs that are no better than it asks for in 5% of cases, whatever n.

Simulated with a seed, so that the table is the same on every machine: runs are drawn from one distribution whose mean
lies exactly at the gate, or at the base, and every pass is a false one. `--write` puts the tables and the figure into
the page that explains them.
"""

import math
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from expflow_hooks.core.metrics.gates import parse_gate
from expflow_hooks.core.ranking.groups import aggregate
from expflow_hooks.core.ranking.query import GroupBy, Query
from expflow_hooks.core.ranking.rank import rank
from expflow_hooks.core.ranking.statistics import POWER, runs_to_decide
from expflow_hooks.core.ranking.uncertainty import ALPHA, BaseRuns, Runs, judge_groups
from expflow_hooks.core.registry.experiment import Experiment

DRAWS = 20_000
SIZES = (3, 5, 10)
PAGE = Path(__file__).resolve().parent.parent / "docs" / "how-many-seeds.md"
FIGURE = PAGE.parent / "img" / "false-passes.svg"
SEARCHED = 20  # configurations of one change

Draw = Callable[[], float]


class Method(NamedTuple):
    """A way to judge: how people write it, whether one draw passes, and the most of 20,000 that may."""

    name: str
    passes: Callable[[random.Random, int], bool]
    bounds: tuple[float, float] | None = None


def runs(draw: Draw, n: int, seeds: range | None = None) -> Runs:
    """Return a group of n runs of one configuration."""
    values = [draw() for _ in range(n)]
    return Runs(values, aggregate(values, "mean", largest_is_worst=True), list(seeds or [None] * n))


def holds(gate: str, groups: list[Runs], base: Runs | None = None) -> bool:
    """Say whether the gate holds for one of the groups, which are the candidates of one change."""
    against = None if base is None else BaseRuns("base", base)
    return any(result.passed for result in judge_groups(parse_gate(gate), groups, against, [True] * len(groups)))


def normal(rng: random.Random) -> Draw:
    """Return draws whose mean is 0."""
    return lambda: rng.gauss(0, 1)


def skewed(rng: random.Random) -> Draw:
    """Return lognormal draws (sigma 0.5) whose mean is 0: a few runs of many go badly wrong."""
    return lambda: rng.lognormvariate(0, 0.5) - math.exp(0.125)


def one(gate: str, draws: Callable[[random.Random], Draw] = normal) -> Callable[[random.Random, int], bool]:
    return lambda rng, n: holds(gate, [runs(draws(rng), n)])


def best_run(rng: random.Random, n: int) -> bool:
    """Judge the best of n seeds, as a table without groups does."""
    return parse_gate("m:lt:0").holds(min(normal(rng)() for _ in range(n)))


def against_base(*, paired: bool, candidates: int = 1) -> Callable[[random.Random, int], bool]:
    def passes(rng: random.Random, n: int) -> bool:
        draw, seeds = normal(rng), range(n) if paired else None
        return holds("m~base:lt:0", [runs(draw, n, seeds) for _ in range(candidates)], runs(draw, n, seeds))

    return passes


def search(gate: str) -> Callable[[random.Random, int], bool]:
    return lambda rng, n: holds(gate, [runs(normal(rng), n) for _ in range(SEARCHED)])


def search_one_by_one(rng: random.Random, n: int) -> bool:
    """Judge each of the configurations as if it were the only one."""
    return any(holds("m@ucl95:lt:0", [runs(normal(rng), n)]) for _ in range(SEARCHED))


CONFIRMED = Query("m", False, (parse_gate("m@ucl95:lt:0"),), GroupBy(), confirm=True)


def confirmed(rng: random.Random, n: int) -> bool:
    """Rank twenty configurations on the same seeds, run the best on n fresh ones, and judge by `fresh-seeds`."""
    draw = normal(rng)
    values = [[draw() for _ in range(n)] for _ in range(SEARCHED)]
    best = min(range(SEARCHED), key=lambda k: sum(values[k]))
    searched = [experiment(k, seed, value) for k, row in enumerate(values) for seed, value in enumerate(row)]
    found = [*searched, *(experiment(best, seed, draw()) for seed in range(n, 2 * n))]
    query = CONFIRMED._replace(candidates=frozenset(run.experiment_id for run in found))
    return bool(rank(found, query).ranked)


def experiment(configuration: int, seed: int, value: float) -> Experiment:
    """Return a completed run."""
    params = {"net": str(configuration), "seed": str(seed)}
    return Experiment(f"{configuration}-{seed}", metrics={"m": value}, params=params)


EXACT = (0.045, 0.055)
METHODS = (
    Method("mean: `m:lt:0`", one("m:lt:0")),
    Method("best of n seeds", best_run),
    Method("bound: `m@ucl95:lt:0`", one("m@ucl95:lt:0"), EXACT),
    Method("base, same seeds: `m~base:lt:0`", against_base(paired=True), EXACT),
    Method("base, other seeds: `m~base:lt:0`", against_base(paired=False), (0.035, 0.055)),
    Method("best of 20, means", search("m@mean:lt:0")),
    Method("best of 20, a bound each", search_one_by_one),
    Method("best of 20, bounds by Holm", search("m@ucl95:lt:0"), (0.0, 0.06)),
    Method("best of 20 against a base, by Holm", against_base(paired=True, candidates=SEARCHED), (0.0, 0.06)),
    Method("best of 20, then fresh seeds", confirmed, (0.0, 0.06)),
    Method("bound, skewed seeds (lognormal 0.5)", one("m@ucl95:lt:0", skewed)),
)


def share(method: Method, n: int, draws: int) -> float:
    """Return the share of draws that pass, each a false pass."""
    rng = random.Random(f"{method.name} {n}")
    return sum(method.passes(rng, n) for _ in range(draws)) / draws


def table(found: dict[str, list[float]]) -> str:
    """Return false passes by method and number of seeds."""
    lines = ["| judged by | " + " | ".join(f"n = {n}" for n in SIZES) + " |", "|:--|" + "--:|" * len(SIZES)]
    lines += [f"| {name} | " + " | ".join(f"{100 * x:.1f}%" for x in row) + " |" for name, row in found.items()]
    return "\n".join(lines)


DISTANCES = (0.5, 1.0, 1.5, 2.0, 3.0)


def needed() -> str:
    """Return how many seeds decide at a power of 80%, by the distance in standard deviations of a seed."""
    lines = ["| distance | to a gate | to a base, on each side |", "|--:|--:|--:|"]
    for distance in DISTANCES:
        counts = [runs_to_decide(distance, after, ALPHA) for after in (_alone, _both)]
        lines.append(f"| {distance:g} sd | " + " | ".join(str(max(3, 2 + (count or 0))) for count in counts) + " |")
    return "\n".join(lines)


def _alone(more: int) -> tuple[float, float]:
    return 1 / math.sqrt(2 + more), 1 + more


def _both(more: int) -> tuple[float, float]:
    return math.sqrt(2 / (2 + more)), 2 * (1 + more)


STYLE = (
    "<style>text{font:13px sans-serif;fill:#1f2328}.good{fill:#1a7f37}.bad{fill:#cf222e}line{stroke:#59636e}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.good{fill:#3fb950}.bad{fill:#f85149}}</style>"
)


def figure(found: dict[str, list[float]]) -> str:
    """Return the table as bars, an SVG with words beside its colours."""
    height, left, wide = 22, 330, 400
    rows = [(name.replace("`", ""), value) for name, (value, *_) in found.items()]
    x = {share: left + share * wide for share in (0.05, *(value for _, value in rows))}
    box = f'viewBox="0 0 800 {height * len(rows) + 44}" role="img" aria-label="False passes of a tie at three seeds"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {box}>', STYLE]
    for place, (name, value) in enumerate(rows):
        y = place * height + 4
        kind = "good" if value <= 0.06 else "bad"
        parts.append(f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{_escaped(name)}</text>')
        parts.append(f'<rect class="{kind}" x="{left}" y="{y}" width="{value * wide:.1f}" height="16"/>')
        parts.append(f'<text x="{x[value] + 6:.1f}" y="{y + 13}">{100 * value:.1f}%</text>')
    bottom = height * len(rows) + 6
    parts.append(f'<line x1="{x[0.05]}" y1="0" x2="{x[0.05]}" y2="{bottom}" stroke-dasharray="3 3"/>')
    parts.append(f'<text x="{left}" y="{bottom + 18}">false passes of a tie at n = 3; the dashed line is 5%</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def replaced(text: str, name: str, block: str) -> str:
    """Return the page with what stands between its two marks of this name replaced."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    if not tail:
        raise SystemExit(f"{PAGE} has no place for {name}")
    return f"{head}{begin}{block}\n{end}{tail}"


def misses(found: dict[str, list[float]]) -> Iterator[str]:
    """Yield what lies outside its bounds."""
    for method in METHODS:
        for n, value in zip(SIZES, found[method.name], strict=True):
            low, high = method.bounds or (0.0, 1.0)
            if not low <= value <= high:
                yield f"{method.name} at n = {n}: {100 * value:.2f}% is not between {100 * low:g}% and {100 * high:g}%"


def main() -> int:
    """Print the tables; return whether every method keeps its bounds."""
    found = {method.name: [share(method, n, DRAWS) for n in SIZES] for method in METHODS}
    print(f"\nFalse passes of a tie, {DRAWS:,} draws each\n\n{table(found)}")
    print(f"\nSeeds that decide at a power of {100 * POWER:.0f}%\n\n{needed()}")
    if "--write" in sys.argv:
        text = replaced(PAGE.read_text(encoding="utf-8"), "false passes", table(found))
        PAGE.write_text(replaced(text, "seeds needed", needed()), encoding="utf-8")
        FIGURE.write_text(figure(found), encoding="utf-8")
    over = list(misses(found))
    print(*over, sep="\n")
    return 1 if over else 0


if __name__ == "__main__":
    raise SystemExit(main())
