"""Who may log in to the sandbox org. They open nothing but the sandbox."""

USERNAME = "admin@sandbox.example"
SALES_USERNAME = "sales@sandbox.example"
PASSWORD = "sandbox-password"  # noqa: S105 - the sandbox's own
SECURITY_TOKEN = "sandboxSecurityToken"  # noqa: S105 - the sandbox's own
CONSUMER_KEY = "3MVG9sandboxConsumerKey"
REFRESH_TOKEN = "5Aep861sandboxRefreshToken"  # noqa: S105 - the sandbox's own
CONSUMER_SECRET = "5A4Dsandbox0Consumer0Secret"  # noqa: S105 - the sandbox's own

INSTANCE_URL = "https://sandbox.my.salesforce.com"
ORGANIZATION_ID = "00D5g000000SANDEA4"
USER_ID = "0055g000000AdmiAAC"
SALES_USER_ID = "0055g000000SaleAAC"
