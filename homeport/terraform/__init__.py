"""Terraform: from a Platform to what stands in an account.

1. render   `live.py`: Platform → one readable root per stack (`foundation.py`, `apps.py`), which calls `modules/`
2. write    the roots and the modules lie beside homeport.yml; what is no longer wanted is gone
3. bucket   `state_bucket.py`: the states have a place in the account itself
4. init     `run.py`: providers and backend are there; skipped if nothing that matters has changed
5. plan     a file that does exactly what was shown
6. apply    that file, and nothing else

Stopped after any step, the next run goes on from there: `recovery.py` clears what a killed run has left.
"""
