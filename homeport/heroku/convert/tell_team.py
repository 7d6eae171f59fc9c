"""Fates of what stands around the apps: domains, certificates, people, logs, networks, bills."""

from homeport.heroku.convert.draft import Draft
from homeport.heroku.convert.fate import Fate, changed, moved, not_moved
from homeport.heroku.convert.records import Records
from homeport.heroku.records import (
    Certificate,
    Collaborator,
    Domain,
    Drain,
    Feature,
    Invoice,
    Other,
    Space,
    Webhook,
)
from homeport.model.domains import clean_domain

# feature → (is it still there?, why, what to do)
FEATURES: dict[str, tuple[bool, str, str]] = {
    "preboot": (True, "a deploy starts new tasks before the old ones stop", ""),
    "log-runtime-metrics": (True, "CloudWatch has CPU and memory of each process", ""),
    "http-end-to-end-continue": (True, "API Gateway answers it", ""),
    "http-session-affinity": (
        False,
        "the API sends requests to any task",
        "keep sessions in the database or the cache, as Django does by default",
    ),
    "runtime-dyno-metadata": (
        False,
        "HEROKU_APP_NAME, HEROKU_RELEASE_VERSION and the like are not set on AWS",
        "look for HEROKU_ in the code; what it needs goes to `environment:`",
    ),
    "spaces-dns-discovery": (False, "services have no names for each other; they meet at the one API", ""),
}


# kind of what homeport.yml has no word for → why, what to do
OTHERS: dict[str, tuple[str, str]] = {
    "app.json image": ("is a base image that Heroku retired; images are built from requirements", ""),
    "app.json scripts of a stage": ("Homeport runs no scripts of a stage", "run it in your CI"),
    "process in a process": (
        "runs inside of the process that starts it, and is not scaled or restarted by itself",
        "write it as a line of the Procfile of its own; nginx and pgbouncer of a buildpack go, `web` listens on $PORT",
    ),
}


def tell_domain(records: Records, draft: Draft, domain: Domain) -> Fate:
    member = draft.member(domain.app)
    title = f"domain {domain.hostname}"
    service = draft.service(member.service)
    if not service or not service.has_web:
        return not_moved(title, "its app has no web process that moves")
    if domain.kind == "heroku":
        why = "they belong to Heroku; each service's API has an address of its own instead"
        return not_moved("addresses of herokuapp.com", why, "look for them in the code, and at who calls them")
    name = clean_domain(domain.hostname)
    if name not in draft.domains[member.service].get(member.environment, ()):
        why = "another app has it too, and a domain leads to one place" if name else "AWS takes no such name"
        return not_moved(title, why, "write it below the environment that shall have it, in services.NAME.domains")
    why = f"leads to {member.service} in {member.environment}, once its certificate is issued and DNS is switched"
    advice = (
        f"`homeport apply {member.environment}` asks for the certificate; `homeport domains {member.environment}` says "
        "which records to set: the certificate's some days before, the name's own at the cutover"
    )
    return changed(title, why, advice)


def tell_certificate(records: Records, draft: Draft, certificate: Certificate) -> Fate:
    if certificate.is_acm:
        why = "Heroku's are renewed for you, and AWS's are too: each domain gets a new one, free of charge"
        return moved("certificates that Heroku renews", why)
    why = "private keys cannot be read; each domain gets a new certificate, free of charge, that AWS renews"
    advice = "nothing but its record in DNS (`homeport domains`); were they bought for a reason, import them into ACM"
    return changed("certificates of your own", why, advice)


def tell_collaborator(records: Records, draft: Draft, person: Collaborator) -> Fate:
    advice = "give each person access to the accounts in IAM Identity Center"
    return not_moved("people with access", "homeport.yml says nothing about people", advice)


def tell_drain(records: Records, draft: Draft, drain: Drain) -> Fate:
    title = f"log drain to {drain.host}"
    if drain.addon:
        return changed(title, "logs go to CloudWatch Logs", "see its add-on")
    advice = "subscribe a Firehose stream to the log groups, if the receiver is still needed"
    return not_moved(title, "logs go to CloudWatch Logs, and nowhere else", advice)


def tell_feature(records: Records, draft: Draft, feature: Feature) -> Fate:
    title = f"feature {feature.name}"
    if not feature.is_enabled:
        return moved(title, "is off, so that there is nothing to move")
    stays, why, advice = FEATURES.get(feature.name, (False, "Homeport does not know what it does", "look at its page"))
    return moved(title, why) if stays else not_moved(title, why, advice)


def tell_webhook(records: Records, draft: Draft, webhook: Webhook) -> Fate:
    why = f"nobody tells {webhook.host} of releases and the like"
    return not_moved(f"webhook to {webhook.host}", why, "call it from your CI after a deploy, if it is still needed")


def tell_space(records: Records, draft: Draft, space: Space) -> Fate:
    why = "each environment is a network of its own, with private subnets for tasks and data"
    advice = (
        "peerings and VPN connections are made anew"
        if not space.egress_ips
        else (f"whoever lets only {', '.join(space.egress_ips)} in must add the address of the NAT gateway")
    )
    return changed(f"private space {space.name}", why, advice)


def tell_invoice(records: Records, draft: Draft, invoice: Invoice) -> Fate:
    return moved("invoices", "are in homeport.usage.yml, for the estimate")


def tell_other(records: Records, draft: Draft, other: Other) -> Fate:
    detail = f": {other.detail}" if other.detail else ""
    if other.kind in OTHERS:
        why, advice = OTHERS[other.kind]
        return not_moved(f"{other.kind} {other.name}", f"{why}{detail}", advice)
    return not_moved(f"{other.kind} {other.name}", f"homeport.yml has no place for it{detail}", "decide what it is for")
