"""Submissions: checked, sent once, recorded in the ledger."""
