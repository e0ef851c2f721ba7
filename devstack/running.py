"""One site for each instance, and none of its processes left behind."""

import contextlib
import json
import os
import signal
import time

import embedded
from devstack.addresses import LaunchError


class Claim:
    """One site for each instance. Whoever holds it is written down, so that the next one finds what
    a kill -9 left.
    """

    def __init__(self, instance: str):
        self.instance = instance
        self._file = embedded.var("services") / f"run-{instance}.json"

    def __enter__(self) -> "Claim":
        with contextlib.suppress(OSError, ValueError, KeyError):
            record = json.loads(self._file.read_text())
            if _is_alive(record["run"]):
                raise LaunchError(
                    f"The site is already running from this folder: {record['site']} (process "
                    f"{record['run'][0]})."
                )
            _end_groups([process[0] for process in record["processes"] if _is_alive(process)])
        self.note({})
        return self

    def note(self, pids: dict[str, int]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        record = {
            "site": os.environ.get("SITE_URL", ""),
            "run": identity_of(os.getpid()),
            "processes": [identity_of(pid) for pid in pids.values()],
        }
        self._file.write_text(json.dumps(record) + "\n")

    def __exit__(self, *refusal) -> None:
        end_children()
        self._file.unlink(missing_ok=True)


def identity_of(pid: int) -> list:
    """A pid alone may be somebody else's tomorrow; with the time it began it is one process for
    ever.
    """
    import psutil

    try:
        return [pid, psutil.Process(pid).create_time()]
    except psutil.NoSuchProcess:
        return [pid, 0]


def _is_alive(identity: list) -> bool:
    return bool(identity[1]) and identity_of(identity[0]) == identity


def _end_groups(leaders: list[int]) -> None:
    import psutil

    for how in (signal.SIGTERM, signal.SIGKILL):
        until = time.monotonic() + 5
        for leader in leaders:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(leader, how)
        while time.monotonic() < until and any(psutil.pid_exists(leader) for leader in leaders):
            time.sleep(0.1)


def end_children() -> None:
    """Whatever still runs beneath this process, down to the last grandchild."""
    import psutil

    children = psutil.Process().children(recursive=True)
    for end in (psutil.Process.terminate, psutil.Process.kill):
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                end(child)
        _, children = psutil.wait_procs(children, timeout=3)
