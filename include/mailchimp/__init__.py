"""The Mailchimp side: client, endpoints, batches."""
