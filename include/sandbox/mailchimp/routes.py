"""The served part of the Marketing API: which endpoint answers which method and path."""

from collections.abc import Mapping

from include.sandbox.mailchimp import (
    account,
    activity,
    batch_members,
    batches,
    campaigns,
    interests,
    lists,
    member_reads,
    member_writes,
    merge_fields,
    report_details,
    reports,
    segment_members,
    segments,
)
from include.sandbox.mailchimp.call import Endpoint

LIST = "/lists/{list_id}"
MEMBER = f"{LIST}/members/{{subscriber_hash}}"
CATEGORY = f"{LIST}/interest-categories/{{category_id}}"
SEGMENT = f"{LIST}/segments/{{segment_id}}"
REPORT = "/reports/{campaign_id}"

ENDPOINTS: Mapping[str, Mapping[str, Endpoint]] = {
    "/": {"GET": account.get_root},
    "/ping": {"GET": account.get_ping},
    "/lists": {"GET": lists.get_lists},
    LIST: {"GET": lists.get_list, "POST": batch_members.post_list, "DELETE": lists.delete_list},
    f"{LIST}/members": {"GET": member_reads.get_members, "POST": member_writes.post_member},
    MEMBER: {
        "GET": member_reads.get_member,
        "PUT": member_writes.put_member,
        "PATCH": member_writes.patch_member,
        "DELETE": member_writes.delete_member,
    },
    f"{MEMBER}/actions/delete-permanent": {"POST": member_writes.delete_permanent},
    f"{MEMBER}/tags": {"GET": segment_members.get_member_tags, "POST": segment_members.post_member_tags},
    f"{MEMBER}/activity": {"GET": activity.get_activity},
    f"{MEMBER}/activity-feed": {"GET": activity.get_activity_feed},
    f"{LIST}/merge-fields": {"GET": merge_fields.get_merge_fields, "POST": merge_fields.post_merge_field},
    f"{LIST}/merge-fields/{{merge_id}}": {
        "GET": merge_fields.get_merge_field,
        "PATCH": merge_fields.patch_merge_field,
        "DELETE": merge_fields.delete_merge_field,
    },
    f"{LIST}/interest-categories": {"GET": interests.get_categories, "POST": interests.post_category},
    CATEGORY: {"GET": interests.get_category},
    f"{CATEGORY}/interests": {"GET": interests.get_interests, "POST": interests.post_interest},
    f"{CATEGORY}/interests/{{interest_id}}": {"GET": interests.get_interest, "DELETE": interests.delete_interest},
    f"{LIST}/segments": {"GET": segments.get_segments, "POST": segments.post_segment},
    SEGMENT: {
        "GET": segments.get_segment,
        "POST": segment_members.post_segment_members,
        "PATCH": segments.patch_segment,
        "DELETE": segments.delete_segment,
    },
    f"{SEGMENT}/members": {"GET": segment_members.get_segment_members},
    f"{LIST}/tag-search": {"GET": segments.get_tag_search},
    "/campaigns": {"GET": campaigns.get_campaigns},
    "/campaigns/{campaign_id}": {"GET": campaigns.get_campaign},
    "/reports": {"GET": reports.get_reports},
    REPORT: {"GET": reports.get_report},
    f"{REPORT}/email-activity": {"GET": reports.get_email_activity},
    f"{REPORT}/sent-to": {"GET": reports.get_sent_to},
    f"{REPORT}/unsubscribed": {"GET": reports.get_unsubscribed},
    f"{REPORT}/open-details": {"GET": report_details.get_open_details},
    f"{REPORT}/click-details": {"GET": report_details.get_click_details},
    f"{REPORT}/click-details/{{link_id}}/members": {"GET": report_details.get_click_members},
    "/batches": {"GET": batches.get_batches, "POST": batches.post_batch},
    "/batches/{batch_id}": {"GET": batches.get_batch, "DELETE": batches.delete_batch},
}
