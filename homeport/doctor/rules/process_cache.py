"""A cache that each process or task has for itself."""

import re
from collections.abc import Iterator

from homeport.doctor.finding import Finding
from homeport.doctor.project import Project, Rule

RULE = Rule(
    "process-cache",
    "A cache in memory belongs to one worker process, one in files to one task. Throttling, locks and sessions that "
    "rely on it work for a part of the requests only, the more so as tasks come and go.",
)
BACKENDS = re.compile(r"LocMemCache|FileBasedCache")
SHARED = re.compile(r"[Rr]edis|[Mm]emcache|DatabaseCache|PyLibMC|DummyCache|cache_url|env\.cache")
TODO = (
    "declare a cache in homeport.yml and set CACHES['default'] to "
    "django.core.cache.backends.redis.RedisCache with LOCATION os.environ['REDIS_URL']"
)


def find(project: Project) -> Iterator[Finding]:
    settings = project.assigned("CACHES")
    if any(SHARED.search(s.module.code(s.assignment.value)) for s in settings):
        return
    for setting in settings:
        if found := BACKENDS.search(setting.module.code(setting.assignment.value)):
            title = f"{found[0]} is not shared between processes"
            yield RULE.at(setting.module, setting.assignment.value, title, TODO)
