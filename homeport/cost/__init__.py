"""Heroku bill and AWS estimate, side by side, line by line; the price book; the simulation of autoscaling."""
