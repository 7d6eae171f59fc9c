"""A db instance's parameters → PostgreSQL's configuration files."""

from collections.abc import Iterable, Mapping

from homeport.local.data.rds.instance import Instance

CERTIFICATE, KEY = "server.crt", "server.key"
PRELOADED = frozenset({"pg_stat_statements"})  # RDS loads it by default
ADMIN = "rdsadmin"  # RDS's own name for the superuser that is not the customer's

# Ours to decide, or meaningless on a machine that is not RDS.
OURS = frozenset(
    {"port", "listen_addresses", "unix_socket_directories", "data_directory", "hba_file", "ident_file", "config_file"}
    | {"ssl", "ssl_cert_file", "ssl_key_file", "ssl_ca_file", "password_encryption", "shared_preload_libraries"}
    | {"log_destination", "logging_collector", "log_directory", "log_filename", "log_line_prefix", "lc_messages"}
    | {"shared_buffers", "huge_pages", "restart_after_crash", "archive_mode", "archive_command", "external_pid_file"}
)


def applicable(parameters: Mapping[str, str], known: Iterable[str]) -> dict[str, str]:
    """The parameters that PostgreSQL knows and that are not ours; not RDS's formulas ({DBInstanceClassMemory/…})."""
    names = frozenset(known)
    return {
        name: value
        for name, value in parameters.items()
        if name in names and name not in OURS and value and not value.startswith("{")
    }


def render_configuration(
    instance: Instance, parameters: Mapping[str, str], *, tls: bool, extensions: frozenset[str]
) -> str:
    """postgresql.conf. With `tls`, certificate and key are in the data folder."""
    settings = {
        "port": str(instance.port),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "password_encryption": "scram-sha-256",
        "shared_buffers": "64MB",
        "log_destination": "stderr",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "lc_messages": "C",
        **parameters,
    }
    if tls:
        settings |= {"ssl": "on", "ssl_cert_file": CERTIFICATE, "ssl_key_file": KEY}
    if preloaded := sorted(PRELOADED & extensions):
        settings["shared_preload_libraries"] = ",".join(preloaded)
    lines = (f"{name} = {_quoted(value)}" for name, value in sorted(settings.items()))
    return "\n".join(["# Written by Homeport at each start; change the parameter group instead.", *lines, ""])


def render_access(*, tls_only: bool) -> str:
    """pg_hba.conf: passwords always, from this machine only."""
    kind = "hostssl" if tls_only else "host"
    return f"host all {ADMIN} 127.0.0.1/32 scram-sha-256\n{kind} all all 127.0.0.1/32 scram-sha-256\n"


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
