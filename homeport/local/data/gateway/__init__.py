"""The HTTP front of the account: API Gateway's HTTP APIs, load balancer listeners, CloudFront distributions.

Three layers, each only looking down:

1. `http/` moves messages: strict parsing, framing, back-pressure, keep-alive, time limits. It knows no AWS.
2. `api/`, `balancer/` and `cdn/` decide what API Gateway, an Application Load Balancer and CloudFront would do. Routes,
   rules, CORS, tokens, mappings, events and behaviours are pure functions; one `serve.py` in each joins them.
3. `gateway.py` and `sites.py` are parts of the data plane: they turn the world that the feed tells into listening
   sockets.

Nothing here is durable. What is declared is compiled anew whenever it changes; requests under way finish on what they
began with.
"""

from homeport.local.data.gateway.gateway import Gateway

__all__ = ["Gateway"]
