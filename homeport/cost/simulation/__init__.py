"""Traffic as it was, replayed against what would serve it: tasks that follow their load, a fixed number, or a function.

1. `traffic_file`, `access_log` read a `Profile`: requests in each step, and a `ServiceTime`.
2. `tracking` goes through the minutes: load → how full the tasks are → alarms → how many tasks are wanted. Sequential
   in time; all services, settings and days side by side as lanes of arrays.
3. `latency` says how long requests waited in each minute: M/M/c with Allen and Cunneen's correction where the tasks
   keep up, a fluid queue carried from minute to minute where they do not.
4. `replay` puts 2 and 3 together and adds task hours; `search` does it for a grid of settings and picks the cheapest.
5. `functions` is the same question for Lambda: concurrency, cold starts, throttles.

What is not in it: databases that slow down under load, deployments, tasks that die, and clients that retry.
"""
