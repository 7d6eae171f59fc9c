"""A Django project → what of it breaks off Heroku: file, line, reason, patch. Nothing of it is run or imported.

1. `walk` finds the files that may matter and reads them: a bounded number, of a bounded size.
2. `project` makes one frozen value of them: parsed modules and their facts, production settings, commands of processes.
3. Each file in `rules/` is a pure function from that value to findings, each with a patch if a machine can write one.
4. `patches` composes the chosen patches to new texts. Only then is anything written, and only by `fix.write_texts`.

`checks` is apart: it runs `manage.py check --deploy` in the project's own environment, and only when asked to.
"""
