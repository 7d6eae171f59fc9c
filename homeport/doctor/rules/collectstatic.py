"""Static files: collected while the image is built, and served by somebody."""

from collections.abc import Iterator

from homeport.doctor.finding import Finding, Patch
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "collectstatic",
    "The buildpack ran collectstatic with all config vars present. An image is built without any; and nothing serves "
    "the files unless the application or a bucket does.",
)
ELSEWHERE = ("S3", "s3boto", "boto", "storages", "GoogleCloud", "AzureStorage", "CloudFront", "cloudfront", "Cumulus")
TODO = "Homeport runs `manage.py collectstatic` while it builds the image, if STATIC_ROOT is set"


def find(project: Project) -> Iterator[Finding]:
    if not _has_static_files(project) or project.is_on_platform_settings:
        return
    yield from _no_root(project)
    yield from _nobody_serves(project)
    environment = project.app_json.get("env")
    if isinstance(environment, dict) and "DISABLE_COLLECTSTATIC" in environment:
        todo = "if the files are collected elsewhere (bin/post_compile), do that in the image's build as well"
        yield RULE.whole("app.json", "DISABLE_COLLECTSTATIC turns collectstatic off", todo, severity="note")


def _has_static_files(project: Project) -> bool:
    return project.mentions("INSTALLED_APPS", "django.contrib.staticfiles")


def _no_root(project: Project) -> Iterator[Finding]:
    if project.knows("STATIC_ROOT") != "missing" or _is_elsewhere(project) or project.home is None:
        return
    module = project.home.module
    names = {assignment.name for assignment in module.facts.assignments}
    patch: Patch | None = None
    if "BASE_DIR" in names:
        patch = project.add_setting('STATIC_ROOT = os.path.join(BASE_DIR, "staticfiles")')
    yield RULE.at(
        module, project.home.assignment.statement, "STATIC_ROOT is not set: collectstatic fails", TODO, patch=patch
    )


def _nobody_serves(project: Project) -> Iterator[Finding]:
    found = project.middleware
    known = any("whitenoise" in module.text.lower() for module in project.settings_modules)
    if found is None or known or _is_elsewhere(project):
        return
    todo = (
        "add whitenoise to the requirements and whitenoise.middleware.WhiteNoiseMiddleware below SecurityMiddleware; "
        "or publish STATIC_ROOT as a site"
    )
    value = found.assignment.value
    yield RULE.at(found.module, value, "nothing serves the static files", todo, severity="warning")


def _is_elsewhere(project: Project) -> bool:
    names = ("STATICFILES_STORAGE", "STORAGES", "STATIC_URL")
    return any(project.mentions(name, text) for name in names for text in ELSEWHERE)
