"""Make `experiments.jsonl` from the facts of the MLPerf Training v2.0 result logs.

    python convert.py mlperf-training-v2.0.jsonl > experiments.jsonl

The input has one run a line, with organisation, system and benchmark as tags. Two systems may train with the same
hyper-parameters, so the system becomes a parameter here: then "the same parameters but for the seed" means the same
thing on the same machine, and runs can be grouped over seeds.
"""

from __future__ import annotations

import json
import sys


def convert(record: dict) -> dict:
    """Return the record with the organisation and the system among its parameters."""
    organisation, system, benchmark = record["tags"]
    where = {"System/organisation": organisation, "System/name": system, "System/benchmark": benchmark}
    return {**record, "params": {**record.get("params", {}), **where}}


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        for line in file:
            print(json.dumps(convert(json.loads(line)), ensure_ascii=False))
