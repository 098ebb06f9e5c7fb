"""The Salesforce side: client, SOQL, describe."""
