"""What Quietdesk keeps for its user on disk."""
