"""A Dask cluster: one by its address, or one started here, and the client that talks to it.

The scheduler gives tasks to workers: a worker that dies loses its task, which goes to another one;
one that joins late gets work. Who can reach the scheduler can run code on the workers.
"""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any

from pipeline.errors import ConfigError, ExecutorError
from pipeline.executors.placement import Placement
from pipeline.executors.scheduler import expect_scheduler

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = 10.0  # seconds to reach the scheduler in


def connect(placement: Placement) -> tuple[Client, Any]:
    """The client, and the cluster where it was started here: close both, in this order.

    Raises as `expect_cluster`.
    """
    security = expect_cluster(placement)
    from distributed import Client, LocalCluster

    cluster: Any = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of versions: what matters is compared for each result
        if placement.cluster is None:
            cluster = LocalCluster(
                n_workers=placement.most,
                threads_per_worker=1,
                memory_limit=0,
                dashboard_address="127.0.0.1:0",  # a port that is free
                scheduler_kwargs={"dashboard": False},
                silence_logs=logging.CRITICAL,
            )
        address = placement.cluster or cluster.scheduler_address
        try:
            client = Client(
                address, timeout=PATIENCE, security=security, set_as_default=False, name="pipeline"
            )
        except (OSError, ValueError, RuntimeError, TypeError) as error:
            if cluster is not None:
                cluster.close()
            raise ExecutorError(
                f"--cluster {address}: expected a Dask scheduler, found none that answers "
                f"({type(error).__name__}); see whether it runs, and run the same command again"
            ) from error
    return client, cluster


def expect_cluster(placement: Placement) -> Any:
    """See, in a bounded time, that a cluster can be reached, or started here; Dask's `Security`.

    Raises `ConfigError` where Dask is missing or TLS files are, `ExecutorError` where no scheduler
    answers.
    """
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            f"--executor dask: expected the packages dask and distributed, found none ({error}); "
            "install them: pip install 'cifar-pipeline[dask]'"
        ) from None
    for name in list(logging.root.manager.loggerDict):  # who waits for a task reports its error
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)
    for name in ("concurrent.futures", "tornado.application"):
        logging.getLogger(name).addFilter(_is_ours)
    _check_scheme(placement)
    security = _security(placement)
    if placement.cluster is not None:
        from distributed.security import Security

        given = (security or Security()).get_connection_args("client")
        expect_scheduler(placement.cluster, given)
    return security


def _is_ours(record: logging.LogRecord) -> bool:
    """False: of a future that is cancelled at the end, or that a lost scheduler had."""
    kind = record.exc_info[0] if record.exc_info else None
    return kind is None or kind.__module__.partition(".")[0] != "distributed"


def _check_scheme(placement: Placement) -> None:
    """A client for one that Dask does not know would be closed in disorder."""
    from distributed.comm import registry

    scheme = (placement.cluster or "tcp://").partition("://")[0].lower()
    try:
        registry.get_backend(scheme)
    except ValueError as error:
        raise ConfigError(
            f"--cluster: expected the address of a Dask scheduler, tcp://HOST:PORT or "
            f"tls://HOST:PORT, found {placement.cluster} ({error})"
        ) from None


def _security(placement: Placement) -> Any:
    """The TLS files; None: what Dask's own configuration says. Raises `ConfigError`."""
    from distributed.security import Security

    found = None
    if placement.tls:
        ca, certificate, key = placement.tls
        found = Security(
            tls_ca_file=ca,
            tls_client_cert=certificate,
            tls_client_key=key,
            require_encryption=True,
        )
    if placement.cluster and placement.cluster.lower().startswith("tls://"):
        try:
            given = (found or Security()).get_connection_args("client")
        except (OSError, ValueError) as error:  # of the module ssl, too
            raise ConfigError(
                f"--cluster-tls: expected PEM files CA,CERT,KEY that belong together, found "
                f"{','.join(placement.tls) or 'other ones in the configuration of Dask'} ({error})"
            ) from None
        if given.get("ssl_context") is None:
            raise ConfigError(
                f"--cluster {placement.cluster}: expected certificates for TLS, found none; give "
                "--cluster-tls CA,CERT,KEY"
            )
    return found
