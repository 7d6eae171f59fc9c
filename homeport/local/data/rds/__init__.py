"""RDS on this machine: a real PostgreSQL per db instance, with the user, password, database and port declared.

Steps for each instance: binaries of its major version (`binaries`) → data folder made by initdb, marked complete at its
end → settings written (`settings`) → server started (`server`) → users and database made or followed. Killed before the
mark, the folder is made again; killed after it, PostgreSQL recovers by itself from its write-ahead log.
"""
