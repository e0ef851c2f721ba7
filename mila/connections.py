"""How a connection to PostgreSQL is kept, and how long it waits."""

from typing import Any


def tune(database: dict[str, Any], *, max_age: int, pages: bool) -> None:
    """`max_age`: seconds. `pages`: of the process that answers people; everything else may wait
    longer.
    """
    database["CONN_MAX_AGE"] = max_age
    database["CONN_HEALTH_CHECKS"] = True
    options = database.setdefault("OPTIONS", {})
    # The server plans a statement once for each connection, not at each use (docs/decisions/0009).
    options.update(
        connect_timeout=2 if pages else 10, server_side_binding=True, prepare_threshold=3
    )
    # A network that swallows everything is noticed (docs/decisions/0014); nothing of it on a Unix
    # socket.
    options.update(
        keepalives_idle=15, keepalives_interval=5, keepalives_count=3, tcp_user_timeout=15_000
    )
    if pages:
        database["ENGINE"] = "mila.patient_postgres"
        limits = (
            "-c statement_timeout=3s -c lock_timeout=2s -c idle_in_transaction_session_timeout=30s"
        )
        options["options"] = f"{options.get('options', '')} {limits}".strip()
