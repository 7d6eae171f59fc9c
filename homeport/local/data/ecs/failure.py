"""Why a task could not be started, in ECS's words."""


class TaskFailed(Exception):
    """Ends the task; the text becomes its `stoppedReason`."""
