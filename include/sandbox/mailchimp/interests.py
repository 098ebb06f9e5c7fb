"""The groups of an audience: interest categories and their interests."""

import hashlib
from typing import Literal

from include.sandbox.mailchimp.bodies import Body
from include.sandbox.mailchimp.call import Call, Document
from include.sandbox.mailchimp.links import CATEGORIES, CATEGORY, INTEREST, INTERESTS, links
from include.sandbox.mailchimp.lists import ListRef, find_list
from include.sandbox.mailchimp.problems import invalid, not_found
from include.sandbox.mailchimp.wordings import wording

Type = Literal["checkboxes", "dropdown", "radio", "hidden"]
MAX_INTERESTS = 60
"""Group names per list (https://kb.mailchimp.com/article/introduction-to-mailchimp-list-management/)."""


class CategoryBody(Body):
    """Body of a create."""

    title: str
    type: Type
    display_order: int = 0


class InterestBody(Body):
    """Body of a create."""

    name: str
    display_order: int | None = None


def get_categories(call: Call) -> Document:
    """GET /lists/{list_id}/interest-categories."""
    found = find_list(call)
    rows = call.database.execute(
        "SELECT id, title, display_order, type FROM interest_categories"
        " WHERE list_no = ? AND coalesce(?, type) = type ORDER BY display_order, no",
        (found.no, call.query.text("type")),
    ).fetchall()
    shown = rows[call.query.page()]
    return {
        "list_id": found.id,
        "categories": [_category(found, *row) for row in shown],
        "total_items": len(rows),
        "_links": links(CATEGORIES, f"{found.href}/interest-categories"),
    }


def get_category(call: Call) -> Document:
    """GET /lists/{list_id}/interest-categories/{category_id}."""
    found = find_list(call)
    return _category(found, *_category_row(call, found))


def post_category(call: Call) -> Document:
    """POST /lists/{list_id}/interest-categories."""
    found = find_list(call)
    body = call.body_as(CategoryBody)
    sql = "SELECT 1 FROM interest_categories WHERE list_no = ? AND title = ?"
    if call.database.execute(sql, (found.no, body.title)).fetchone():
        raise invalid(wording("group_exists", name=body.title))
    category_id = _new_id(call, f"category {found.id} {body.title}")
    row = (found.no, category_id, body.title, body.type, body.display_order)
    call.database.execute("INSERT INTO interest_categories VALUES (NULL, ?, ?, ?, ?, ?)", row)
    return _category(found, category_id, body.title, body.display_order, body.type)


def get_interests(call: Call) -> Document:
    """GET /lists/{list_id}/interest-categories/{category_id}/interests."""
    found = find_list(call)
    category_id = _category_row(call, found)[0]
    rows = call.database.execute(
        "SELECT id, name, display_order FROM interests WHERE list_no = ? AND category_id = ?"
        " ORDER BY display_order, no",
        (found.no, category_id),
    ).fetchall()
    shown = rows[call.query.page()]
    return {
        "interests": [_interest(call, found, category_id, *row) for row in shown],
        "list_id": found.id,
        "category_id": category_id,
        "total_items": len(rows),
        "_links": links(INTERESTS, f"{found.href}/interest-categories/{category_id}/interests"),
    }


def get_interest(call: Call) -> Document:
    """GET /lists/{list_id}/interest-categories/{category_id}/interests/{interest_id}."""
    found = find_list(call)
    category_id = _category_row(call, found)[0]
    sql = "SELECT id, name, display_order FROM interests WHERE list_no = ? AND category_id = ? AND id = ?"
    row = call.database.execute(sql, (found.no, category_id, call.path["interest_id"])).fetchone()
    if row is None:
        raise not_found()
    return _interest(call, found, category_id, *row)


def post_interest(call: Call) -> Document:
    """POST /lists/{list_id}/interest-categories/{category_id}/interests; every member gets it, not joined."""
    found = find_list(call)
    category_id = _category_row(call, found)[0]
    body = call.body_as(InterestBody)
    sql = "SELECT name FROM interests WHERE list_no = ?"
    names = [name for (name,) in call.database.execute(sql, (found.no,))]
    if body.name in names:
        raise invalid(wording("group_exists", name=body.name))
    if len(names) >= MAX_INTERESTS:
        raise invalid(wording("many_groups", most=MAX_INTERESTS))
    interest_id = _new_id(call, f"interest {found.id} {category_id} {body.name}")
    order = body.display_order if body.display_order is not None else len(names) + 1
    row = (found.no, category_id, interest_id, body.name, order)
    call.database.execute("INSERT INTO interests VALUES (NULL, ?, ?, ?, ?, ?)", row)
    call.database.execute(
        "UPDATE members SET interests = json_set(interests, ?, json('false')) WHERE list_no = ?",
        (f'$."{interest_id}"', found.no),
    )
    return _interest(call, found, category_id, interest_id, body.name, order)


def delete_interest(call: Call) -> None:
    """DELETE /lists/{list_id}/interest-categories/{category_id}/interests/{interest_id}."""
    found = find_list(call)
    interest_id = get_interest(call)["id"]
    call.database.execute("DELETE FROM interests WHERE list_no = ? AND id = ?", (found.no, interest_id))
    call.database.execute(
        "UPDATE members SET interests = json_remove(interests, ?) WHERE list_no = ?", (f'$."{interest_id}"', found.no)
    )


def _new_id(call: Call, text: str) -> str:
    return hashlib.md5(f"{text} {call.now.isoformat()}".encode(), usedforsecurity=False).hexdigest()[:10]


def _category_row(call: Call, found: ListRef) -> tuple[str, str, int, str]:
    row: tuple[str, str, int, str] | None = call.database.execute(
        "SELECT id, title, display_order, type FROM interest_categories WHERE list_no = ? AND id = ?",
        (found.no, call.path["category_id"]),
    ).fetchone()
    if row is None:
        raise not_found()
    return row


def _category(found: ListRef, category_id: str, title: str, order: int, kind: str) -> Document:
    return {
        "list_id": found.id,
        "id": category_id,
        "title": title,
        "display_order": order,
        "type": kind,
        "_links": links(CATEGORY, f"{found.href}/interest-categories/{category_id}"),
    }


def _interest(call: Call, found: ListRef, category_id: str, interest_id: str, name: str, order: int) -> Document:
    sql = "SELECT count(*) FROM members WHERE list_no = ? AND status = 'subscribed' AND json_extract(interests, ?)"
    count = call.database.execute(sql, (found.no, f'$."{interest_id}"')).fetchone()[0]
    return {
        "category_id": category_id,
        "list_id": found.id,
        "id": interest_id,
        "name": name,
        "subscriber_count": str(count),
        "display_order": order,
        "_links": links(INTEREST, f"{found.href}/interest-categories/{category_id}/interests/{interest_id}"),
    }
