"""How the PostgreSQL that Agentry starts itself is set up."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

MB = 1 << 20
CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


def _buffers() -> str:
    """An eighth of the memory, 256 MB to 2 GB, for the rollups and the newest days.

    PostgreSQL keeps no table in memory that it reads whole and that is larger than a quarter of this. The
    details by day of 44 million events are 150 MB: read from memory, a question of them took half the time.
    """
    memory = psutil.virtual_memory().total
    limit = CONTAINER_LIMIT.read_text().strip() if CONTAINER_LIMIT.exists() else "max"
    if limit.isdigit():
        memory = min(memory, int(limit))
    return f"{min(max(memory // 8, 256 * MB), 2048 * MB) // MB}MB"


POSTGRES_SETTINGS = {
    "unix_socket_directories": "",  # a path below a data directory is often longer than the 107 bytes allowed
    "max_connections": "200",  # a web process has 40 threads and 8 for queries
    "shared_buffers": _buffers(),
    "work_mem": "16MB",  # a group-by over some ten thousand customers does not spill
    "temp_file_limit": "4GB",  # a process: no question sorts the disk full
    "max_wal_size": "2GB",  # ingest writes much log: fewer checkpoints, fewer full pages in it
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",  # disks have no arms any more
    # With its leader a question takes every core once. On two cores two workers took a tenth longer than one.
    "max_parallel_workers_per_gather": str(min(max((os.cpu_count() or 2) - 1, 1), 4)),
    "jit": "off",  # compiling a short question takes longer than answering it
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_min_error_statement": "panic",  # a statement may hold what a customer sent
}
NOT_DURABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
}
