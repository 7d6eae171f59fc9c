"""The ledger in a database of a server like Heroku's, and the role of the application beside its owner."""

import secrets
from dataclasses import dataclass, replace

import psycopg

from homeport.postgres.server import Server, conninfo
from tests.postgres.clusters import Cluster, heroku_like
from tests.torture.journal import Tables
from tests.torture.ledger import load_ledger, read_tables
from tests.torture.writers import SESSION


@dataclass(frozen=True)
class Application:
    """A role that owns nothing, and may log in to every cluster that was named."""

    name: str
    password: str

    def server(self, owner: Server) -> Server:
        return replace(owner, user=self.name, password=self.password)


def make_application(*clusters: Cluster) -> Application:
    application = Application(f"web{secrets.token_hex(4)}", secrets.token_urlsafe(12))
    for cluster in clusters:
        cluster.execute(f"CREATE ROLE {application.name} LOGIN PASSWORD '{application.password}'")
    return application


def admit(cluster: Cluster, application: Application, server: Server) -> None:
    """Let the application into this database."""
    cluster.execute(f"GRANT CONNECT ON DATABASE {server.database} TO {application.name}")


def open_ledger(cluster: Cluster, application: Application, filler: int) -> tuple[Server, Server, Tables]:
    """A fresh ledger: its owner's server, the application's, and what is in it."""
    owner = heroku_like(cluster)
    admit(cluster, application, owner)
    with psycopg.connect(**conninfo(owner), options=SESSION) as connection:
        load_ledger(connection, application.name, filler)
        return owner, application.server(owner), read_tables(connection)
