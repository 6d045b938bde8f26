"""The Desk: builds the parts once and offers every job as one method."""
