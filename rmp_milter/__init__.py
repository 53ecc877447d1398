"""Shared medical summary (résumé médical partagé) that lives in encrypted mail."""

__version__ = "0.1.0"
