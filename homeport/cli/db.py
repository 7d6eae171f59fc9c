"""`homeport db`: moving a live PostgreSQL database, one command for each step."""

import importlib

import click

# command → (module, one line of help); the help stands here so that `homeport db --help` imports nothing else.
COMMANDS: dict[str, tuple[str, str]] = {
    "check": ("db_check", "Look at both sides before a move; changes nothing."),
    "copy": ("db_copy", "Copy a database, as it is at one instant; may be stopped and started again."),
    "compare": ("db_compare", "Prove that two databases are equal, or name what differs."),
}


class Steps(click.Group):
    """Loads the module of a step when the step is used."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"homeport.cli.{COMMANDS[name][0]}")
        command: click.Command = getattr(module, name)
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=Steps)
def db() -> None:
    """Move a live PostgreSQL database without losing a row.

    SOURCE and TARGET are URLs (postgres://user:password@host:5432/database), or names of environment variables that
    hold one: a password on a command line can be read by every user of this machine.
    """
