"""The codes and words of refusals that no source shows, with when they are told; `wordings` makes each a switch."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """An assumed refusal.

    Attributes:
        code: like `MALFORMED_ID`.
        text: with places like `{field}`.
        meaning: when it is told.
    """

    code: str
    text: str
    meaning: str


_NO_ACCESS, _NOT_WRITABLE = "INSUFFICIENT_ACCESS_OR_READONLY", "INVALID_FIELD_FOR_INSERT_UPDATE"
_MALFORMED, _JSON = "MALFORMED_QUERY", "JSON_PARSER_ERROR"
_BATCH = "InvalidBatch"
WORDINGS: Mapping[str, Wording] = {
    # Log-in.
    "login_unread": Wording("UNKNOWN_EXCEPTION", "The request is not well-formed XML", "a SOAP log-in that is no XML"),
    "login_grant_type": Wording("unsupported_grant_type", "grant type not supported", "an unknown OAuth grant"),
    "login_client": Wording("invalid_client_id", "client identifier invalid", "an unknown consumer key"),
    "login_secret": Wording("invalid_client", "invalid client credentials", "a wrong consumer secret"),
    "login_refresh_token": Wording("invalid_grant", "expired access/refresh token", "a wrong refresh token"),
    "login_certificate": Wording(
        "invalid_client", "no certificate is configured for this consumer", "a JWT where the org has no key"
    ),
    "login_expired": Wording("invalid_grant", "expired authorization code", "an expired JWT"),
    "login_assertion": Wording("invalid_grant", "invalid assertion", "a JWT that cannot be trusted"),
    "login_user": Wording("invalid_grant", "user hasn't approved this consumer", "a JWT of another user"),
    # Rows.
    "no_such_record": Wording(
        "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", "a record or a lookup's target that is not there"
    ),
    "record_deleted": Wording("ENTITY_IS_DELETED", "entity is deleted", "the same in the recycle bin"),
    "lead_converted": Wording(
        "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", "a converted lead changed or referred to"
    ),
    "no_id": Wording("MISSING_ARGUMENT", "Id not specified in an update call", "an update without an id"),
    "no_key": Wording("MISSING_ARGUMENT", "{field} not specified", "an upsert without its key"),
    "wrong_id": Wording(
        "MALFORMED_ID", "{field}: id value of incorrect type: {value}", "an id that is none, or another object's"
    ),
    "wrong_id_deleted": Wording("MALFORMED_ID", "malformed id {value}", "the same in a deletion"),
    "id_twice": Wording("DUPLICATE_VALUE", "Duplicate id in list: {value}", "two updates of one record in one call"),
    "deleted_twice": Wording("ENTITY_IS_DELETED", "entity is deleted", "a second deletion of one record in one call"),
    "several_found": Wording(
        "DUPLICATE_EXTERNAL_ID",
        "{field}: more than one record found for external id field: [{values}]",
        "a row of an upsert whose key several records have",
    ),
    "no_such_column": Wording(
        "INVALID_FIELD", "No such column '{name}' on sobject of type {object}", "a field that is not there"
    ),
    "no_such_reference": Wording(
        "INVALID_FIELD",
        "The external foreign key reference does not reference a valid entity: {name}",
        "a lookup by what is no key of its target",
    ),
    "nothing_referenced": Wording(
        "INVALID_FIELD",
        "Foreign key external ID: {value} not found for field {field} in entity {object}",
        "a lookup by a key that no record has, or several",
    ),
    "id_inserted": Wording(_NOT_WRITABLE, "cannot specify Id in an insert call", "an insert with an id"),
    "wrong_type": Wording(
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        "{field}: value not of required type: {value}",
        "a value of the wrong type in a Bulk row",
    ),
    "person_record_type": Wording(
        _NO_ACCESS, "Invalid record type", "a business account made a person, or the reverse"
    ),
    "person_contact_read_only": Wording(
        _NO_ACCESS,
        "entity type cannot be updated: person account contact",
        "a write to a person's contact where `person_contact_writable` is off",
    ),
    "person_contact_deleted": Wording(
        _NO_ACCESS, "a person account's contact goes with its account", "the deletion of a person's contact"
    ),
    "member_twice": Wording("DUPLICATE_VALUE", "Already a campaign member.", "a second membership in a campaign"),
    "formula_without_value": Wording(
        "FORMULA_EXPRESSION_INVALID",
        "The formula in the {rule!r} validation rule has no value for this record: {fault}",
        "a rule that divides by zero, asks for the VALUE of a word, ...",
    ),
    "no_such_rule": Wording("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", "an unknown assignment rule"),
    "row_misfit": Wording(
        "INVALID_CSV_ROW",
        "The row has {cells} cells, the header {columns}",
        "a CSV row of another length than the header",
    ),
    # Calls of REST.
    "media_type": Wording(
        "UNSUPPORTED_MEDIA_TYPE", "Content type not supported: {value}", "a body of another type (415)"
    ),
    "nothing_to_update": Wording(
        "NOT_FOUND", "The requested resource does not exist", "an upsert with `updateOnly` whose key nobody has (404)"
    ),
    "no_object": Wording(
        _JSON, "The HTTP entity body must be a JSON object at [line:1, column:1]", "a JSON body that is no object"
    ),
    "no_array": Wording(
        _JSON, "The body needs an array of {name} at [line:1, column:1]", "a collection without its array"
    ),
    "other_types": Wording(
        "INVALID_FIELD", "all records of an upsert must be of the type in the URL", "an upsert of several types"
    ),
    "too_many": Wording(
        "EXCEEDED_ID_LIMIT",
        "record limit reached. cannot submit more than {most} records into this call",
        "a collection with too many records",
    ),
    "chunks": Wording(
        "LIMIT_EXCEEDED",
        "Cannot have more than {most} chunks in a single operation. Please rearrange the data to reduce chunking.",
        "a collection of more than ten chunks (the words are Apex's)",
    ),
    "no_ids": Wording("MISSING_ARGUMENT", "The ids parameter is required", "a deletion of nothing"),
    "replication_dates": Wording(
        "INVALID_REPLICATION_DATE",
        "start and end must be dates with an offset",
        "`deleted` or `updated` without its dates",
    ),
    "replication_order": Wording(
        "INVALID_REPLICATION_DATE",
        "startDate must be before endDate",
        "`deleted` or `updated` with the dates turned round",
    ),
    "locator": Wording("INVALID_QUERY_LOCATOR", "invalid query locator", "a locator that is none, or no longer"),
    "no_such_key": Wording(
        "NOT_FOUND",
        "Provided external ID field does not exist or is not accessible: {field}",
        "a path with what is neither an id nor a key (404)",
    ),
    "json_unread": Wording(_JSON, "{fault} at [line:{line}, column:{column}]", "a body that is no JSON"),
    "requests_used_up": Wording("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", "no calls left today (403)"),
    # Queries.
    "not_filterable": Wording(
        "INVALID_FIELD", "field '{field}' can not be filtered in a query call", "WHERE of a field that takes none"
    ),
    "not_sortable": Wording(
        _MALFORMED, "field '{field}' can not be {use} in a query call", "ORDER BY or GROUP BY of such a field"
    ),
    "selected_twice": Wording("INVALID_FIELD", "duplicate field selected: {field}", "a field selected twice"),
    "parent_levels": Wording(
        "INVALID_FIELD",
        "SOQL statements cannot query more than {most} levels of parent relationships: {field}",
        "a sixth parent",
    ),
    "offset": Wording("NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is {most}", "a larger OFFSET"),
    "fields_limit": Wording(
        _MALFORMED, "The SOQL FIELDS function must have a LIMIT of at most {most}", "FIELDS(ALL) without LIMIT 200"
    ),
    "groups": Wording(
        "EXCEEDED_ID_LIMIT",
        "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch",
        "more groups than a page holds",
    ),
    "invalid_date": Wording(_MALFORMED, "invalid date: {value}", "a date that the calendar does not have"),
    "invalid_currency": Wording(
        "INVALID_FIELD", "invalid currency: {value}", "an amount in another currency than the org's"
    ),
    "not_grouped": Wording(
        _MALFORMED, "{role} must be grouped or aggregated: {field}", "a field beside aggregates that is not grouped by"
    ),
    "not_aggregated": Wording(
        _MALFORMED, "field {field} does not support aggregate operator {function}", "an aggregate of the wrong field"
    ),
    "null_ordered": Wording("INVALID_QUERY_FILTER_OPERATOR", "invalid operator on null", "null compared by size"),
    "semi_join": Wording(_MALFORMED, "{rule}", "a query inside IN where, or as, it may not stand"),
    # Bulk API 2.0.
    "other_version": Wording(
        "API_ERROR", "the job was created with API version {version}", "another API version than the job's (409)"
    ),
    "job_state": Wording(
        "INVALIDJOBSTATE", "Not possible while the job is in state {state}", "a job in the wrong state"
    ),
    "job_state_asked": Wording(
        "BADREQUEST", "state is one of {states}, not {state}", "a state that nobody can ask for"
    ),
    "job_request": Wording(
        "API_ERROR", "unknown {name}: {value}", "an unknown operation, format, delimiter or line ending"
    ),
    "job_key": Wording(
        "INVALIDJOB", "externalIdFieldName is not an external id field: {field}", "an upsert job by no key"
    ),
    "job_query": Wording("API_ERROR", "{clause} not supported in Bulk Query", "a query that query jobs do not take"),
    "upload_size": Wording(
        "API_ERROR", "the job's data is larger than {most} bytes", "an upload that is too large (413)"
    ),
    "max_records": Wording("INVALID_PARAMETER", "maxRecords is no number: {value}", "`maxRecords` that is no number"),
    "not_utf8": Wording(_BATCH, "The data is not UTF-8", "an ingest job that fails for its encoding"),
    "line_ending": Wording(
        "ClientInputError",
        "LineEnding is invalid on user data. Current LineEnding setting is {value}",
        "an ingest job that fails for its line endings",
    ),
    "no_header": Wording(_BATCH, "The file has no header", "an ingest job that fails for want of a header"),
    # Bulk API 1.0.
    "v1_job": Wording("InvalidJob", "{name} is not served: {value}", "a job of an unknown kind"),
    "v1_job_unread": Wording("InvalidJob", "Unable to parse Job: {fault}", "a job that cannot be read"),
    "v1_entity": Wording(
        "InvalidJob", "InvalidEntity: Entity '{object}' is not supported by Bulk API", "a job for an unknown object"
    ),
    "v1_key": Wording(
        "InvalidJob", "externalIdFieldName is not an external id field: {field}", "an upsert job by no key"
    ),
    "v1_state": Wording("InvalidJobState", "Job cannot go from {before} to {state}", "a state that a job cannot take"),
    "v1_closed": Wording(
        "InvalidJobState", "Closed job cannot accept batches; job is {state}", "a batch for a closed job"
    ),
    "v1_size": Wording(_BATCH, "Maximum size of request is {most} bytes", "a batch that is too large"),
    "v1_quota": Wording("ExceededQuota", "ApiBatchItems Limit exceeded.", "more batches than a day has"),
    "v1_not_completed": Wording(_BATCH, "Batch not completed", "results before a batch is completed"),
    "v1_media_type": Wording(
        _BATCH, "The content type of the batch must be {wanted}, not {value}", "a batch of another type"
    ),
    "v1_no_job": Wording("InvalidJob", "Unable to find job: {value}", "an unknown job"),
    "v1_no_batch": Wording(_BATCH, "Unable to find batch: {value}", "an unknown batch"),
    "v1_records": Wording(
        _BATCH, "a batch has between 1 and {most} records, not {number}", "an empty or too long batch"
    ),
    "v1_unread": Wording(_BATCH, "Failed to parse {format}: {fault}", "a batch that cannot be read"),
}
