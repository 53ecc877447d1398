"""Changes written: judged, recorded, committed together."""
