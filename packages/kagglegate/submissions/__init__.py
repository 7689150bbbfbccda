"""Submissions: checked, made once, recorded in the ledger."""
