"""Who is meant: a patient, a colleague, a locum."""
