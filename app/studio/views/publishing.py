"""Publish a draft, approve a proposal, roll back."""
