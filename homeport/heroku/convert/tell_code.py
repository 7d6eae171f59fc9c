"""Fates of what concerns code: apps, processes, builds, pipelines, jobs."""

import re

from homeport.heroku.convert.commands import LISTEN, sockets, wrappers
from homeport.heroku.convert.decide import aws_region
from homeport.heroku.convert.draft import Draft, ProcessDraft, ServiceDraft, Size
from homeport.heroku.convert.fate import Fate, changed, moved, not_moved
from homeport.heroku.convert.records import Records
from homeport.heroku.convert.services import RELEASE, python_version
from homeport.heroku.files.procfile import NESTED
from homeport.heroku.records import (
    App,
    Autoscale,
    BuildHook,
    Buildpack,
    Coupling,
    DockerImage,
    Job,
    Pipeline,
    Process,
    PythonVersion,
    Release,
    Repository,
    Requirements,
    ReviewApps,
    SystemPackage,
    Traffic,
)

CLONE = "clone the code into the service's folder"
LEGAL = re.compile(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
SUPPORTED = "Homeport's images have Python and what its packages bring"


def tell_app(records: Records, draft: Draft, app: App) -> Fate:
    member = draft.member(app.app)
    where = f"service {member.service}" + (f" in {member.environment}" if member.environment else "")
    title = f"app {app.app}: {where}"
    found = [member.why] if member.why else []
    todo = []
    region = aws_region(app)
    if region and region != draft.region and member.environment:
        found.append(f"runs in {region} on Heroku; one platform has one region for each environment, {draft.region}")
        todo.append(f"give the environment `region: {region}` if it must stay there")
    if full := draft.full_names.get(member.service, ""):
        found.append(f"its name is shortened or changed from {full}")
    if app.stack == "container":
        found.append("is built from a Dockerfile on Heroku; Homeport builds from requirements or a lock file")
        todo.append("see that the folder has one, and a Procfile")
    if app.is_maintained:
        found.append("is in maintenance mode")
        todo.append("tasks run as soon as it is deployed: check that it should")
    if member.why or member.service in draft.full_names:
        todo.append("check homeport.yml")
    return changed(title, "; ".join(found), "; ".join(todo)) if found else moved(title)


def tell_process(records: Records, draft: Draft, process: Process) -> Fate:
    member = draft.member(process.app)
    service = draft.service(member.service)
    title = f"process {process.type} of {member.service}"
    if process.type == RELEASE:
        if service and service.release and service.release_check:
            why = "starts by a path of Heroku's image"
            return changed(f"release phase of {member.service}", why, service.release_check)
        if service and service.release:
            return moved(f"release phase of {member.service}", "runs before a release is made current")
        return not_moved(f"release phase of {member.service}", "has no command")
    decided = service.process(process.type) if service else None
    if decided is None:
        return not_moved(title, "has no command that was read", "write it into `processes`, or into the Procfile")
    is_formation = process.quantity is not None or bool(process.size)
    if is_formation and not member.environment:
        return moved(title, "what a checkout says of its size; the formation on Heroku counts")
    if is_formation:
        return _tell_formation(f"{title} in {member.environment}", member.environment, decided)
    if process.origin == decided.origin and service and not _has_formation(records, service, process.type):
        return _tell_command(records, title, decided, process, _web_changes(decided))
    return _tell_command(records, title, decided, process, [])


def _has_formation(records: Records, service: ServiceDraft, type_: str) -> bool:
    found = (process for app in service.apps().values() for process in records.of(Process, app))
    return any(process.type == type_ and (process.quantity is not None or process.size) for process in found)


def _web_changes(decided: ProcessDraft) -> list[tuple[str, str]]:
    """What is different for every process that answers requests: why, and what to do."""
    if decided.name != "web":
        return []
    advice = "answer 200 at /healthz (homeport-django does: homeport django PATH), or name another path in `health`"
    return [("a task must answer its health check before it gets requests; Heroku had none", advice)]


def _tell_command(
    records: Records, title: str, decided: ProcessDraft, process: Process, more: list[tuple[str, str]]
) -> Fate:
    reasons, todo = [why for why, _ in more], [advice for _, advice in more]
    if found := wrappers(process.command):
        reasons.append(f"the wrapper {' and '.join(found)} comes from a buildpack and was taken out")
        if bound := sockets(process.command):
            reasons.append(f"{', '.join(bound)} became {LISTEN}")
        todo.append(decided.check or "let the process listen on $PORT itself; the API and RDS do the wrapper's work")
    elif decided.check and process.origin == decided.origin:
        several = NESTED.search(process.command)
        reasons.append("starts several processes in one task" if several else "starts by a path of Heroku's image")
        todo.append(decided.check)
    if not LEGAL.match(process.type) or process.type != decided.name:
        reasons.append(f"is called {decided.name}, which AWS allows")
        if process.app in records.checkouts:
            todo.append("rename it in the Procfile too")
    if process.origin == decided.origin:
        return changed(title, "; ".join(reasons), "; ".join(todo)) if reasons else moved(title, "its command")
    if process.command.strip() and process.command.strip() != decided.command and not found:
        reasons.append(f"another command is taken, that of {decided.origin}")
        todo.append("compare the two")
    return changed(title, "; ".join(reasons), "; ".join(todo)) if reasons else moved(title, "its command")


def _tell_formation(title: str, environment: str, decided: ProcessDraft) -> Fate:
    size = decided.sizes[environment]
    reasons = [note for note in (decided.note, size.note) if note]
    todo = ["check the scale in homeport.yml"] if size.note else []
    for why, advice in _web_changes(decided):
        reasons.append(why)
        todo.append(advice)
    return changed(title, "; ".join(reasons), "; ".join(todo)) if reasons else moved(title, "size and scale")


def tell_autoscale(records: Records, draft: Draft, monitor: Autoscale) -> Fate:
    title = f"autoscaling of {monitor.type} of {monitor.app}"
    if not monitor.is_active:
        return not_moved(title, "is switched off on Heroku")
    service = draft.service(draft.member(monitor.app).service)
    if not service or not service.process(monitor.type):
        return not_moved(title, "its process is not moved")
    why = f"{monitor.min} to {monitor.max} tasks, by 60 % CPU; Heroku went by the 95th percentile of response times"
    return changed(title, why, "watch it under load; `cpu_percent` in `scale` is what it aims for")


def tell_traffic(records: Records, draft: Draft, traffic: Traffic) -> Fate:
    return moved(f"measured requests of {traffic.app}", "are in homeport.usage.yml, for the estimate")


def tell_release(records: Records, draft: Draft, release: Release) -> Fate:
    commit = f", commit {release.commit}" if release.commit else ""
    why = f"its code is deployed anew (release {release.version}{commit}); slugs and older releases stay on Heroku"
    return changed(f"current release of {release.app}", why, f"{CLONE}, and check this commit out")


def tell_pipeline(records: Records, draft: Draft, pipeline: Pipeline) -> Fate:
    title = f"pipeline {pipeline.name}"
    couplings = [c for c in records.of(Coupling) if c.pipeline == pipeline.name]
    if any(draft.member(coupling.app).is_placed for coupling in couplings):
        return moved(title, "its stages are environments")
    return not_moved(title, "none of its apps moves")


def tell_coupling(records: Records, draft: Draft, coupling: Coupling) -> Fate:
    member = draft.member(coupling.app)
    return moved(f"stage {coupling.stage} of pipeline {coupling.pipeline}", f"is environment {member.environment}")


def tell_review_apps(records: Records, draft: Draft, review: ReviewApps) -> Fate:
    why = "Homeport makes no environment for each pull request"
    advice = "`homeport up` rehearses a branch on one's own machine; a fixed `dev` environment is the other way"
    return not_moved(f"review apps of {review.pipeline}", why, advice)


def tell_repository(records: Records, draft: Draft, repository: Repository) -> Fate:
    title = f"repository {repository.url}"
    if repository.is_automatic:
        branch = f" of {repository.branch}" if repository.branch else ""
        return changed(title, f"Heroku deployed each push{branch}; Homeport does not watch it", "deploy from your CI")
    return moved(title, "is named in homeport.yml")


def tell_buildpack(records: Records, draft: Draft, buildpack: Buildpack) -> Fate:
    title, name = f"buildpack {buildpack.name}", buildpack.name.lower()
    if "python" in name:
        return moved(title, "Homeport builds Python from requirements or a lock file")
    if "nginx" in name or "pgbouncer" in name or "stunnel" in name:
        advice = "let the process listen on $PORT; if connections run short, lower CONN_MAX_AGE or the number of tasks"
        return changed(title, "its wrapper was taken out of the commands: the API stands in front of tasks", advice)
    if "apt" in name.replace("-", " ").replace("/", " ").split():
        return not_moved(title, SUPPORTED, "see the packages of the Aptfile")
    if "node" in name:
        return not_moved(title, SUPPORTED, "build the assets in CI, or before `homeport build`, into the folder")
    return not_moved(title, SUPPORTED, "find out what the code needs of it")


def tell_package(records: Records, draft: Draft, package: SystemPackage) -> Fate:
    advice = "use Python packages that bring their library (psycopg[binary], pillow), or another way to have it"
    return not_moved(f"system packages of {package.app}", SUPPORTED, advice)


def tell_hook(records: Records, draft: Draft, hook: BuildHook) -> Fate:
    advice = "do what it does in the release phase, in CI, or before `homeport build`"
    return not_moved(f"{hook.name} of {hook.app}", "Homeport runs no scripts while it builds", advice)


def tell_image(records: Records, draft: Draft, image: DockerImage) -> Fate:
    why = f"Homeport builds no Dockerfile ({image.dockerfile}); {SUPPORTED}"
    return not_moved(f"image {image.name} of {image.app}", why, "keep a requirements or lock file beside it")


def tell_python(records: Records, draft: Draft, version: PythonVersion) -> Fate:
    service = draft.service(draft.member(version.app).service)
    title = f"Python {version.version} of {version.app}"
    wanted = python_version(version.version)
    if not wanted or not service:
        return not_moved(title, "is no version that can be read", "set `python` of the service")
    if service.python != wanted:
        return not_moved(title, f"another file says {service.python}, which Heroku believed", "remove one of the two")
    if not version.version.removeprefix("python-").strip().startswith(wanted):
        return changed(title, f"is not offered; the nearest is {wanted}", "test the code with it")
    return moved(title, f"as python {wanted}")


def tell_requirements(records: Records, draft: Draft, requirements: Requirements) -> Fate:
    return moved(f"requirements of {requirements.app}", f"{requirements.format}: Homeport installs them as they are")


def tell_job(records: Records, draft: Draft, job: Job) -> Fate:
    title = f"scheduled job `{job.command}`"
    service = draft.service(draft.member(job.app).service)
    found = next((one for one in service.schedules if job.origin in one.jobs), None) if service else None
    if service is None or found is None:
        return not_moved(title, "has no command that can be run")
    environment = draft.member(job.app).environment
    place, when = f"services.{service.name}.schedules.{found.name}", found.in_environment(environment)
    size = found.sizes.get(environment, Size())
    reasons, todo = [size.note] if size.note else [], [found.check] if found.check else []
    if not when:
        said = f"is due {job.schedule!r}, which" if job.schedule else "was seen running; when it is due"
        reasons.append(f"{said} is not {'understood' if job.schedule else 'known'}: it is written switched off")
        todo.insert(0, f"put its schedule into {place}, and take `enabled: false` away")
    if found.check:
        reasons.append("starts by a path of Heroku's image")
    if reasons:
        return changed(title, "; ".join(reasons), "; ".join(todo) or "check its size in homeport.yml")
    return moved(title, f"is {place}: {when}")
