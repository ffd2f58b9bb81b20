"""The reference of `rank_experiments.py`: last state, two gates and rank in DuckDB, as a program of its own."""

import sys

import duckdb

QUERY = """
WITH lines AS (
    SELECT *, row_number() OVER () AS line
    FROM read_json(?, format = 'newline_delimited', columns = {
        experiment_id: 'VARCHAR', name: 'VARCHAR', status: 'VARCHAR', timestamp: 'VARCHAR',
        metrics: 'STRUCT(pde_mean DOUBLE, train_time_min DOUBLE)'
    })
), latest AS (
    SELECT unnest(arg_max(lines, line)) FROM lines GROUP BY experiment_id
)
SELECT rank() OVER (ORDER BY metrics.pde_mean), name, experiment_id, metrics.pde_mean, metrics.train_time_min
FROM latest
WHERE status = 'completed' AND metrics.pde_mean < 18.09 AND metrics.train_time_min < 60
  AND isfinite(metrics.pde_mean) AND isfinite(metrics.train_time_min)
ORDER BY metrics.pde_mean, timestamp, experiment_id LIMIT 20
"""

if __name__ == "__main__":
    for row in duckdb.execute(QUERY, sys.argv[1:]).fetchall():
        print(*row)
