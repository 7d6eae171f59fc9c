"""Listeners of Application Load Balancers: rules, target groups, and what is sent to targets.

A request passes: rules by priority → action (forward, redirect, fixed response) → a healthy target → its answer. As
on AWS except: a target group without a healthy target answers 503, where an Application Load Balancer would try the
unhealthy ones; stickiness, authentication actions and Lambda targets are not served.
"""
