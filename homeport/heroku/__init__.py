"""A Heroku team → an Inventory of records → `homeport.yml`, a report and the usage that the estimate starts from.

1. read      `api/` asks the Platform API, `files/` parses checkouts and captured answers; both make records
2. convert   `convert/` decides, purely: each record is moved as it is, moved with a change, or not moved
3. write     the command line writes what was decided, and merges into what a person has edited

Nothing on Heroku is ever changed: the client can only GET.
"""
