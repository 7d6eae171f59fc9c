"""What a Django service needs to run on a platform built by Homeport: settings, messages, tokens, health, logs."""
