"""celery's clock inside of a process that is scaled, or in several processes."""

from collections.abc import Iterator

from homeport.doctor.commands import SEPARATORS, Command
from homeport.doctor.finding import Edit, Finding
from homeport.doctor.patches import newline_of
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "celery-beat",
    "Each running clock sends each periodic task. A worker with -B that is scaled to three, or replaced while its "
    "successor starts, runs everything several times. The clock is a process of its own, of which there is one.",
)
TODO = "in homeport.yml, give the process `beat` exactly one task"


def find(project: Project) -> Iterator[Finding]:
    commands = [command for command in project.commands if command.program("celery")]
    workers = [c for c in commands if _has(c, "worker") and (c.flag("-B", "--beat") or _starts_both(c))]
    clocks = [c for c in commands if _has(c, "beat") and c not in workers]
    for index, command in enumerate(workers):
        title = f"the process {command.process} is a worker and the clock at once"
        edits = _split(project, command, make_clock=index == 0 and not clocks)
        yield RULE.on(command, title, TODO, severity="error", edits=edits)
    for command in clocks[1:]:
        title = f"{command.process} is a second clock beside {clocks[0].process}"
        yield RULE.on(command, title, "keep one of them", severity="error")


def _has(command: Command, word: str) -> bool:
    return any(other.text == word for other in command.words)


def _starts_both(command: Command) -> bool:
    """Whether one process starts a worker and a clock beside it: `celery worker & celery beat`."""
    return _has(command, "beat") and any(word.text in SEPARATORS for word in command.words)


def _split(project: Project, command: Command, *, make_clock: bool) -> tuple[Edit, ...]:
    flag = command.flag("-B", "--beat")
    program = command.program("celery")
    if flag is None or program is None or command.file == "heroku.yml":
        return ()
    removed = command.remove(flag.start, flag.end)
    if not make_clock:
        return (removed,)
    text = project.texts[command.file]
    options = _options(command, ("-A", "--app")), _options(command, ("-l", "--loglevel"))
    clock = " ".join(filter(None, [program.text, options[0], "beat", options[1]]))
    line_end = text.find("\n", command.start)
    newline = newline_of(text)
    if line_end < 0:
        return removed, Edit(command.file, len(text), len(text), f"{newline}beat: {clock}{newline}")
    return removed, Edit(command.file, line_end + 1, line_end + 1, f"beat: {clock}{newline}")


def _options(command: Command, names: tuple[str, ...]) -> str:
    option = command.option(*names)
    return command.text[option.start - command.start : option.end - command.start] if option else ""
