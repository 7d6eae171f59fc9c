"""Every AWS name, tag and path that Homeport derives, and nowhere else.

`prefix` is `<platform>-<environment>`; names that are global to AWS also carry the account. How long AWS lets each be
is in `limits.py`.
"""

import hashlib


def prefix(platform: str, environment: str) -> str:
    return f"{platform}-{environment}"


def cluster(platform: str, environment: str) -> str:
    return prefix(platform, environment)


def ecs_service(service: str, process: str) -> str:
    return f"{service}-{process}"


def task_family(platform: str, environment: str, service: str, process: str) -> str:
    """Family of a process's task definition; the release phase is the process `release`."""
    return f"{prefix(platform, environment)}-{service}-{process}"


def live_family(platform: str, environment: str, service: str, schedule: str) -> str:
    """Family of what the clock starts: of releases only, so that its newest revision is always one that may run."""
    return f"{task_family(platform, environment, service, schedule)}-{LIVE_ALIAS}"


def repository(platform: str, environment: str, service: str) -> str:
    return f"{prefix(platform, environment)}/{service}"


def function(platform: str, environment: str, name: str) -> str:
    return f"{prefix(platform, environment)}-{name}"


def topic(platform: str, environment: str, name: str) -> str:
    return f"{prefix(platform, environment)}-{name}"


def queue(platform: str, environment: str, topic_name: str, listener: str) -> str:
    """The queue in which messages of a topic wait for one service or function."""
    return f"{prefix(platform, environment)}-{topic_name}-{listener}"


def dead_letter_queue(platform: str, environment: str, topic_name: str, listener: str) -> str:
    return f"{queue(platform, environment, topic_name, listener)}-dead"


def bucket(platform: str, environment: str, name: str, account: str) -> str:
    return f"{prefix(platform, environment)}-{name}-{account}"


def state_bucket(platform: str, environment: str, account: str) -> str:
    return f"{prefix(platform, environment)}-terraform-{account}"


def state_key(stack: str) -> str:
    return f"{stack}/terraform.tfstate"


def site_bucket(platform: str, environment: str, site: str, account: str) -> str:
    return f"{prefix(platform, environment)}-{site}-site-{account}"


def distribution(platform: str, environment: str, name: str) -> str:
    """Of a site or public bucket: at most the 64 characters that CloudFront takes."""
    return shorten(f"{prefix(platform, environment)}-{name}", 64)


def database(platform: str, environment: str, name: str) -> str:
    return f"{prefix(platform, environment)}-{name}"


def cache(platform: str, environment: str, name: str) -> str:
    return f"{prefix(platform, environment)}-{name}"


def api(platform: str, environment: str, service: str = "") -> str:
    """The API of one service, or without one the shared API."""
    return f"{prefix(platform, environment)}-{service}" if service else prefix(platform, environment)


def load_balancer(platform: str, environment: str) -> str:
    return prefix(platform, environment)


def security_group(platform: str, environment: str, owner: str, of: str = "") -> str:
    """Of a service or function; `of` says what else the owner is: the modules add `database`, `cache`, … themselves."""
    return f"{prefix(platform, environment)}-{owner}" + (f"-{of}" if of else "")


def target_group(platform: str, environment: str, service: str) -> str:
    """At most 32 characters, which AWS leaves for it: longer names end in a hash of the whole."""
    return shorten(f"{prefix(platform, environment)}-{service}", 32)


def role(platform: str, environment: str, owner: str, purpose: str) -> str:
    """IAM role of a service or function; `purpose` says for what: `task`, `execution`, `function`, `schedule`."""
    return f"{prefix(platform, environment)}-{owner}-{purpose}"


def schedule(platform: str, environment: str, function_name: str) -> str:
    return f"{prefix(platform, environment)}-{function_name}"


def service_schedule(platform: str, environment: str, service: str, name: str) -> str:
    """At most the 64 characters that EventBridge Scheduler takes."""
    return shorten(f"{prefix(platform, environment)}-{service}-{name}", 64)


def user_pool(platform: str, environment: str) -> str:
    return prefix(platform, environment)


def shorten(name: str, length: int) -> str:
    """`name`, or its beginning and eight characters of its hash, in at most `length` characters."""
    if len(name) <= length:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: length - 9].rstrip('-')}-{digest}"


def without_beginning(platform: str, beginning: str) -> str:
    """A platform's name that does not begin so: `sg-shop` → `shop`, `sg` → `the-sg`."""
    rest = platform.removeprefix(beginning)
    return rest if rest != platform and rest[:1].isalpha() else shorten(f"the-{platform}", 24)


def log_group(environment: str, owner: str) -> str:
    """Log group of a service or function."""
    return f"/homeport/{environment}/{owner}"


def gateway_log_group(environment: str) -> str:
    """Access log of the API: one level deeper than what any service or function is called."""
    return f"/homeport/{environment}/{GATEWAY}/access"


def log_source(platform: str, environment: str, group: str) -> str:
    """What the user calls the writer of a log group, whichever it is: the way back from the names above."""
    if group == gateway_log_group(environment):
        return GATEWAY
    return group.rpartition("/")[2].removeprefix(f"{prefix(platform, environment)}-")


def parameter(environment: str, owner: str, key: str) -> str:
    """SSM parameter; `owner` is a service, or `databases/<name>` for a database's URL."""
    return f"/homeport/{environment}/{owner}/{key}"


def variable(resource: str, suffix: str) -> str:
    """Variable through which code learns of a resource: `book-published`, `TOPIC_ARN` → `BOOK_PUBLISHED_TOPIC_ARN`."""
    return f"{resource}_{suffix}".replace("-", "_").upper()


def apply_role(account: str) -> str:
    """ARN of the role that Terraform and Homeport assume in an environment's account."""
    return f"arn:aws:iam::{account}:role/homeport-apply"


LOCAL_ACCOUNT = "100000000001"
LOCAL_MANAGEMENT_ACCOUNT = "100000000000"
LIVE_ALIAS = "live"
GATEWAY = "gateway"
