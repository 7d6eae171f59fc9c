"""Files of a Heroku app → what they say, as the records of `homeport.heroku.records`.

`read` decides what a path is and asks the parsers, one module for each format. A parser is a pure function of a text
and its place. Old and odd input is normal: it is used as far as it goes, and a Doubt with its line says how it was
taken. Only `read`, `checkout`, `capture`, `terraform` and
`disk` touch the disk; nothing here runs anything.
"""
