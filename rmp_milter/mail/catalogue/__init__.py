"""Every sentence that a person reads from the service, by subject, French first."""
