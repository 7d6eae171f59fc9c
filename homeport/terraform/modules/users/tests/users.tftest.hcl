mock_provider "aws" {
  mock_resource "aws_cognito_user_pool" {
    defaults = {
      id       = "eu-west-1_abc"
      endpoint = "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc"
    }
  }
}

variables {
  name    = "shop-prod"
  clients = ["desktop", "mobile"]
}

run "clients_keep_no_secret_and_tokens_can_be_revoked" {
  assert {
    condition     = alltrue([for client in aws_cognito_user_pool_client.this : !coalesce(client.generate_secret, false) && client.enable_token_revocation])
    error_message = "What runs on a user's device must have no secret, and its tokens must be revocable."
  }

  assert {
    condition     = toset(keys(output.client_ids)) == toset(["desktop", "mobile"])
    error_message = "Each client must have an id."
  }
}

run "nobody_learns_who_has_an_account" {
  assert {
    condition     = alltrue([for client in aws_cognito_user_pool_client.this : client.prevent_user_existence_errors == "ENABLED"])
    error_message = "Sign-in must answer alike whether the user exists or not."
  }
}

run "the_issuer_is_the_pools_own_url" {
  assert {
    condition     = output.issuer == "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc"
    error_message = "Tokens must name the pool as their issuer."
  }
}

run "users_are_protected_by_default" {
  assert {
    condition     = aws_cognito_user_pool.this.deletion_protection == "ACTIVE"
    error_message = "The pool must refuse to be deleted."
  }
}

run "scopes_have_a_resource_server" {
  variables {
    scopes = ["read", "write"]
  }

  assert {
    condition     = length(aws_cognito_resource_server.this["api"].scope) == 2
    error_message = "Both scopes must be declared."
  }
}

run "a_pool_without_clients_is_refused" {
  command = plan

  variables {
    clients = []
  }

  expect_failures = [var.clients]
}
