"""Commands that begin with a program which a buildpack brought: nginx, pgbouncer, tunnels."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from homeport.doctor.commands import Command, Word
from homeport.doctor.finding import Finding
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "buildpack-wrappers",
    "A buildpack put this program into the slug. In a plain image it does not exist, and the process cannot start.",
)
INSTEAD = {
    "start-nginx": "the load balancer takes nginx's place: bind the server to 0.0.0.0:$PORT, serve static files with "
    "WhiteNoise or a site; rules of nginx.conf (redirects, limits) need a new place",
    "start-pgbouncer": "RDS takes more connections than Heroku Postgres; keep conn_max_age, or use RDS Proxy",
    "qgtunnel": "add-on QuotaGuard: outgoing addresses are those of the NAT gateway, which is fixed",
    "start-stunnel": "ElastiCache speaks TLS by itself",
    "fixie-wrench": "outgoing addresses are those of the NAT gateway, which is fixed",
}
ALIASES = {
    **{"start-nginx-solo": "start-nginx", "start-nginx-debug": "start-nginx"},
    **{"start-pgbouncer-stunnel": "start-pgbouncer", "qgsocksify": "qgtunnel"},
}
FLAGS = {"-f"}


def find(project: Project) -> Iterator[Finding]:
    for command in project.commands:
        for word in command.words:
            name = PurePosixPath(word.text).name
            kind = ALIASES.get(name, name)
            if kind in INSTEAD:
                yield _finding(command, word, INSTEAD[kind])


def _finding(command: Command, word: Word, todo: str) -> Finding:
    part = command.part_of(word)
    following = part[part.index(word) + 1 :]
    flags = [other for other in following if other.text in FLAGS]
    title = f"{word.text} comes from a buildpack"
    if len(following) == len(flags):  # nothing is wrapped: the process is the program itself
        return RULE.on(command, title, todo, severity="error")
    edit = command.remove(word.start, flags[-1].end if flags else word.end)
    return RULE.on(command, title, todo, severity="error", edits=(edit,))
