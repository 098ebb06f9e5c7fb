"""How the three audiences are set up: merge fields, groups, tags."""

from dataclasses import dataclass
from functools import cache

from include.sandbox.world.ids import hex_id
from include.sandbox.world.roles import Audience

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class MergeField:
    """A field of an audience; choices are of a dropdown."""

    tag: str
    name: str
    type: str = "text"
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Category:
    """A category of groups; radio lets a member be in one of them only."""

    title: str
    type: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setup:
    """What an audience has besides members. Its tags exist whether somebody wears them or not."""

    merge_fields: tuple[MergeField, ...]
    categories: tuple[Category, ...]
    tags: tuple[str, ...]
    send_day: int  # day of the week, from 0, on which its campaigns go out
    subject: str


_NAME_FIELDS = (MergeField("FNAME", "First name"), MergeField("LNAME", "Last name"), MergeField("COMPANY", "Company"))
SETUPS = {
    Audience.NEWSLETTER: Setup(
        merge_fields=(
            MergeField("FNAME", "First name", required=True),
            *_NAME_FIELDS[1:],
            MergeField("ADDRESS", "Address", "address"),
            MergeField("PHONE", "Phone"),
            MergeField("BIRTHDATE", "Date of birth", "date"),
            MergeField("TIER", "Customer tier", "dropdown", choices=("Gold", "Silver", "Bronze")),
            MergeField("SPEND", "Annual spend", "number"),
            MergeField("TOPICS", "Topics"),
            MergeField("CONSENT", "Consent"),
        ),
        categories=(
            Category("Interests", "checkboxes", ("Product news", "Events", "Offers")),
            Category("Frequency", "radio", ("Weekly", "Monthly")),
        ),
        tags=("Customer", "Trade fair", "VIP"),
        send_day=0,
        subject="News of the week",
    ),
    Audience.PRODUCT_UPDATES: Setup(
        merge_fields=(*_NAME_FIELDS, MergeField("JOBTITLE", "Job title"), MergeField("COUNTRY", "Country")),
        categories=(Category("Products", "checkboxes", ("Cloud", "On premises")),),
        tags=("Beta tester",),
        send_day=2,
        subject="What changed",
    ),
    Audience.PARTNERS: Setup(
        merge_fields=_NAME_FIELDS, categories=(), tags=("Gold partner",), send_day=5, subject="Partners"
    ),
}


@cache
def list_id(seed: int, audience: Audience) -> str:
    """The audience's id: 10 hexadecimal digits."""
    return hex_id(seed, "list", audience)


@cache
def interest_id(seed: int, audience: Audience, group: str) -> str:
    """A group's id: 10 hexadecimal digits."""
    return hex_id(seed, "interest", audience, group)


@cache
def campaign_id(seed: int, audience: Audience, week: int) -> str:
    """The id of an audience's campaign of that week: 10 hexadecimal digits."""
    return hex_id(seed, "campaign", audience, week)


@cache
def tag_id(audience: Audience, tag: str) -> int:
    """The number of a tag's segment, unique in the account."""
    place = list(Audience).index(audience)
    return 10_000 * (place + 1) + SETUPS[audience].tags.index(tag)


def merge_fields(seed: int, audience: Audience) -> list[Json]:
    """The merge fields as the API shows them."""
    return [
        {
            "merge_id": number,
            "tag": field.tag,
            "name": field.name,
            "type": field.type,
            "required": field.required,
            "default_value": "",
            "public": False,
            "display_order": number + 1,
            "options": _options(field),
            "help_text": "",
            "list_id": list_id(seed, audience),
        }
        for number, field in enumerate(SETUPS[audience].merge_fields, 1)
    ]


def interest_categories(seed: int, audience: Audience) -> list[Json]:
    """The categories as the API shows them, each with its groups under `interests`."""
    owner = list_id(seed, audience)
    described: list[Json] = []
    for place, category in enumerate(SETUPS[audience].categories):
        category_id = hex_id(seed, "category", audience, category.title)
        groups = [
            {
                "category_id": category_id,
                "list_id": owner,
                "id": interest_id(seed, audience, group),
                "name": group,
                "display_order": order,
            }
            for order, group in enumerate(category.groups, 1)
        ]
        described.append(
            {
                "list_id": owner,
                "id": category_id,
                "title": category.title,
                "display_order": place,
                "type": category.type,
                "interests": groups,
            }
        )
    return described


def _options(field: MergeField) -> Json:
    """The options that the field's type has."""
    by_type: dict[str, Json] = {
        "text": {"size": 25},
        "dropdown": {"choices": list(field.choices)},
        "date": {"date_format": "MM/DD/YYYY"},
        "address": {"default_country": 164},
    }
    return by_type.get(field.type, {})
