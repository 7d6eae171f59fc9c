"""Tests of homeport-django: `python -m django test --settings=tests.settings` in the folder above.

Those of messages and mail need an AWS that is not AWS: they run with AWS_ENDPOINT_URL on loopback, else they
are skipped.
"""

import os
from unittest import skipUnless
from urllib.parse import urlsplit

endpoint = urlsplit(os.environ.get("AWS_ENDPOINT_URL", ""))
needs_aws = skipUnless(endpoint.hostname == "127.0.0.1", "AWS_ENDPOINT_URL is not on this machine")
