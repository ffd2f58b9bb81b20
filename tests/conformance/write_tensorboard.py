"""Writes the runs with TensorBoard's own writer: `python write_tensorboard.py DIR`."""

from __future__ import annotations

import os
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))

from runs import COMMIT, PARAMS, RUNS, SEG_TOTAL
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2
from tensorboard.plugins.hparams.metadata import create_summary_metadata
from tensorboard.summary.writer.event_file_writer import EventFileWriter

STATUS = {"completed": api_pb2.STATUS_SUCCESS, "failed": api_pb2.STATUS_FAILURE, "running": api_pb2.STATUS_RUNNING}


def hparams(tag: str, data: plugin_data_pb2.HParamsPluginData) -> Event:
    metadata = create_summary_metadata(data)
    return Event(wall_time=time.time(), summary=Summary(value=[Summary.Value(tag=tag, metadata=metadata)]))


for name, (state, curve) in RUNS.items():
    writer = EventFileWriter(os.path.join(sys.argv[1], name))
    for step, value in enumerate(curve or [None]):
        values = [Summary.Value(tag="seg_total", simple_value=SEG_TOTAL)]
        values += [] if value is None else [Summary.Value(tag="pde_mean", simple_value=value)]
        writer.add_event(Event(wall_time=time.time(), step=step, summary=Summary(value=values)))
    writer.close()
    below = EventFileWriter(os.path.join(sys.argv[1], name, "1795579681.1"))
    start = plugin_data_pb2.SessionStartInfo()
    for key, text in {**PARAMS, "commit": COMMIT}.items():
        start.hparams[key].string_value = text
    data = plugin_data_pb2.HParamsPluginData(session_start_info=start)
    below.add_event(hparams("_hparams_/session_start_info", data))
    end = plugin_data_pb2.SessionEndInfo(status=STATUS.get(state, api_pb2.STATUS_UNKNOWN))
    below.add_event(hparams("_hparams_/session_end_info", plugin_data_pb2.HParamsPluginData(session_end_info=end)))
    below.close()
