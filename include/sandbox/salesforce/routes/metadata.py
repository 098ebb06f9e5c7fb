"""What the org tells about itself: versions, objects, fields, limits, the user, what changed and what was deleted."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from include.sandbox.salesforce.administered import as_described, package_objects
from include.sandbox.salesforce.credentials import INSTANCE_URL, USERNAME
from include.sandbox.salesforce.errors import ApiError, not_found
from include.sandbox.salesforce.localization import Locale
from include.sandbox.salesforce.org import Org
from include.sandbox.salesforce.recycle_bin import emptied_at
from include.sandbox.salesforce.routes.call import NEWEST, OLDEST, AnySlashRoute, Call, json_answer, resource
from include.sandbox.salesforce.routes.records import record
from include.sandbox.salesforce.schema import SObject
from include.sandbox.salesforce.tables import quoted
from include.sandbox.salesforce.values import instant, stamp
from include.sandbox.salesforce.wordings import assumed

_SEASONS = ("Winter", "Spring", "Summer")
_BRIEF = (
    *("activateable", "createable", "custom", "customSetting", "deletable", "deprecatedAndHidden", "feedEnabled"),
    *("hasSubtypes", "isSubtype", "keyPrefix", "label", "labelPlural", "layoutable", "mergeable", "mruEnabled", "name"),
    *("queryable", "replicateable", "retrieveable", "searchable", "triggerable", "undeletable", "updateable"),
)


def metadata_routes(org: Org) -> list[Route]:
    """The routes; they must come before those of single records."""

    async def versions(_request: object) -> Response:
        return json_answer(list(_versions()))

    return [
        AnySlashRoute("/services/data", versions, methods=["GET"]),
        resource(org, "GET", "", _resources),
        resource(org, "GET", "/sobjects", _objects),
        resource(org, "GET", "/sobjects/{object}", _object),
        resource(org, "GET", "/sobjects/{object}/describe", _describe),
        resource(org, "GET", "/sobjects/{object}/deleted", _deleted),
        resource(org, "GET", "/sobjects/{object}/updated", _updated),
        resource(org, "GET", "/tooling/sobjects/{object}/describe", _describe),
        resource(org, "GET", "/tooling/sobjects/{object}/{id}", _tooling_record),
        resource(org, "GET", "/limits", lambda call: json_answer(call.org.limits.report())),
        resource(org, "GET", "/services/oauth2/userinfo", _user),
        resource(org, "GET", "/id/{organization}/{user}", _user),
    ]


def _versions() -> Iterator[dict[str, str]]:
    for number in range(OLDEST, NEWEST + 1):
        # Version 59 is Winter '24; there are three releases a year.
        season, year = _SEASONS[(number - 59) % 3], 24 + (number - 59) // 3
        yield {"label": f"{season} '{year}", "url": f"/services/data/v{number}.0", "version": f"{number}.0"}


def _resources(call: Call) -> Response:
    names = ("sobjects", "query", "queryAll", "composite", "jobs", "limits", "tooling")
    return json_answer({**{name: f"{call.base}/{name}" for name in names}, "identity": _identity(call)})


def _objects(call: Call) -> Response:
    known = (one for one in call.org.store.schema.objects.values() if not one.tooling)
    seen = [_brief(call, one) for one in known if as_described(one, call.org.controls) is not None]
    packaged = [dict.fromkeys(_BRIEF) | entry for entry in package_objects(call.org.store)]
    return json_answer({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": seen + packaged})


def _object(call: Call) -> Response:
    return json_answer({"objectDescribe": _brief(call, call.sobject), "recentItems": []})


def _brief(call: Call, sobject: SObject) -> dict[str, Any]:
    path = f"{call.base}/sobjects/{sobject.name}"
    urls = {"sobject": path, "describe": f"{path}/describe", "rowTemplate": f"{path}/{{ID}}"}
    return {name: sobject.describe.get(name) for name in _BRIEF} | {"urls": urls}


def _describe(call: Call) -> Response:
    described = as_described(call.sobject, call.org.controls)
    if described is None:
        raise not_found()
    return json_answer(described)


def _tooling_record(call: Call) -> Response:
    return json_answer(record(call, call.sobject, "Id", call.path["id"], tooling=True))


def _identity(call: Call) -> str:
    return "https://login.salesforce.com/id/{organization_id}/{user_id}".format(**call.org.controls.switches)


def _user(call: Call) -> Response:
    identity, switches = _identity(call), call.org.controls.switches
    return json_answer(
        {
            "sub": identity,
            "id": identity,
            "user_id": switches["user_id"],
            "organization_id": switches["organization_id"],
            "preferred_username": USERNAME,
            "username": USERNAME,
            "nickname": "admin",
            "name": "Sandbox Admin",
            "email": USERNAME,
            "email_verified": True,
            "zoneinfo": switches["user_time_zone"],
            "user_type": "STANDARD",
            "language": "en_US",
            "locale": "en_US",
            "utcOffset": _utc_offset(call),
            "is_app_installed": True,
            "urls": {
                "rest": f"{INSTANCE_URL}/services/data/v{{version}}/",
                "sobjects": f"{INSTANCE_URL}/services/data/v{{version}}/sobjects/",
                "query": f"{INSTANCE_URL}/services/data/v{{version}}/query/",
            },
        }
    )


def _utc_offset(call: Call) -> int:
    """Of the user's time zone, in milliseconds."""
    offset = Locale.of(call.org.controls).now.utcoffset() or timedelta()
    return int(offset.total_seconds() * 1000)


def _deleted(call: Call) -> Response:
    oldest = emptied_at(call.org.controls)
    rows = [(record_id, at) for record_id, at in _changed(call, deleted=True) if at >= stamp(oldest)]
    return json_answer(
        {
            "deletedRecords": [{"deletedDate": _zoned(at), "id": record_id} for record_id, at in rows],
            "earliestDateAvailable": _zoned(stamp(oldest)),
            "latestDateCovered": _zoned(stamp(call.org.controls.now())),
        }
    )


def _updated(call: Call) -> Response:
    rows = _changed(call, deleted=False)
    covered = _zoned(stamp(call.org.controls.now()))
    return json_answer({"ids": [record_id for record_id, _ in rows], "latestDateCovered": covered})


def _changed(call: Call, *, deleted: bool) -> list[tuple[str, str]]:
    if "IsDeleted" not in call.sobject.fields:
        raise not_found()
    try:
        start, end = (instant(call.query[name]) for name in ("start", "end"))
    except (KeyError, ValueError) as error:
        raise ApiError.assumed(400, assumed("replication_dates")) from error
    if datetime.fromisoformat(start) >= datetime.fromisoformat(end).astimezone(UTC):
        raise ApiError.assumed(400, assumed("replication_order"))
    sql = (
        f'SELECT "Id", "SystemModstamp" FROM {quoted(call.sobject.name)} WHERE "IsDeleted" = ?'
        ' AND "SystemModstamp" >= ? AND "SystemModstamp" <= ? ORDER BY "SystemModstamp", "Id"'
    )
    with call.org.store.database.reading() as connection:
        return connection.execute(sql, (int(deleted), start, end)).fetchall()


def _zoned(stored: str) -> str:
    return f"{stored[:-1]}+0000"
