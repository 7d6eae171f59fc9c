"""One rule, one file: a reason, and a function from a project to its findings. `examine.RULES` lists them."""
