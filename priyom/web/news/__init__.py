"""What has just come for somebody: the page rings, shows a notification, and counts in the tab's title."""
