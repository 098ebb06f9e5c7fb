"""The XML of the SOAP log-in, as recorded (`salesforce__export-account__destination-options`).

The fault is that of apexsharp/apexsharp issue 20.
"""

from include.sandbox.salesforce.credentials import INSTANCE_URL, ORGANIZATION_ID, USER_ID, USERNAME

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"


def login_result(version: str, session: str, *, person_accounts: bool, time_zone: str, currency: str) -> str:
    """The answer to a successful log-in."""
    urls = {kind: f"{INSTANCE_URL}/services/Soap/{kind}/{version}/{ORGANIZATION_ID[:15]}" for kind in ("m", "u")}
    info = {
        "accessibilityMode": "false",
        "chatterExternal": "false",
        "currencySymbol": "$",
        "orgAttachmentFileSizeLimit": "26214400",
        "orgDefaultCurrencyIsoCode": currency,
        "orgDefaultCurrencyLocale": "en_US",
        "orgDisallowHtmlAttachments": "false",
        "orgHasPersonAccounts": str(person_accounts).lower(),
        "organizationId": ORGANIZATION_ID,
        "organizationMultiCurrency": "false",
        "organizationName": "Sandbox",
        "profileId": "00e5g000000AdmiAAC",
        "roleId": None,
        "sessionSecondsValid": "7200",
        "userDefaultCurrencyIsoCode": None,
        "userEmail": USERNAME,
        "userFullName": "Sandbox Admin",
        "userId": USER_ID,
        "userLanguage": "en_US",
        "userLocale": "en_US",
        "userName": USERNAME,
        "userTimeZone": time_zone,
        "userType": "Standard",
        "userUiSkin": "Theme3",
    }
    details = "".join(
        f'<{name} xsi:nil="true"/>' if value is None else f"<{name}>{value}</{name}>" for name, value in info.items()
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{_ENVELOPE}" '
        f'xmlns="urn:partner.soap.sforce.com" xmlns:xsi="{_XSI}"><soapenv:Body><loginResponse><result>'
        f"<metadataServerUrl>{urls['m']}</metadataServerUrl><passwordExpired>false</passwordExpired>"
        f"<sandbox>false</sandbox><serverUrl>{urls['u']}</serverUrl><sessionId>{session}</sessionId>"
        f"<userId>{USER_ID}</userId><userInfo>{details}</userInfo></result></loginResponse></soapenv:Body>"
        "</soapenv:Envelope>"
    )


def login_fault(code: str, message: str) -> str:
    """The answer to a log-in that is refused."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{_ENVELOPE}" '
        f'xmlns:sf="urn:fault.partner.soap.sforce.com" xmlns:xsi="{_XSI}"><soapenv:Body><soapenv:Fault>'
        f"<faultcode>{code}</faultcode><faultstring>{code}: {message}</faultstring><detail>"
        f'<sf:LoginFault xsi:type="sf:LoginFault"><sf:exceptionCode>{code}</sf:exceptionCode>'
        f"<sf:exceptionMessage>{message}</sf:exceptionMessage></sf:LoginFault></detail></soapenv:Fault>"
        "</soapenv:Body></soapenv:Envelope>"
    )
