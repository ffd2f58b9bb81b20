"""A list of experiments as people and programs see it: the columns that were asked for, in the order asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.standard import Metrics
from expflow_hooks.core.metrics.values import show_number, value_status
from expflow_hooks.core.registry.condition import FIELDS, values_of
from expflow_hooks.core.registry.experiment import Experiment, parse_time
from expflow_hooks.core.suggest import did_you_mean
from expflow_hooks.core.wording import counted
from expflow_hooks.render.flat import flat_rows
from expflow_hooks.render.frames import Frame
from expflow_hooks.render.numbers import for_column
from expflow_hooks.render.table import PLAIN, Column, Data, Style, Table, to_form

_LIST = (
    Column("id", narrowest=12),
    Column("name", narrowest=8, spare=2),
    Column("status"),
    Column("project", narrowest=6, spare=5),
    Column("tags", narrowest=6, spare=6),
    Column("time", spare=4),
)
_METRICS_SHOWN = 3
_TIMES = ("time", "timestamp")


def render_experiments(
    experiments: Sequence[Experiment],
    source: str,
    form: str,
    look: Style = PLAIN,
    first: str | None = None,
    *,
    columns: Sequence[str] = (),
    precise: bool = False,
    hidden: int = 0,
    more: bool = False,
) -> str:
    """Return a list of experiments as text, markdown or csv.

    Without `columns` a person sees the usual ones, of the metrics `first` before others; CSV has every field, metric
    and parameter. `hidden` deleted ones are not in the list; with `more`, it has those that changed last.
    """
    if form == "csv":
        return data_frame(experiments, columns).to_csv()
    listed = f"{counted(len(experiments), 'experiment')} in {source}" if experiments else f"no experiments in {source}"
    if more:
        listed = f"the last {len(experiments)} that changed in {source}; --top N lists more, --format csv or json all"
    notes = [Data(listed + (f"; {hidden} deleted, which --all lists" if hidden else ""))]
    return to_form((_asked if columns else _usual)(experiments, columns or (first or "",), precise, notes), form, look)


def _usual(experiments: Sequence[Experiment], first: Sequence[str], precise: bool, notes: Sequence[str]) -> Table:
    """Return the table with the usual columns."""
    names = {name for run in experiments for name in _shown_metrics(run, first[0])}
    show = {name: for_column((run.metric(name) for run in experiments), precise=precise) for name in names}
    return Table((*_LIST, Column("metrics", narrowest=24)), [_cells(run, first[0], show) for run in experiments], notes)


def _shown_metrics(run: Experiment, first: str) -> list[str]:
    return sorted(run.metrics or {}, key=lambda name: name != first)[:_METRICS_SHOWN]


def _cells(run: Experiment, first: str, show: dict[str, Callable[[Any], str]]) -> list[str]:
    shown = [f"{name} {show[name](run.metric(name))}" for name in _shown_metrics(run, first)]
    more = len(run.metrics or {}) - len(shown)
    words = [
        run.experiment_id,
        run.name or "",
        run.state,
        run.project or "",
        ", ".join(run.tags or ()),
        (run.timestamp or "")[:19],
        ", ".join(shown) + (f", +{more}" if more else ""),
    ]
    return [Data(word) for word in words]


def _asked(experiments: Sequence[Experiment], columns: Sequence[str], precise: bool, notes: Sequence[str]) -> Table:
    """Return the table with the columns that were asked for."""
    values = [[value_of(run, name) for run in experiments] for name in columns]
    measured = {name for run in experiments for name in run.metrics or ()}
    shown = [
        _texts(name, column, for_column(column, precise=precise) if name in measured else show_number)
        for name, column in zip(columns, values, strict=True)
    ]
    right = [any(value_status(value) is None for value in column) for column in values]
    headings = [
        Column(Data(name), right=number, narrowest=0 if number else 8, spare=0 if place == 0 else place)
        for place, (name, number) in enumerate(zip(columns, right, strict=True))
    ]
    return Table(headings, [[Data(cell) for cell in row] for row in zip(*shown, strict=True)], notes)


def _texts(name: str, values: Sequence[Any], show: Callable[[Any], str]) -> list[str]:
    return [show_value(value, show)[: 19 if name in _TIMES else None] for value in values]


def show_value(value: Any, show: Callable[[Any], str] = show_number) -> str:
    """Return a field, parameter or metric as people read it; empty for one that an experiment does not have."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, tuple):
        return ", ".join(value)
    return str(value) if isinstance(value, bool) else show(value)


def data_frame(experiments: Sequence[Experiment], columns: Sequence[str] = ()) -> Frame:
    """Return experiments as rows of values: the columns that were asked for, else every field, metric, parameter."""
    if not columns:
        return Frame(*flat_rows(experiments))
    rows = [[value_of(run, name) for name in columns] for run in experiments]
    return Frame(columns, [[", ".join(v) if isinstance(v, tuple) else v for v in row] for row in rows])


def value_of(run: Experiment, name: str) -> Any:
    """Return an experiment's value of a name; the values of several parameters whose paths end so, as text."""
    values = values_of(run, name)
    return values[0] if len(values) == 1 else ", ".join(map(str, values)) if values else None


def parse_columns(text: str | None) -> tuple[str, ...]:
    """Return the names of a comma-separated list; raise UsageError for an empty one."""
    if text is None:
        return ()
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise UsageError("--columns names fields, metrics or parameters, such as id,pde_mean,lr")
    return names


def refuse_unknown(names: Iterable[str], experiments: Sequence[Experiment], metrics: Metrics) -> None:
    """Raise UsageError, with the nearest names, for one that is no field, no metric and no parameter of any."""
    for name in names:
        if name in FIELDS or name in metrics or not experiments:
            continue
        if not any(values_of(run, name) for run in experiments):
            known = {*FIELDS, *(metric.name for metric in metrics)}
            known.update(key for run in experiments for key in (*(run.metrics or ()), *(run.params or ())))
            hint = did_you_mean(name, known) or "; a name is a field such as id or time, a metric or a parameter"
            raise UsageError(f"no experiment has {name[:80]!r}{hint}")


def ordered(experiments: Sequence[Experiment], by: str, metrics: Metrics) -> list[Experiment]:
    """Return experiments by a field, metric or parameter: the best first, times the newest first; without it, last."""
    metric = metrics.get(by)
    falling = metric is not None and metric.higher_is_better

    def key(run: Experiment) -> tuple[int, Any]:
        if by in _TIMES:
            at = parse_time(run.timestamp)
            return (2, 0) if at is None else (0, -at.timestamp())
        value = value_of(run, by)
        if isinstance(value, (str, tuple)):
            return (1, str(value))
        return (2, 0) if value_status(value) is not None else (0, -value if falling else value)

    return sorted(experiments, key=key)
