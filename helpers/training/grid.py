"""Many runs at once: over this machine's cores or GPUs, or over a Dask cluster.

Two processes of one thread each get through small networks sooner than one process of two
threads: tracing a graph and running many small kernels keep one core busy. So a local cluster
has a single-threaded process for each core, or some for each GPU. A single task, or a machine
with one core, needs no cluster and is served in this process. With DASK_SCHEDULER_ADDRESS set,
the workers of that scheduler are used instead; they need this package and the data, no common
file system, and one kind of device, CPU or GPU.
"""

import dataclasses
import functools
import itertools
import logging
import os
import threading

from helpers import progress, runtime
from helpers.training import store

PROCESSES = 8  # at most on one machine: each holds TensorFlow and the data
RUNS_PER_GPU = 3  # small networks leave most of a GPU idle
GROUPS = 7  # for each local process until a new one: TensorFlow keeps 40 MiB of each network
PATIENCE = 10  # seconds that a scheduler and its first worker may take to answer
TOPIC = "residual-report-progress"
ALONE = threading.Lock()  # seeds are global: one task at a time in a process


def train_all(runs):
    """Train the runs that the store lacks and return the `finished.Result` of each, in order.

    The runs of a group, which differ only in seed, share a process and a compiled network. A
    worker that dies has its runs continued elsewhere; the results equal a serial execution's.
    """
    from helpers.training import finished

    results = {run: finished.find_result(run) for run in runs}
    missing = [run for run, result in results.items() if result is None]
    groups = {}
    for run in missing:
        groups.setdefault(dataclasses.replace(run, seed=0), []).append((run,))
    iterations = {run: len(groups[run]) * run.protocol.iterations for run in groups}
    longest_first = sorted(groups, key=iterations.get, reverse=True)
    spread(train_one, [groups[k] for k in longest_first], sum(iterations.values()), "training")
    for run in missing:
        results[run] = dataclasses.replace(finished.find_result(run), cached=False)
    return [results[run] for run in runs]


def measure_all(pairs):
    """Return what each measurement finds in its trained run: see `finished.measure`.

    Args:
        pairs: [(run, `Call` of a function of (model, dataset))], the runs finished.
    """
    from helpers.training import finished

    missing = [
        pair for pair in dict.fromkeys(pairs) if not finished.measurement_path(*pair).exists()
    ]
    spread(measure_one, [[pair] for pair in missing], len(missing), "measuring")
    return [finished.measure(*pair) for pair in pairs]


def train_one(report, run):
    """Train a run in this process."""
    from helpers.training import loop  # here: TensorFlow loads after `worker_session`

    loop.train_run(run, report)


def measure_one(report, run, measurement):
    """Make one measurement in this process."""
    from helpers.training import finished

    finished.measure(run, measurement)
    report(1)


def spread(function, groups, total, description):
    """Call `function(report, *task)` for every task, groups in parallel where that helps.

    Args:
        function: works on the folder of a run in the store.
        groups: lists of tasks that one process serves in turn; the longest lists go first. A task
            is a picklable tuple, the run first.
        total: what the `report`s add up to.
        description: of the progress bar.
    """
    address = os.environ.get("DASK_SCHEDULER_ADDRESS")
    with progress.bar(total, description, unit="steps") as bar:
        if groups and (address or (len(groups) > 1 and local_processes() > 1)):
            with connect(address) if address else local_client() as client:
                size = len(groups) if address else GROUPS * local_processes()
                for start in range(0, len(groups), size):
                    if start:
                        client.restart()
                    spread_over_workers(function, groups[start : start + size], bar, client)
        else:
            for task in itertools.chain(*groups):
                function(bar.update, *task)


def spread_over_workers(function, groups, bar, client):
    """Do as `spread` with the workers of a `distributed.Client`."""
    import distributed

    client.subscribe_topic(TOPIC, lambda event: bar.update(event[1]))
    futures = []
    for group in groups:  # each by itself: one graph of all the weights would be large
        stored = {run.config(): store.pack(run.config()) for run, *_rest in group}
        futures.append(client.submit(on_worker, function, group, stored, pure=False))
    for _future, new in distributed.as_completed(futures, with_results=True):
        for config, packed in new.items():
            store.unpack(config, packed)


def connect(address):
    """Return a client of a scheduler that has a worker.

    Raises:
        RuntimeError: it does not answer, or has no worker.
    """
    import distributed

    remedy = f"DASK_SCHEDULER_ADDRESS is {address}, where no {{}} answers within {PATIENCE} s: "
    try:
        client = distributed.Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        message = remedy.format("scheduler") + "start one there, correct the address, or unset it"
        raise RuntimeError(message) from error
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError as error:
        client.close()
        message = remedy.format("worker") + f"start some: dask worker {address} --nthreads 1"
        raise RuntimeError(message) from error
    return client


def local_client():
    """Return a client of this machine's own cluster."""
    import distributed

    return distributed.Client(local_cluster())


@functools.cache
def local_cluster():
    """Start a process for each core, or some for each GPU, once; they end with this process."""
    import distributed

    return distributed.LocalCluster(
        n_workers=local_processes(),
        threads_per_worker=1,
        memory_limit=0,  # Dask would restart a worker for TensorFlow's memory
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.ERROR,
        env={
            "TF_NUM_INTRAOP_THREADS": "1",
            "TF_NUM_INTEROP_THREADS": "1",
            "LOCAL_GPUS": str(len(runtime.gpus())),
        },
    )


def on_worker(function, group, stored):
    """Serve a group of tasks on a Dask worker, whose store may be elsewhere; return its new files.

    Args:
        function, group: as for `spread`.
        stored: {config of a run where the task comes from: files of its folder there}.

    Raises:
        RuntimeError: this worker would train on another kind of device, or with other code.
    """
    import distributed

    worker = distributed.get_worker()
    with ALONE:
        worker_session(worker.name)
        run = group[0][0]  # the others share its device and code
        if dataclasses.replace(run, device=local_device_kind()).config() not in stored:
            raise RuntimeError(
                f"Dask worker {worker.name} computes on another kind of device than {run.device}, "
                "or runs other code than the notebook: start it from the same commit"
            )
        for config, packed in stored.items():
            store.unpack(config, packed)
        for task in group:
            function(functools.partial(worker.log_event, TOPIC), *task)
        return {
            config: {name: data for name, data in store.pack(config).items() if name not in packed}
            for config, packed in stored.items()
        }


@functools.cache
def device_kind():
    """Return what runs are trained on, "cpu" or "gpu": here, or on the scheduler's workers."""
    address = os.environ.get("DASK_SCHEDULER_ADDRESS")
    if not address:
        return local_device_kind()
    with connect(address) as client:
        return client.submit(worker_device_kind, pure=False).result()


def worker_device_kind():
    """Return what a Dask worker computes on."""
    import distributed

    with ALONE:
        worker_session(distributed.get_worker().name)
        return local_device_kind()


def local_device_kind():
    """Return what this process computes on."""
    return "gpu" if runtime.gpus() else "cpu"


@functools.cache
def worker_session(name):
    """Set TensorFlow up, once in a worker process; local workers share the GPUs out by name."""
    if gpus := int(os.environ.get("LOCAL_GPUS", 0)):
        os.environ["CUDA_VISIBLE_DEVICES"] = str(int(name) % gpus)
    runtime.start("worker", profile="", seed=0)


def local_processes():
    """Return how many processes train at once here: some a GPU, else one a usable core."""
    from dask.system import CPU_COUNT  # as the affinity and the container's quota allow

    return min(PROCESSES, CPU_COUNT, RUNS_PER_GPU * len(runtime.gpus()) or CPU_COUNT)
