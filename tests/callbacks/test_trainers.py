"""The trainers themselves train: Lightning, Hugging Face's and Keras."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from expflow_hooks import track

REGISTRY = "r.jsonl"


def last(work: Path) -> dict:
    return json.loads((work / REGISTRY).read_text().splitlines()[-1])


def states(work: Path) -> list[str]:
    return list(dict.fromkeys(json.loads(line)["status"] for line in (work / REGISTRY).read_text().splitlines()))


class TestLightning:
    @pytest.fixture
    def fit(self, work):
        pytest.importorskip("lightning", reason="make test-callbacks installs Lightning")
        import lightning.pytorch as pl
        import torch

        class Model(pl.LightningModule):
            def __init__(self, width=1, fails=False):
                super().__init__()
                self.save_hyperparameters()
                self.layer = torch.nn.Linear(1, 1)

            def training_step(self, batch, _):
                if self.hparams.fails:
                    raise RuntimeError("diverged")
                loss = self.layer(batch[0]).pow(2).mean()
                self.log("val/loss", loss.detach() * 0 + 0.25)
                self.log("other", 1.0)
                return loss

            def configure_optimizers(self):
                return torch.optim.SGD(self.parameters(), lr=0.1)

        def run(callback, fails=False):
            data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(4, 1)))
            quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
            quiet["enable_model_summary"] = False
            trainer = pl.Trainer(max_epochs=2, accelerator="cpu", callbacks=[callback], **quiet)
            trainer.fit(Model(fails=fails), data)

        return run

    def test_a_fit_is_tracked(self, work, fit):
        from expflow_hooks.callbacks.lightning import ExpflowCallback

        fit(ExpflowCallback("x", rename={"val/loss": "val_mse"}, registry=REGISTRY))
        entry = last(work)
        assert states(work) == ["running", "completed"]
        assert entry["params"] == {"width": 1, "fails": False}
        assert {name: entry["metrics"][name] for name in ("val_mse", "arch_params", "epochs")} == {
            "val_mse": 0.25,
            "arch_params": 2.0,
            "epochs": 2.0,
        }
        assert entry["metrics"].keys() == {"val_mse", "arch_params", "epochs", "train_time_min"}

    def test_a_fit_that_fails_has_failed(self, work, fit):
        from expflow_hooks.callbacks.lightning import ExpflowCallback

        with pytest.raises(RuntimeError):
            fit(ExpflowCallback("x", registry=REGISTRY), fails=True)
        assert (last(work)["status"], last(work)["error"]) == ("failed", "RuntimeError")

    def test_a_run_around_the_fit_stays_open(self, work, fit):
        from expflow_hooks.callbacks.lightning import ExpflowCallback

        with track("x", registry=REGISTRY) as run:
            fit(ExpflowCallback(run))
            assert last(work)["status"] == "running"
            run.report(pde_mean=1.0)
        assert last(work)["metrics"].keys() >= {"pde_mean", "epochs"}


class TestTransformers:
    def test_a_training_is_tracked(self, work):
        pytest.importorskip("transformers", reason="make test-callbacks installs transformers")
        torch = pytest.importorskip("torch", reason="make test-callbacks installs torch")
        from transformers import Trainer, TrainingArguments

        from expflow_hooks.callbacks.transformers import ExpflowCallback

        class Model(torch.nn.Module):  # type: ignore[name-defined]
            def __init__(self):
                super().__init__()
                self.layer = torch.nn.Linear(1, 1)

            def forward(self, x, labels=None):
                return {"loss": (self.layer(x) - labels).pow(2).mean(), "logits": self.layer(x)}

        rows = [{"x": torch.ones(1), "labels": torch.zeros(1)} for _ in range(4)]
        quiet = {"use_cpu": True, "report_to": []}
        arguments = TrainingArguments("out", num_train_epochs=2, eval_strategy="epoch", seed=7, **quiet)
        callback = ExpflowCallback("x", rename={"eval_loss": "val_mse"}, registry=REGISTRY)
        Trainer(Model(), arguments, train_dataset=rows, eval_dataset=rows, callbacks=[callback]).train()
        entry = last(work)
        assert states(work) == ["running", "completed"]
        assert (entry["params"]["seed"], entry["metrics"]["epochs"], entry["metrics"]["arch_params"]) == (7, 2.0, 2.0)
        assert entry["metrics"]["val_mse"] >= 0


class TestKeras:
    def test_a_fit_is_tracked(self, work, monkeypatch):
        if "KERAS_BACKEND" not in os.environ:
            monkeypatch.setenv("KERAS_BACKEND", "torch")
        pytest.importorskip("torch", reason="make test-callbacks installs torch, Keras' backend here")
        keras = pytest.importorskip("keras", reason="make test-callbacks installs Keras")
        import numpy

        from expflow_hooks.callbacks.keras import ExpflowCallback

        model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
        model.compile(loss="mse", optimizer="sgd")
        ones = numpy.ones((4, 1))
        callback = ExpflowCallback("x", rename={"val_loss": "val_mse"}, registry=REGISTRY)
        model.fit(ones, ones, validation_data=(ones, ones), epochs=2, verbose=0, callbacks=[callback])
        entry = last(work)
        assert states(work) == ["running", "completed"]
        assert (entry["metrics"]["epochs"], entry["metrics"]["arch_params"]) == (2.0, 2.0)
        assert entry["metrics"]["val_mse"] >= 0
        assert entry["params"]["epochs"] == 2


def test_an_mlflow_run_is_told_the_same(work, monkeypatch):
    mlflow = pytest.importorskip("mlflow", reason="make test-callbacks installs mlflow-skinny")
    mlflow.set_tracking_uri(f"file://{work}/mlruns")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    with mlflow.start_run() as outer, track("x", task=outer, registry=REGISTRY) as run:
        run.report(pde_mean=15.0, iteration=3)
    entry = last(work)
    assert entry["mlflow_run_id"] == outer.info.run_id
    stored = mlflow.get_run(outer.info.run_id).data.metrics
    assert stored == pytest.approx(entry["metrics"])
