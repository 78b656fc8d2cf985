"""Files from one side to the other: what the API and the pages of transfers share."""
