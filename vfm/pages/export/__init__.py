"""make export: the published results as an Excel workbook, and as CSV files in a data package."""
