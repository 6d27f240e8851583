"""make report: the report's story as two pages, Danish and English, from the published results."""
