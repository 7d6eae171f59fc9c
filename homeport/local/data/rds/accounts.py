"""User, password and database of a db instance: what the declaration says → SQL, run at each start and change.

Passwords go to the server as SCRAM verifiers, computed here: no statement that could be logged holds one.
The master user is a superuser here; on RDS it is a member of `rds_superuser`, who may nearly as much.
"""

import psycopg
from psycopg import sql

from homeport.local.data.rds.instance import Instance

GROUP = "rds_superuser"


async def follow_accounts(connection: psycopg.AsyncConnection, instance: Instance) -> None:
    """Idempotent."""
    for role in (GROUP, instance.user):
        if not await _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", role):
            await connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
    master = sql.Identifier(instance.user)
    rights = sql.SQL("ALTER ROLE {} LOGIN SUPERUSER CREATEDB CREATEROLE")
    await connection.execute(rights.format(master))
    await connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(GROUP), master))
    if instance.password:
        verifier = connection.pgconn.encrypt_password(
            instance.password.encode(), instance.user.encode(), b"scram-sha-256"
        )
        statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(master, sql.Literal(verifier.decode()))
        await connection.execute(statement)
    if instance.database and not await _exists(
        connection, "SELECT 1 FROM pg_database WHERE datname = %s", instance.database
    ):
        create = sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(instance.database), master)
        await connection.execute(create)


async def _exists(connection: psycopg.AsyncConnection, query: str, name: str) -> bool:
    cursor = await connection.execute(query, [name])
    return await cursor.fetchone() is not None
