"""What you type: parse, call, print. Command groups are imported when they are used, so that `--help` is quick."""

from pathlib import Path

import click

from homeport.cli.lazy import LazyGroup

# command → (module, one line of help); the help stands here so that `homeport --help` imports nothing else.
COMMANDS: dict[str, tuple[str, str]] = {
    "import": ("import_team", "Write homeport.yml for a team on Heroku, or for checkouts of its code."),
    "doctor": ("doctor", "Find what of a Django project breaks off Heroku, and mend it."),
    "django": ("django", "Put homeport-django into a service: settings, messages, sign-in."),
    "estimate": ("estimate", "Compare the Heroku bill with what AWS would cost."),
    "simulate": ("simulate", "Replay traffic against autoscaling; find the cheapest settings."),
    "prices": ("prices", "Show and refresh the price book."),
    "db": ("db", "Move a live PostgreSQL database without losing a row."),
    "init": ("init", "Write a commented homeport.yml to start from."),
    "check": ("check", "Check homeport.yml; all mistakes at once."),
    "schema": ("schema", "Print the JSON Schema of homeport.yml, for editors."),
    "plan": ("stacks", "Show what would change in an environment."),
    "apply": ("stacks", "Make an environment what homeport.yml says."),
    "destroy": ("stacks", "Destroy everything in an environment."),
    "domains": ("domains", "Show domains: certificates, DNS records to set, where names lead."),
    "up": ("up", "Bring the platform up on this machine, and stream its logs."),
    "down": ("up", "Stop what `up` started; --delete removes its data too."),
    "status": ("status", "Say what is live on this machine, where, and how faithful it is."),
    "logs": ("logs", "Show what services, functions and the gateway wrote."),
    "mail": ("mail", "Show the mail that the platform has sent on this machine."),
    "token": ("token", "Print a token of the demo user, to try the API with."),
    "build": ("build", "Build the images of services and the packages of functions."),
}


@click.group(cls=LazyGroup, modules=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-f",
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("homeport.yml"),
    show_default=True,
    help="The platform's file.",
)
@click.version_option(package_name="homeport")
@click.pass_context
def cli(context: click.Context, file: Path) -> None:
    """Homeport takes a team off Heroku and onto an AWS that it owns."""
    context.obj = file


def main() -> None:
    """Run the command line; every outcome has its exit code (see `failure`)."""
    from homeport.cli.failure import run

    run(cli)
