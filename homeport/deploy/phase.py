"""The release phase: one task, run to its end before a release is made current."""

from typing import Any

from homeport.deploy.release import State
from homeport.deploy.target import Clock
from homeport.errors import HomeportError

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 3.0
PHASE_SECONDS_MAX = 3600  # a migration may be long; one that waits for a lock for ever must not hold the deploy
LOG_LINES = 20
LOG_TRIES, LOG_PAUSE_SECONDS = 6, 0.5


def run_phase(ecs: Any, logs: Any, cluster: str, definition: str, state: State, clock: Clock) -> None:
    """Run the task and wait for its end. Raises HomeportError with its last words if it does not end with 0."""
    answer = ecs.run_task(
        cluster=cluster,
        taskDefinition=definition,
        launchType="FARGATE",
        count=1,
        startedBy="homeport-release",
        networkConfiguration=state.network,
    )
    if failures := answer.get("failures"):
        reasons = ", ".join(str(failure.get("reason", failure)) for failure in failures)
        raise HomeportError(f"the release phase was not started: {reasons}")
    arn = answer["tasks"][0]["taskArn"]
    task = wait_stopped(ecs, cluster, arn, clock)
    problem = find_failure(task)
    if problem:
        template = state.templates["release"]
        said = read_last_lines(logs, template["containerDefinitions"][0], arn, clock)
        raise HomeportError("\n".join([f"the release phase {problem}; the old release stays current", *said]))


def wait_stopped(ecs: Any, cluster: str, arn: str, clock: Clock) -> dict[str, Any]:
    """The task once it is STOPPED. Raises HomeportError after an hour, saying what was last seen."""
    deadline, pause = clock.now() + PHASE_SECONDS_MAX, FIRST_PAUSE_SECONDS
    seen = "unknown"
    while clock.now() < deadline:
        tasks = ecs.describe_tasks(cluster=cluster, tasks=[arn])["tasks"]
        seen = tasks[0]["lastStatus"] if tasks else "gone"
        if seen == "STOPPED":
            stopped: dict[str, Any] = tasks[0]
            return stopped
        clock.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)
    raise HomeportError(f"the release phase: task {arn.rpartition('/')[2]} is still {seen} after an hour")


def find_failure(task: dict[str, Any]) -> str:
    """Why a stopped task did not do its work; empty if it did."""
    for container in task.get("containers", []):
        code = container.get("exitCode")
        if code is None:
            reason = container.get("reason") or task.get("stoppedReason") or "for an unknown reason"
            return f"did not run: {reason}"
        if code != 0:
            return f"ended with exit code {code}"
    return "" if task.get("containers") else f"did not run: {task.get('stoppedReason', 'no container')}"


def read_last_lines(logs: Any, container: dict[str, Any], task: str, clock: Clock) -> list[str]:
    """The last lines that the task wrote, if its logs are in CloudWatch; they may come a little after its end."""
    options = container.get("logConfiguration", {}).get("options", {})
    group, prefix = options.get("awslogs-group"), options.get("awslogs-stream-prefix")
    if not group or not prefix:
        return []
    stream = f"{prefix}/{container['name']}/{task.rpartition('/')[2]}"
    for attempt in range(LOG_TRIES):
        clock.sleep(LOG_PAUSE_SECONDS if attempt else 0)
        try:
            answer = logs.get_log_events(logGroupName=group, logStreamName=stream, limit=LOG_LINES, startFromHead=False)
        except logs.exceptions.ResourceNotFoundException:
            continue
        if answer["events"]:
            return [f"  {event['message'].rstrip()}" for event in answer["events"]]
    return [f"  (it wrote nothing to {group})"]
