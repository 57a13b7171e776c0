"""What is done with invoices and payments: each change of money is a command, and balances follow from it."""
