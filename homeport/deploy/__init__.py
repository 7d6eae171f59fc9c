"""Code → what runs: images, releases, functions and the files of sites, in an environment that Terraform has built.

Terraform owns templates, services, functions and buckets; a deploy owns image, release number and count, a function's
code and what its alias points at, and a site's files. So `terraform plan` is empty after any deploy.

Everything is decided by pure functions on what was read, then done by short ones that take AWS clients (`Target`).
All of it may be called from several threads, for different names, and again after it was killed at any moment:

`service.deploy_service(target, name)`
    1. build     the image is in the store on this machine; nothing in the account has changed
    2. push      ECR knows it, tagged with its digest
                 SSM holds the values of its config
    3. number    the tag `vN` is taken: a failed release keeps its number, as on Heroku
    4. register  each process has a task definition with the new image; none is used
    5. release   the release phase has ended with exit code 0, or it stops here and the old release stays current
    6. current   schedules have a revision with the new image, which their next run uses; each ECS service uses its
                 new task definition; ECS replaces tasks when new ones are healthy
    Stopped between 3 and 6: the next deploy makes a new release. Nothing has changed since the last: nothing is done.

`steady.wait_until_steady(target, name)`
    Waits until ECS says that the current release runs, or that its circuit breaker has gone back to the one before.

`function.deploy_function(target, name)`
    1. build     the zip is in the store
    2. upload    `$LATEST` has the code; nobody calls that
    3. publish   there is a version of it
    4. current   the alias `live` points at it; until here it pointed at the version before

`site.deploy_site(target, name)`
    1. upload      files that others refer to, then pages
    2. delete      what is gone
    3. invalidate  the copies in CloudFront
    Stopped in between: new and old files stand side by side; the next deploy goes on. Only an invalidation that was
    not asked for is not noticed: CloudFront keeps a page no longer than its `Cache-Control` says, which is not at all.
"""
