"""Files of other trackers that are torn, damaged, huge, odd or still written; and the forms that CSV and JSON have."""

from __future__ import annotations

import json
import math
import os
import struct

import pytest

from expflow_hooks.core.errors import UndecidedError, UnreadableError
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.policy.query import make_query
from expflow_hooks.core.registry.experiment import Selection
from expflow_hooks.sources.base import Reading
from expflow_hooks.sources.open import open_source
from expflow_hooks.sources.wire import fields, single


def read(spec, project=None, reading=Reading(judged=False)):  # noqa: B008
    source = open_source(spec, Policy(), make_query(Policy(), Selection(project)), reading)
    found = {one.label: one for one in source.experiments(None)}
    return found, source.unreadable()


def one_file(folder, ending):
    return next(path for path in sorted(folder.rglob("*")) if path.is_file() and ending in path.name)


class TestTensorboard:
    def test_a_torn_tail_is_a_file_that_is_still_written(self, tensorboard_folder):
        for path in tensorboard_folder.glob("*/*tfevents*"):
            with path.open("ab") as file:
                file.write(struct.pack("<QI", 40, 0) + b"half of an event")
        found, unreadable = read(f"tensorboard:{tensorboard_folder}")
        assert (found["plain"].metrics or {})["pde_mean"] == 15.0 and not unreadable

    @pytest.mark.parametrize("size", [1 << 31, (1 << 64) - 1])
    def test_an_event_of_a_size_that_none_has_is_told_and_hides_no_other_run(self, tensorboard_folder, size):
        path = one_file(tensorboard_folder / "plain", "tfevents")
        path.write_bytes(path.read_bytes() + struct.pack("<QI", size, 0))
        found, unreadable = read(f"tensorboard:{tensorboard_folder}")
        assert len(found) == 11 and len(unreadable) == 1 and "damaged, or no event file" in unreadable[0].why

    def test_what_is_no_event_file_is_told(self, tensorboard_folder):
        (tensorboard_folder / "plain" / "x.tfevents.1").write_bytes(b"\xff" * 500)
        assert len(read(f"tensorboard:{tensorboard_folder}")[1]) == 1

    def test_a_folder_without_any_is_an_error(self, tmp_path):
        with pytest.raises(UnreadableError, match="holds no event files"):
            read(f"tensorboard:{tmp_path}")
        with pytest.raises(UnreadableError, match="no such folder"):
            read(f"tensorboard:{tmp_path / 'nowhere'}")

    @pytest.mark.parametrize("value", [18.09, 0.1, 15.0, 1e-30, 3.4028234e38, -0.0, 5.1 / 3, 1e10])
    def test_a_number_of_32_bits_is_read_as_the_shortest_decimal_that_is_stored_so(self, value):
        bits = struct.pack("<f", value)
        found = single(int.from_bytes(bits, "little"))
        assert struct.pack("<f", found) == bits and len(repr(found)) <= len(repr(struct.unpack("<f", bits)[0]))

    def test_what_is_none_in_32_bits_stays_none(self):
        assert math.isnan(single(0x7FC00000)) and single(0xFF800000) == -math.inf


class TestWandb:
    def test_a_torn_tail_leaves_a_run_that_still_runs(self, wandb_folder):
        for path in wandb_folder.rglob("*.wandb"):
            path.write_bytes(path.read_bytes()[: max(7, path.stat().st_size - 9)])
        found, unreadable = read(f"wandb:{wandb_folder}")
        assert not unreadable and {one.state for one in found.values()} == {"running"}

    def test_a_run_is_the_same_however_many_blocks_it_fills(self, wandb_folder, tmp_path):
        from conformance.wandb_blocks import write_run

        write_run(tmp_path / "run-long.wandb", 3000)
        found, unreadable = read(f"wandb:{tmp_path}")
        assert not unreadable and (found["long"].metrics or {})["pde_mean"] == 2999.0

    @pytest.mark.parametrize(
        "data", [b"", b"not W&B at all", b":W&B\x01\xbe\x00" + struct.pack("<IHB", 0, 2, 9) + b"xx"]
    )
    def test_what_is_no_file_of_wandb_is_told_and_hides_no_other(self, wandb_folder, data):
        (wandb_folder / "run-bad.wandb").write_bytes(data)
        found, unreadable = read(f"wandb:{wandb_folder}")
        assert len(unreadable) == 1 and len(found) >= 9


@pytest.mark.parametrize("data", [b"\x80", b"\x0a\x05ab", b"\x0b", b"\x09\x00", b"\xff" * 20])
def test_a_message_that_is_none_is_an_error(data):
    with pytest.raises(ValueError, match=r"cut|wire type"):
        list(fields(data))


def test_a_study_that_is_not_there_is_an_error_with_the_nearest_name(optuna_file):
    with pytest.raises(UndecidedError, match=r"did you mean PDE/Bench 100%\?"):
        read(f"optuna:{optuna_file}", "PDE/Bench 10%")


@pytest.mark.parametrize(
    ("kind", "what"), [("optuna", "an Optuna study's file"), ("trackio", "a trackio project's file")]
)
def test_another_database_is_an_error_that_says_what_it_should_be(kind, what, mlflow_database):
    import sqlite3

    connection = sqlite3.connect(mlflow_database)
    connection.execute("DROP TABLE metrics")
    connection.close()
    with pytest.raises(UnreadableError, match=what):
        read(f"{kind}:{mlflow_database}")


class TestCsv:
    def test_lightnings_curves_are_one_run_whose_last_epoch_need_not_be_its_last_row(self, tmp_path):
        folder = tmp_path / "version_0"
        folder.mkdir()
        (folder / "metrics.csv").write_text("epoch,step,val_mse,train\n1,20,0.5,\n2,30,nan,\n0,10,0.9,\n1,20,,7\n")
        (folder / "hparams.yaml").write_text("lr: 0.1\nmodel: {width: 32}\n")
        found, _ = read(f"csv:{tmp_path}")
        run = found["version_0"]
        assert math.isnan((run.metrics or {})["val_mse"]) and (run.metrics or {})["train"] == 7.0
        assert run.params == {"lr": 0.1, "model/width": 32}
        least, _ = read(f"csv:{folder / 'metrics.csv'}", reading=Reading("min", judged=False))
        assert (least["metrics"].metrics or {})["val_mse"] == 0.5

    def test_text_in_a_judged_column_does_not_count_and_a_seed_is_a_parameter(self, tmp_path):
        (tmp_path / "t.csv").write_text("id,seed,pde_mean,model\na,1,fast,fno\nb,2,15,fno\n")
        found, _ = read(f"csv:{tmp_path / 't.csv'}")
        assert (found["a"].metrics, found["a"].params) == ({"pde_mean": "fast"}, {"seed": "1", "model": "fno"})

    @pytest.mark.parametrize("text", ["a,b\n1,2,3\n", "id,pde_mean\nx\n", "\xff\xfe"])
    def test_a_table_that_is_none_is_an_error(self, tmp_path, text):
        (tmp_path / "t.csv").write_bytes(text.encode("latin-1"))
        with pytest.raises(UnreadableError, match=r"t\.csv"):
            read(f"csv:{tmp_path / 't.csv'}")


class TestJson:
    def test_dvcs_metrics_are_named_by_path_and_the_parameters_stand_beside(self, tmp_path):
        (tmp_path / "metrics.json").write_text('{"step": 3, "pde_mean": 15.0, "train": {"loss": NaN}}')
        (tmp_path / "params.yaml").write_text("seed: 1\n")
        run = read(f"json:{tmp_path}")[0][tmp_path.name]
        assert set(run.metrics or {}) == {"pde_mean", "train.loss"} and run.params == {"seed": 1}

    def test_of_a_trainers_checkpoints_the_last_is_the_run(self, tmp_path):
        for step in (500, 1000, 90):
            folder = tmp_path / "out" / f"checkpoint-{step}"
            folder.mkdir(parents=True)
            log = [{"step": at, "eval_loss": 1.0 / at} for at in (10, step, 20)]
            (folder / "trainer_state.json").write_text(json.dumps({"log_history": log, "global_step": step}))
        found, _ = read(f"json:{tmp_path}")
        assert {name: run.metrics for name, run in found.items()} == {"out": {"eval_loss": 0.001}}

    def test_rays_results_are_curves_with_their_configuration_and_an_end(self, tmp_path):
        rows = [
            {"trial_id": "t1", "training_iteration": n, "pde_mean": 20.0 - n, "done": n == 3, "config": {"seed": 1}}
            for n in (1, 2, 3)
        ]
        path = tmp_path / "result.json"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"torn')
        run = next(iter(read(f"json:{tmp_path}")[0].values()))
        assert (run.experiment_id, run.state, run.params) == ("t1", "completed", {"seed": 1})
        assert (run.metrics or {})["pde_mean"] == 17.0
        path.write_text(json.dumps(rows[0]) + "\n")
        assert next(iter(read(f"json:{tmp_path}")[0].values())).state == "running"

    @pytest.mark.parametrize("text", ["", "7", "[1]", '[{"name": "x"}]', "{", "[" * 100_000])
    def test_what_is_none_of_them_is_an_error(self, tmp_path, text):
        (tmp_path / "x.json").write_text(text)
        with pytest.raises(UnreadableError, match=r"x\.json"):
            read(f"json:{tmp_path / 'x.json'}")


def test_links_in_folders_are_not_followed(tensorboard_folder, tmp_path):
    os.symlink(tensorboard_folder, tmp_path / "linked")
    (tmp_path / "own").mkdir()
    os.symlink(one_file(tensorboard_folder, "tfevents"), tmp_path / "own" / "x.tfevents.1")
    with pytest.raises(UnreadableError, match="holds no event files"):
        read(f"tensorboard:{tmp_path}/own")
