"""The courier: takes answers from the outbox, signs them and hands them to Postfix."""
