"""The two vendors as local HTTP servers: a Salesforce org and a Mailchimp account with made-up people.

A program of its own (`python -m include.sandbox`); nothing in the pipeline imports it.
"""
