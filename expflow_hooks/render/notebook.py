"""What `compare_scores` and `experiments` return: the plain data, which a notebook shows as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, overload

from expflow_hooks.core.ranking.rank import Ranking
from expflow_hooks.core.registry.experiment import from_mapping
from expflow_hooks.core.results import ExperimentRecord, OtherTable, RankingResult, RankingRow
from expflow_hooks.render.flat import flat_rows
from expflow_hooks.render.frames import Frame
from expflow_hooks.render.ranking import ranking_frame, ranking_json

if TYPE_CHECKING:
    import pandas

MOST_ROWS = 200
"""How many rows a notebook shows; the data has all."""

_Text = Literal["source", "metric"]


class RankingTable(dict[str, Any]):
    """A ranking: the mapping that `compare-scores --format json` prints, shown as a leaderboard in a notebook."""

    def __init__(self, ranking: Ranking, source: str, unreadable: int = 0) -> None:
        result: RankingResult = ranking_json(ranking, source, unreadable)
        super().__init__(result)
        self._ranking = ranking

    if TYPE_CHECKING:

        @overload  # type: ignore[override]
        def __getitem__(self, key: Literal["ranking"]) -> list[RankingRow]: ...
        @overload
        def __getitem__(self, key: Literal["schema"]) -> Literal[1]: ...
        @overload
        def __getitem__(self, key: Literal["gates"]) -> list[str]: ...
        @overload
        def __getitem__(self, key: Literal["counts"]) -> dict[str, int]: ...
        @overload
        def __getitem__(self, key: Literal["direction"]) -> Literal["ascending", "descending"]: ...
        @overload
        def __getitem__(self, key: Literal["definition"]) -> dict[str, str | None]: ...
        @overload
        def __getitem__(self, key: Literal["other_tables"]) -> list[OtherTable]: ...
        @overload
        def __getitem__(self, key: _Text) -> str: ...
        def __getitem__(self, key: str) -> Any:
            """Return a part of the result."""

    def to_pandas(self) -> pandas.DataFrame:
        """Return a data frame with a row a ranking row, unrounded. Needs the extra `data`; raises UsageError."""
        return ranking_frame(self._ranking).to_pandas()

    def to_csv(self) -> str:
        """Return what `compare-scores --format csv` prints."""
        return ranking_frame(self._ranking).to_csv()

    def _repr_html_(self) -> str:
        from expflow_hooks.render.html.board import fragment

        return fragment(self._ranking, self["source"], MOST_ROWS)


class ExperimentList(list[ExperimentRecord]):
    """Records of experiments, each in its present state, shown as a table in a notebook."""

    def __init__(self, records: Iterable[ExperimentRecord], source: str) -> None:
        super().__init__(records)
        self.source = source

    def to_pandas(self) -> pandas.DataFrame:
        """Return a data frame with a column a field, `metrics.NAME` and `params.PATH`, unrounded.

        Needs the extra `data`; raises UsageError.
        """
        return self._frame().to_pandas()

    def to_csv(self) -> str:
        """Return what `run list --format csv` prints."""
        return self._frame().to_csv()

    def _frame(self) -> Frame:
        return Frame(*flat_rows([from_mapping(record) for record in self]))

    def _repr_html_(self) -> str:
        from expflow_hooks.core.wording import counted
        from expflow_hooks.render.html.text import framed, html, table

        frame = Frame(*flat_rows([from_mapping(record) for record in self[:MOST_ROWS]]))
        used = [at for at in range(len(frame.columns)) if any(row[at] is not None for row in frame.rows)]
        rows = [[row[at] for at in used] for row in frame.rows]
        more = f"; the first {MOST_ROWS} are shown" if len(self) > MOST_ROWS else ""
        about = f'<p class="m">{html(counted(len(self), "experiment"))} from {html(self.source)}{more}</p>'
        return framed(table([frame.columns[at] for at in used], rows, "Experiments") + about if rows else about)
