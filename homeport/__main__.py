"""`python -m homeport`: the same as `homeport`."""

from homeport.cli import main

main()
