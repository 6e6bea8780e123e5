"""Where data comes from; each module fetches one upstream and returns `Fetched` bytes."""
