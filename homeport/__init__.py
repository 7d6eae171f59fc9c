"""Homeport takes a team off Heroku and onto an AWS that it owns."""

__version__ = "0.1.0"
