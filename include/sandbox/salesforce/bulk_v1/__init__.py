"""Bulk API 1.0, ingest only: jobs whose batches come one by one, in XML, CSV or JSON.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/asynch_api_intro.htm
"""
