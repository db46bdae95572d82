"""The Web Key Directory: certificates of the gateway and of the Parties, for mail clients that look for them."""
