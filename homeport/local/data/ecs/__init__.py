"""ECS on this machine: services keep their number of tasks, a task's containers are supervised processes.

`decide` says what to start and stop, from values alone; `service` does it, for one service each; `task` runs one task:
image → secrets → processes → health → stop. `tasks` is the part that follows the account: services, and tasks of
RunTask. What happens is told to the account as ECS tells it: counts, deployments, events, tasks, target health.

Where this machine differs from ECS: a failing task is started again after half a second first, not after many, and
at most every minute; health is checked five times a second until a task is healthy for the first time (thresholds are
as declared, failures count once per declared interval); the deregistration delay is capped (`DRAIN_SECONDS_MAX`).
"""
