"""A comparison as people and programs read it: JSON, CSV, a page, infracost's usage file. The table is in cli/."""
