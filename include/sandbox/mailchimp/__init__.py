"""A Mailchimp account as a local HTTP server: the Marketing API 3.0 as far as an audience sync needs it."""
