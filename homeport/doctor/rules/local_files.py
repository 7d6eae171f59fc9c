"""Uploaded files on the task's own disk."""

from collections.abc import Iterator

from homeport.doctor.finding import Finding
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "local-files",
    "A task's disk is its own and goes when the task goes: an uploaded file is seen by one task of several, until the "
    "next release. On Heroku it was lost once a day as well.",
)
STORAGES = ("DEFAULT_FILE_STORAGE", "STORAGES")
TODO = (
    "declare a bucket in homeport.yml, add django-storages[s3] to the requirements, and set "
    'STORAGES["default"] = {"BACKEND": "storages.backends.s3.S3Storage", '
    '"OPTIONS": {"bucket_name": os.environ["MEDIA_BUCKET"]}}; copy the files that are there once'
)


def find(project: Project) -> Iterator[Finding]:
    roots = [setting for setting in project.assigned("MEDIA_ROOT") if setting.assignment.operator == "="]
    if not roots or project.knows("DEFAULT_FILE_STORAGE") == "set" and not _is_local(project, "DEFAULT_FILE_STORAGE"):
        return
    if _stores_elsewhere(project):
        return
    setting = roots[-1]
    title = "uploaded files are kept on the task's disk"
    yield RULE.at(setting.module, setting.assignment.value, title, TODO, severity="error")


def _is_local(project: Project, name: str) -> bool:
    return all(
        "FileSystemStorage" in setting.module.code(setting.assignment.value) for setting in project.assigned(name)
    )


def _stores_elsewhere(project: Project) -> bool:
    """Whether STORAGES names a default that is not the file system; an unread one counts as elsewhere."""
    for setting in project.assigned("STORAGES"):
        code = setting.module.code(setting.assignment.value)
        if setting.assignment.path[:1] == ("default",) and "FileSystemStorage" not in code:
            return True
        if not setting.assignment.path and "default" in code and "FileSystemStorage" not in code:
            return True
    return False
