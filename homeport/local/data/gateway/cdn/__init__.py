"""CloudFront distributions: behaviours by path, origins in S3 or elsewhere, a cache in memory.

A request passes: behaviour → cache → origin → error page → compression, conditions and ranges. Not as on AWS: there
is no TLS here, so that the viewer protocol policy is not enforced; CloudFront functions, signed URLs and geographic
restrictions are not run; compression is gzip, never Brotli.
"""
