"""Lambda and what calls it: functions, SQS event source mappings, deliveries and schedules.

A published zip is unpacked once (`code`), an interpreter of its runtime is prepared once (`interpreter`), and a pool of
processes per version (`pool`, `worker`) runs AWS's own runtime client against a Runtime API (`runtime_api`).
`functions` is the part that follows the account and offers `invoke`; `mappings`, `deliveries` and `schedules` call it.
Nothing is kept but unpacked code: messages live in their queues, deliveries in the control plane, schedules in the
account, so that a killed data plane loses an invocation at most, and its caller tries again as on AWS.
"""
