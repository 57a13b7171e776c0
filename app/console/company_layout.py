"""How company settings are laid out: in sections, each field in the order people look for it."""

from collections.abc import Sequence

TOLD = ("company_name", "edition", "country", "currency", "time_zone")
"""What is fixed when the account is made; only who runs the installation changes it."""
APART = ("opening_hours", "custom_labels", "validation_rules")
"""What has a form of its own shape."""
SECTIONS: Sequence[tuple[str, Sequence[str]]] = (
    ("Words and dates", ("locale", "terminology")),
    ("Calendar", ("work_week", "first_weekday", "slot_minutes", "conflict_policy")),
    (
        "Bookings",
        (
            "is_session_date_blank",
            "is_booked_by_blank",
            "is_appointment_type_limited",
            "has_session_statuses_by_type",
        ),
    ),
    (
        "Clients",
        (
            "name_order",
            "client_number_moment",
            "client_number_status_id",
            "duplicate_checks",
            "is_lead_source_limited",
        ),
    ),
    (
        "Sales",
        ("has_invoice_statuses", "is_payment_confirmed", "card_processor", "is_card_reader_enabled"),
    ),
    ("Online galleries", ("has_galleries", "is_expired_gallery_hidden")),
)
