"""The control plane: the AWS API of the account on this machine, served by moto in one process on loopback.

In the order of a start: `embedded` checks moto's version and sets it up → `fixes` mend what moto lacks for Terraform →
`seams` replace what moto pretends (tasks, invocations, mail, deliveries) → `store` loads the saved state and journals →
`server` answers, every call through `dispatch`. What an API call changed is on disk before it is answered: messages,
mail and deliveries at once, the rest with the next save, which all who wait share. `feed` tells the data plane what is
declared, `observed` takes back what it saw. Killed at any instant, the next start has everything that was answered.
"""
