"""`homeport db`: moving a live PostgreSQL database, one command for each step."""

from typing import Any

import click

from homeport.cli.lazy import LazyGroup

# command → (module, one line of help); the help stands here so that `homeport db --help` imports nothing else.
COMMANDS: dict[str, tuple[str, str]] = {
    "check": ("db_check", "Look at both sides before a move; changes nothing."),
    "rehearse": ("db_rehearse", "Do all of a move but the switch, and say how long the real one freezes."),
    "copy": ("db_copy", "Copy a database, as it is at one instant; may be stopped and started again."),
    "follow": ("db_follow", "Copy a database, then bring over every change, until it is stopped."),
    "compare": ("db_compare", "Prove that two databases are equal, or name what differs."),
    "cutover": ("db_cutover", "Move the application over: fence, last changes, proof, switch."),
    "rollback": ("db_rollback", "Go back to the source, with everything that was written since."),
    "status": ("db_status", "Say where a move stands, and what to type next."),
    "clean": ("db_clean", "Remove every trace of a move."),
}


class Steps(LazyGroup):
    """What was typed wrongly is shown without its passwords."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except click.UsageError as error:
            from homeport.cli.db_server import without_passwords

            raise click.UsageError(without_passwords(error.format_message()), error.ctx) from None


@click.group(cls=Steps, modules=COMMANDS)
def db() -> None:
    """Move a live PostgreSQL database without losing a row.

    \b
    SOURCE and TARGET are each one of
      heroku:APP, heroku:APP/ATTACHMENT   a database of a Heroku app
      ENVIRONMENT/DATABASE                one of homeport.yml, such as prod/main-db
      VARIABLE                            the environment variable that holds its URL
      -                                   its URL is the next line of stdin
      postgres://user:password@host/name  its URL; every user of this machine can read it
    Without both, HOMEPORT_SOURCE and HOMEPORT_TARGET say which.
    """
