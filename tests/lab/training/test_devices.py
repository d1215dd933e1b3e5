"""Two processes that share the work, as `torchrun` starts them."""

import csv
import subprocess
import sys


def test_two_processes_train_one_network(corpus, tmp_path):
    words = [
        *("train", "ferplus", str(corpus), "--out", str(tmp_path / "run")),
        *("--epochs", "2", "--batch", "16", "--embedding", "16"),
        *("--device", "cpu", "--devices", "2", "--precision", "32", "--json"),
    ]
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    launch += ["--nproc_per_node", "2"]
    done = subprocess.run(
        [*launch, "-m", "feltline", *words],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count('"best_epoch"') == 1  # one process speaks
    with (tmp_path / "run" / "epochs.csv").open(encoding="utf-8") as file:
        losses = [float(row["loss_total"]) for row in csv.DictReader(file)]
    assert losses[1] < losses[0]
    assert len(losses) == 2
