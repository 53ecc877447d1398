"""Witnesses of access logs (C2SP tlog-witness): being one, and asking those that others run."""
