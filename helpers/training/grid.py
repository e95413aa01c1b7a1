"""Many tasks at once: over this machine's cores or GPUs, or over a Dask cluster.

Two processes of one thread each get through small networks sooner than one process of two
threads: tracing a graph and running many small kernels keep one core busy. So a local cluster
has a single-threaded process for each core, or some for each GPU. A single group, or a machine
with one core, needs no cluster and is served in this process. With DASK_SCHEDULER_ADDRESS set,
the workers of that scheduler are used instead; they need this package, the data, the run store's
folder (a file system in common) and one kind of device, CPU or GPU.
"""

import dataclasses
import functools
import gc
import logging
import os
import threading
from collections.abc import Callable
from typing import Any

from helpers import progress, runtime
from helpers.training import store

PROCESSES = 8  # at most on one machine: each holds TensorFlow and the data
# Small networks leave most of a GPU idle. A step of ResNet-56 on 128 images takes 0.6 GiB (measured
# on a CPU), so three and what CUDA takes in each process fit the smallest GPU in use, of 8 GB.
RUNS_PER_GPU = 3
FEW = 100  # steps that one process has done before others have loaded TensorFlow
PATIENCE = 10  # seconds that a scheduler and its first worker may take to answer
TOPIC = "residual-report-progress"
ALONE = threading.Lock()  # seeds are global: one task at a time in a process


def spread(function: Callable, groups: list[list], total: int, description: str) -> None:
    """Call `function(report, *task)` for every task, groups in parallel where that helps.

    Args:
        function: works on the folder of a training in the store.
        groups: lists of tasks that one process serves in turn; the first groups start first. A
            task is a picklable tuple that begins with a training: it has `device` and `config()`.
        total: what the `report`s add up to.
        description: of the progress bar.
    """
    address = os.environ.get("DASK_SCHEDULER_ADDRESS")
    many = total >= FEW or local_cluster.cache_info().currsize or runtime.gpus()
    with progress.bar(total, description, unit="steps") as bar:
        if groups and (address or (many and len(groups) > 1 and local_processes() > 1)):
            with connect(address or local_cluster()) as client:
                spread_over_workers(function, groups, bar, client)
        else:
            for group in groups:
                for task in group:
                    function(bar.update, *task)


def spread_over_workers(function: Callable, groups: list[list], bar: Any, client: Any) -> None:
    """Do as `spread` with the workers of a `distributed.Client`."""
    client.subscribe_topic(TOPIC, lambda event: bar.update(event[1]))
    for group in groups:
        for training, *_rest in group:
            store.describe(training.config())
    configs = [group[0][0].config() for group in groups]
    functions, ranks = [function] * len(groups), [worker_ranks(client)] * len(groups)
    client.gather(client.map(on_worker, functions, groups, configs, ranks, pure=False))


def on_worker(function: Callable, group: list[tuple], config: str, ranks: dict[str, int]) -> None:
    """Serve a group of tasks on a Dask worker.

    Args:
        function, group: as for `spread`.
        config: of the first training where the task comes from.
        ranks: from `worker_ranks`.

    Raises:
        RuntimeError: this worker would train on another kind of device, with other code, or into
            another store.
    """
    import distributed

    worker = distributed.get_worker()
    with ALONE:
        worker_session(ranks.get(worker.address, 0))
        first = group[0][0]
        here = dataclasses.replace(first, device=local_device_kind()).config()
        if here != config or not (store.folder(config) / "config.json").exists():
            raise RuntimeError(
                f"Dask worker {worker.name} computes on another kind of device than "
                f"{first.device}, runs other code than the notebook, or does not see its "
                "run store: start it from the same commit, with the same data folder"
            )
        for task in group:
            function(functools.partial(worker.log_event, TOPIC), *task)


@functools.cache
def worker_session(rank: int) -> None:
    """Set TensorFlow up, once in a worker process; those of a machine share its GPUs by rank."""
    runtime.use_one_gpu(rank)
    runtime.start("worker", profile="", seed=0, tf32=True)
    gc.freeze()  # what is loaded stays: no collection has to look through it again


def worker_ranks(client: Any) -> dict[str, int]:
    """Return {address of a worker: its number among the workers of its machine}."""
    machines: dict[str, list[str]] = {}
    for address, worker in sorted(client.scheduler_info(n_workers=-1)["workers"].items()):
        machines.setdefault(worker["host"], []).append(address)
    return {a: rank for addresses in machines.values() for rank, a in enumerate(addresses)}


@functools.cache
def device_kind() -> str:
    """Return what runs are trained on, "cpu" or "gpu": here, or on the scheduler's workers."""
    address = os.environ.get("DASK_SCHEDULER_ADDRESS")
    if not address:
        return local_device_kind()
    with connect(address) as client:
        return client.submit(worker_device_kind, worker_ranks(client), pure=False).result()


def worker_device_kind(ranks: dict[str, int]) -> str:
    """Return what a Dask worker computes on."""
    import distributed

    with ALONE:
        worker_session(ranks.get(distributed.get_worker().address, 0))
        return local_device_kind()


def local_device_kind() -> str:
    """Return what this process computes on."""
    return "gpu" if runtime.gpus() else "cpu"


def local_processes() -> int:
    """Return how many processes train at once here: some a GPU, else one a usable core."""
    from dask.system import CPU_COUNT  # as the affinity and the container's quota allow

    return min(PROCESSES, CPU_COUNT, RUNS_PER_GPU * len(runtime.gpus()) or CPU_COUNT)


def connect(address: Any) -> Any:
    """Return a client of a scheduler, by its address or its cluster, that has a worker.

    Raises:
        RuntimeError: it does not answer, or has no worker.
    """
    import distributed

    fault = f"DASK_SCHEDULER_ADDRESS is {address}, where no {{}} answers within {PATIENCE} s: "
    try:
        client = distributed.Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        remedy = "start one there, correct the address, or unset it"
        raise RuntimeError(fault.format("scheduler") + remedy) from error
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError as error:
        client.close()
        remedy = f"start some: dask worker {address} --nthreads 1"
        raise RuntimeError(fault.format("worker") + remedy) from error
    return client


@functools.cache
def local_cluster() -> Any:
    """Start a process for each core, or some for each GPU, once; they end with this process."""
    import distributed

    return distributed.LocalCluster(
        n_workers=local_processes(),
        threads_per_worker=1,
        memory_limit=0,  # Dask would restart a worker for TensorFlow's memory
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.ERROR,
        env={"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"},
    )
