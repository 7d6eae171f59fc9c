"""What is assumed where nothing was measured: low, typical and high, of a month, each with its reason.

They are for an application of a Heroku team, not for a website of millions; an environment that is not production is
assumed to have a tenth. Measured numbers in homeport.usage.yml replace them one by one.
"""

from homeport.cost.line import assumed

REQUESTS = assumed(100_000, 1_000_000, 10_000_000, "assumed: 0.04 to 4 requests a second")
RESPONSE_KB = assumed(5, 20, 100, "assumed: JSON and pages, without files")
DURATION_MS = assumed(50, 150, 500, "assumed: a Django view")
FUNCTION_CALLS = assumed(1_000, 50_000, 1_000_000, "assumed")
FUNCTION_SHARE = 0.1  # of what is assumed for a service: traffic that it starts itself, and logs
FUNCTION_MS = assumed(100, 500, 3_000, "assumed")
EGRESS_GB = assumed(0, 5, 50, "assumed: calls to third parties")
NAT_GB = assumed(2, 10, 50, "assumed for each service: third parties, AWS's own APIs and logs")
LOG_GB = assumed(0.5, 3, 20, "assumed for each service")
DATABASE_LOG_GB = assumed(0.05, 0.3, 3, "assumed: slow statements and connections")
ACCESS_LOG_KB = assumed(
    0.35, 0.45, 0.9, "assumed for each request: a line of modules/gateway, with long paths at worst"
)
DATABASE_ANSWER_RATIO = assumed(0.5, 1, 4, "assumed: bytes from databases for each byte of an answer")
IMAGES_GB = assumed(0.5, 3, 20, "assumed for each service: up to 100 images are kept, sharing layers")
BACKUP_RATIO = assumed(0, 0.25, 1, "assumed, of the disk: AWS stores backups of the disk's size for free")
BUCKET_GB = assumed(1, 10, 100, "assumed")
BUCKET_REQUESTS = assumed(1_000, 100_000, 2_000_000, "assumed")
BUCKET_SERVED_GB = assumed(0, 5, 100, "assumed: downloads with signed links")
SITE_STORED_GB = assumed(0.01, 0.1, 1, "assumed")
SITE_GB = assumed(1, 10, 200, "assumed")
SITE_REQUESTS = assumed(10_000, 200_000, 5_000_000, "assumed")
MESSAGES = assumed(1_000, 50_000, 1_000_000, "assumed for each topic")
POLLS = assumed(100_000, 200_000, 700_000, "assumed for each queue: waits of 20 s, by one to five readers")
MAILS = assumed(1_000, 10_000, 100_000, "assumed")
USERS = assumed(100, 1_000, 10_000, "assumed")
ALARMS = assumed(0, 5, 15, "assumed: those that a team makes itself")
DASHBOARDS = assumed(0, 1, 4, "assumed: those that a team makes itself")
ZONES = assumed(0, 1, 2, "assumed: where the domain moves to Route 53")
QUERIES = assumed(100_000, 1_000_000, 5_000_000, "assumed")
KMS_REQUESTS = assumed(1_000, 10_000, 100_000, "assumed: tasks that start read their parameters")
CONFIG_ITEMS = assumed(200, 1_000, 5_000, "assumed: about $3 an account in a published bill of 70 accounts")
CONFIG_ITEMS_QUIET = assumed(50, 200, 1_000, "assumed: an account in which little changes")
GUARDDUTY_EVENTS = assumed(50_000, 300_000, 2_000_000, "assumed")
GUARDDUTY_LOG_GB = assumed(0.2, 2, 20, "assumed: flow logs of the network and its DNS queries")
RUN_MINUTES = assumed(1, 2, 15, "assumed: minutes of each run")
