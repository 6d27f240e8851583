"""What happens to registers before dbt reads them: the contract, the import of a delivery, the check."""
