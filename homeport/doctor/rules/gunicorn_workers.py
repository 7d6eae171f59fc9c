"""gunicorn without a number of workers."""

from collections.abc import Iterator

from homeport.doctor.finding import Finding
from homeport.doctor.gunicorn import find_gunicorns
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "gunicorn-workers",
    "On Heroku gunicorn takes its workers from WEB_CONCURRENCY, which the buildpack sets: 2 on a Standard-1X, 4 on a "
    "2X. Elsewhere it starts one worker, and one slow request holds up all others.",
)
TODO = "set WEB_CONCURRENCY in the service's config for larger tasks: about 2 workers for each vCPU, plus one"


def find(project: Project) -> Iterator[Finding]:
    if "WEB_CONCURRENCY" in project.deployed.environment:
        return
    for gunicorn in find_gunicorns(project):
        if gunicorn.sets("workers") or "WEB_CONCURRENCY" in gunicorn.command.text:
            continue
        if not gunicorn.is_known:
            title = "could not tell gunicorn's workers: its config file was not found"
            yield RULE.on(gunicorn.command, title, "make sure that it sets `workers`", severity="note")
            continue
        imports = gunicorn.config.import_edits("os") if gunicorn.config else ()
        value = 'int(os.environ.get("WEB_CONCURRENCY", "2"))' if gunicorn.config else "${WEB_CONCURRENCY:-2}"
        edits = (*imports, gunicorn.add("workers", value))
        yield RULE.on(gunicorn.command, "gunicorn starts one worker only", TODO, edits=edits)
