"""This machine as an AWS account: a control plane that answers the AWS API, and a data plane that makes it live.

In the order of a start (`session.py`): the lock of the home is taken → `ledger` ends what a crash left → the control
plane loads its saved state and answers → the data plane hears what is declared and starts it. Whatever stops where, the
next start does the same again. `home.py` names every path, `account.py` the environment in which tools reach this
account and no other; `fidelity.py` says what here is as on AWS and what is not.
"""
