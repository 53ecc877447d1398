"""The field's values and rules: who a patient is, what a dossier holds, who may do what."""
