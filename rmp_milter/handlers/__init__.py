"""One file a verb: pure rules from a read mail to the changes it makes."""
