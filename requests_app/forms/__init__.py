"""What people write on the customer's pages, parsed and bounded."""
