"""The month's report for who answers for the host: what the log says, as a document to print."""
