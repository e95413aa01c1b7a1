"""Grids of runs: in this process, and over a real Dask scheduler whose worker is killed."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
import types

import distributed
import numpy as np
import pytest
import toys
from dask import system
from toy_runs import assert_same, make_run

from helpers import paths
from helpers.training import call, finished, grid, measure_all, spec, store, train_all


def test_a_grid_in_this_process(monkeypatch):
    monkeypatch.setattr(grid, "local_processes", lambda: 1)
    monkeypatch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)
    runs = [make_run(iterations=4, seed=seed) for seed in (0, 1, 0)]
    groups = {"some": runs[:2], "others": runs[2:]}
    results = train_all(groups)
    first = [*results["some"], *results["others"]]
    assert [result.run for result in first] == runs
    assert not first[0].cached and first[0].history == first[2].history != first[1].history
    assert all(result.cached for group in train_all(groups).values() for result in group)
    assert len(list(paths.RUNS.iterdir())) == 2

    found = measure_all([(run, call(toys.brightest, factor=k)) for k, run in enumerate(runs, 1)])
    np.testing.assert_allclose(found[2]["logits"], 3 * found[0]["logits"])


def test_runs_of_a_compiled_network_are_one_group_and_long_groups_go_first(monkeypatch):
    groups = []
    monkeypatch.setattr(grid, "spread", lambda function, tasks, *_: groups.extend(tasks))
    short = [make_run(4, seed, learning_rate=0.1) for seed in (0, 1)]
    long = [make_run(5, seed, initial=call(toys.set_bias, value=1.0)) for seed in (0, 1)]
    wide = [make_run(19, network=call(toys.build, width=5))]
    with pytest.raises(TypeError):  # nothing has been trained
        train_all({"short": short, "long": long, "wide": wide})
    assert groups == [[(run,) for run in group] for group in (wide, short + long)]


def two_networks(seed=3):
    return [make_run(4, seed), make_run(5, seed, call(toys.build, width=5))]


def test_few_steps_are_taken_in_this_process(monkeypatch):
    monkeypatch.setattr(grid, "local_processes", lambda: 2)
    monkeypatch.setattr(distributed, "LocalCluster", lambda **_: pytest.fail("starts processes"))
    results = train_all({"": two_networks()})[""]
    assert [result.cached for result in results] == [False, False]
    monkeypatch.setattr(grid, "FEW", 9)
    with pytest.raises(pytest.fail.Exception, match="starts processes"):
        train_all({"": two_networks(seed=1)})


@pytest.mark.slow
def test_processes_of_this_machine_train_what_one_does(monkeypatch, tmp_path):
    runs = two_networks()
    serial = train_all({"": runs})[""]
    paths.RUNS.rename(paths.RUNS.with_name("serial"))
    monkeypatch.setenv("REPORT_DATA", str(tmp_path))
    monkeypatch.setattr(grid, "FEW", 0)
    monkeypatch.setattr(grid, "local_processes", lambda: 2)
    try:
        for found, expected in zip(train_all({"": runs})[""], serial, strict=True):
            assert_same(found, expected, 1e-4)
    finally:
        grid.local_cluster().close()
        grid.local_cluster.cache_clear()


@pytest.mark.parametrize(
    ("gpus", "cores", "processes"), [(0, 2, 2), (0, 64, 8), (1, 16, 3), (2, 4, 4)]
)
def test_processes_follow_usable_cores_and_gpus(monkeypatch, gpus, cores, processes):
    monkeypatch.setattr(grid.runtime, "gpus", lambda: ["GPU"] * gpus)
    monkeypatch.setattr(system, "CPU_COUNT", cores)
    assert grid.local_processes() == processes


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setattr(grid, "PATIENCE", 0.5)
    with pytest.raises(RuntimeError, match="DASK_SCHEDULER_ADDRESS is tcp://127.0.0.1:9, where no"):
        grid.connect("tcp://127.0.0.1:9")
    with pytest.raises(RuntimeError, match="no scheduler answers.*or unset it"):
        grid.connect("nonsense://x")


def test_a_scheduler_without_workers_is_named(monkeypatch):
    monkeypatch.setattr(grid, "PATIENCE", 2)
    with distributed.LocalCluster(
        n_workers=0, processes=False, dashboard_address="127.0.0.1:0", protocol="tcp"
    ) as cluster:
        with pytest.raises(RuntimeError, match="no worker answers within 2 s: start some: dask"):
            grid.connect(cluster.scheduler_address)


def test_a_worker_with_other_code_or_another_store_refuses_before_it_works(monkeypatch):
    worker = types.SimpleNamespace(name="0", address="tcp://a", log_event=print)
    run, begun = make_run(iterations=4), []
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(spec, "code_digest", lambda *functions: "other code")
        other_code = run.config()
    monkeypatch.setattr(distributed, "get_worker", lambda: worker)
    monkeypatch.setattr(grid, "worker_session", lambda rank: None)
    store.describe(other_code)
    for config in (other_code, run.config()):  # the second is in no store yet
        with pytest.raises(RuntimeError, match="other code than the notebook, or does not see its"):
            grid.on_worker(lambda *task: begun.append(task), [(run,)], config, {})
    assert not begun
    store.describe(run.config())
    grid.on_worker(lambda *task: begun.append(task), [(run,)], run.config(), {})
    assert len(begun) == 1


def test_workers_are_numbered_on_each_machine():
    hosts = {"tcp://a:1": "a", "tcp://b:1": "b", "tcp://a:2": "a"}
    workers = {address: {"host": host} for address, host in hosts.items()}
    client = types.SimpleNamespace(scheduler_info=lambda n_workers: {"workers": workers})
    assert grid.worker_ranks(client) == {"tcp://a:1": 0, "tcp://a:2": 1, "tcp://b:1": 0}


def start(*command, **options):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + command[0], *command[1:]],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **options,
    )


@pytest.fixture
def dask(tmp_path):
    """Yield (scheduler address, {worker name: process}) of a scheduler with two workers.

    They share the run store of the test. The first one dies in the second epoch of a run with
    `toys.fatal`.
    """
    contact = tmp_path / "scheduler.json"
    scheduler = start(
        "dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
        "--scheduler-file", contact,
    )  # fmt: skip
    workers = {}
    try:
        while not contact.exists():
            assert scheduler.poll() is None
            time.sleep(0.05)
        address = json.loads(contact.read_text())["address"]
        for name in ("first", "second"):
            os.environ["REPORT_DATA"] = str(tmp_path)
            os.environ["FATAL_STEP"] = "6" if name == "first" else "0"
            workers[name] = start(
                "dask_worker", address, "--name", name, "--nthreads", "1", "--no-nanny",
                "--no-dashboard", "--local-directory", tmp_path,
            )  # fmt: skip
        yield address, workers
    finally:
        os.environ.pop("REPORT_DATA", None)
        os.environ.pop("FATAL_STEP", None)
        for process in (*workers.values(), scheduler):
            process.kill()
            process.wait()


@pytest.mark.slow
def test_a_killed_workers_run_is_done_elsewhere(dask, monkeypatch):
    address, workers = dask
    runs = [make_run(iterations=12, seed=seed, augment=call(toys.fatal)) for seed in range(4)]
    monkeypatch.setattr(grid, "local_processes", lambda: 1)
    serial = train_all({"": runs})[""]
    paths.RUNS.rename(paths.RUNS.with_name("serial"))

    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", address)
    reported = []
    with distributed.Client(address) as client:
        client.wait_for_workers(2)
    groups = [[(run,) for run in pair] for pair in (runs[:2], runs[2:])]
    with grid.connect(address) as client:
        bar = types.SimpleNamespace(update=reported.append)
        grid.spread_over_workers(finished.train_one, groups, bar, client)
    assert workers["first"].wait() == -signal.SIGKILL
    assert sum(reported) >= 12 * len(runs)
    for run, expected in zip(runs, serial, strict=True):
        assert_same(finished.find_result(run), expected, 1e-4)
        weights, serial_weights = (
            store.load(root / store.folder(run.config()).name / "weights.npz")[0].values()
            for root in (paths.RUNS, paths.RUNS.with_name("serial"))
        )
        for found, weight in zip(weights, serial_weights, strict=True):
            np.testing.assert_allclose(found, weight, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_a_worker_measures_and_refuses_another_device(dask, monkeypatch):
    address, _workers = dask
    run = make_run(iterations=4)
    monkeypatch.setattr(grid, "local_processes", lambda: 1)
    train_all({"": [run]})
    expected = toys.brightest(finished.trained_network(run), toys.load())
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", address)
    monkeypatch.setattr(
        finished, "trained_network", lambda run: pytest.fail("measured in this process")
    )
    (found,) = measure_all([(run, call(toys.brightest))])
    np.testing.assert_allclose(found["logits"], expected["logits"], rtol=1e-5)
    other = dataclasses.replace(run, device="gpu")
    with pytest.raises(RuntimeError, match="computes on another kind of device than gpu"):
        with grid.connect(address) as client:
            grid.spread_over_workers(finished.train_one, [[(other,)]], None, client)
