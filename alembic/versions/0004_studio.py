"""The collections of the studio."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.migrations import protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "client_groups",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_client_groups")),
    )
    protect("client_groups")
    op.create_table(
        "client_statuses",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("is_initial", sa.Boolean(), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("duration_days", sa.BigInteger(), nullable=True),
        sa.Column("is_in_loyalty", sa.Boolean(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_client_statuses")),
    )
    protect("client_statuses")
    op.create_table(
        "departments",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("is_shown_on_calendar", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_departments")),
    )
    protect("departments")
    op.create_table(
        "email_types",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_email_types")),
    )
    protect("email_types")
    op.create_table(
        "invoice_classifications",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_invoice_classifications")),
    )
    protect("invoice_classifications")
    op.create_table(
        "invoice_statuses",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("is_initial", sa.Boolean(), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("duration_days", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_invoice_statuses")),
    )
    protect("invoice_statuses")
    op.create_table(
        "lead_sources",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_lead_sources")),
    )
    protect("lead_sources")
    op.create_table(
        "payment_methods",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("payment_kind", sa.Text(), nullable=False),
        sa.Column("leading_digits", sa.Text(), nullable=True),
        sa.Column("deposit_account", sa.Text(), nullable=True),
        sa.Column("is_drawer_opened", sa.Boolean(), nullable=False),
        sa.Column("is_exported_individually", sa.Boolean(), nullable=False),
        sa.Column("is_web_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_payment_methods")),
    )
    protect("payment_methods")
    op.create_table(
        "phone_call_outcomes",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_phone_call_outcomes")),
    )
    protect("phone_call_outcomes")
    op.create_table(
        "phone_call_results",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_phone_call_results")),
    )
    protect("phone_call_results")
    op.create_table(
        "phone_call_types",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_phone_call_types")),
    )
    protect("phone_call_types")
    op.create_table(
        "phone_labels",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_phone_labels")),
    )
    protect("phone_labels")
    op.create_table(
        "relationships",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_relationships")),
    )
    protect("relationships")
    op.create_table(
        "staff",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("initials", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("lists", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("department_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("is_shown_on_calendar", sa.Boolean(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_staff")),
    )
    protect("staff")
    op.create_table(
        "studios",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("studio_number", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", postgresql.JSONB(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_studios")),
    )
    protect("studios")
    op.create_index("uq_studios_studio_number", "studios", ["account_id", "studio_number"], unique=True)
    op.create_table(
        "companies",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_name", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("opening_hours", postgresql.JSONB(), nullable=False),
        sa.Column("work_week", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("first_weekday", sa.Text(), nullable=False),
        sa.Column("slot_minutes", sa.BigInteger(), nullable=False),
        sa.Column("conflict_policy", sa.Text(), nullable=False),
        sa.Column("name_order", sa.Text(), nullable=False),
        sa.Column("client_number_moment", sa.Text(), nullable=False),
        sa.Column("client_number_status_id", sa.Uuid(), nullable=True),
        sa.Column("duplicate_checks", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("is_lead_source_limited", sa.Boolean(), nullable=False),
        sa.Column("is_appointment_type_limited", sa.Boolean(), nullable=False),
        sa.Column("has_session_statuses_by_type", sa.Boolean(), nullable=False),
        sa.Column("has_invoice_statuses", sa.Boolean(), nullable=False),
        sa.Column("is_session_date_blank", sa.Boolean(), nullable=False),
        sa.Column("is_booked_by_blank", sa.Boolean(), nullable=False),
        sa.Column("is_payment_confirmed", sa.Boolean(), nullable=False),
        sa.Column("card_processor", sa.Text(), nullable=True),
        sa.Column("is_card_reader_enabled", sa.Boolean(), nullable=False),
        sa.Column("has_galleries", sa.Boolean(), nullable=False),
        sa.Column("is_expired_gallery_hidden", sa.Boolean(), nullable=False),
        sa.Column("terminology", postgresql.JSONB(), nullable=True),
        sa.Column("custom_labels", postgresql.JSONB(), nullable=False),
        sa.Column("validation_rules", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "client_number_status_id"],
            ["client_statuses.account_id", "client_statuses.id"],
            name=op.f("fk_companies_account_id_client_number_status_id_client_statuses"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_companies")),
    )
    protect("companies")
    op.create_index(
        "ix_companies_client_number_status_id",
        "companies",
        ["account_id", "client_number_status_id"],
        unique=False,
    )
    op.create_table(
        "email_statuses",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("is_initial", sa.Boolean(), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("duration_days", sa.BigInteger(), nullable=True),
        sa.Column("email_type_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "email_type_id"],
            ["email_types.account_id", "email_types.id"],
            name=op.f("fk_email_statuses_account_id_email_type_id_email_types"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_email_statuses")),
    )
    protect("email_statuses")
    op.create_index(
        "ix_email_statuses_email_type_id", "email_statuses", ["account_id", "email_type_id"], unique=False
    )
    op.create_table(
        "locations",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("studio_id", sa.Uuid(), nullable=True),
        sa.Column("address", postgresql.JSONB(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("drive_minutes", sa.BigInteger(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "studio_id"],
            ["studios.account_id", "studios.id"],
            name=op.f("fk_locations_account_id_studio_id_studios"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_locations")),
    )
    protect("locations")
    op.create_index("ix_locations_studio_id", "locations", ["account_id", "studio_id"], unique=False)
    op.create_table(
        "organizations",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organization_kind", sa.Text(), nullable=False),
        sa.Column("studio_id", sa.Uuid(), nullable=True),
        sa.Column("address", postgresql.JSONB(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("web_address", sa.Text(), nullable=True),
        sa.Column("contact_name", sa.Text(), nullable=True),
        sa.Column("contact_title", sa.Text(), nullable=True),
        sa.Column("contact_phone", sa.Text(), nullable=True),
        sa.Column("contact_email", sa.Text(), nullable=True),
        sa.Column("enrolment", sa.BigInteger(), nullable=True),
        sa.Column("graduating_class", sa.BigInteger(), nullable=True),
        sa.Column("photography_start", sa.Date(), nullable=True),
        sa.Column("photography_deadline", sa.Date(), nullable=True),
        sa.Column("yearbook_deadline", sa.Date(), nullable=True),
        sa.Column("yearbook_image_dpi", sa.BigInteger(), nullable=True),
        sa.Column("yearbook_image_height", sa.BigInteger(), nullable=True),
        sa.Column("yearbook_naming", sa.Text(), nullable=True),
        sa.Column("yearbook_template", sa.Text(), nullable=True),
        sa.Column("is_secondary_image_required", sa.Boolean(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("custom", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "studio_id"],
            ["studios.account_id", "studios.id"],
            name=op.f("fk_organizations_account_id_studio_id_studios"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_organizations")),
    )
    protect("organizations")
    op.create_index("ix_organizations_studio_id", "organizations", ["account_id", "studio_id"], unique=False)
    op.create_table(
        "resources",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("resource_kind", sa.Text(), nullable=False),
        sa.Column("studio_id", sa.Uuid(), nullable=True),
        sa.Column("colour", sa.Text(), nullable=True),
        sa.Column("is_shown_on_calendar", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "studio_id"],
            ["studios.account_id", "studios.id"],
            name=op.f("fk_resources_account_id_studio_id_studios"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_resources")),
    )
    protect("resources")
    op.create_index("ix_resources_studio_id", "resources", ["account_id", "studio_id"], unique=False)
    op.create_table(
        "special_events",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("event_kind", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("studio_id", sa.Uuid(), nullable=True),
        sa.Column("colour", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "studio_id"],
            ["studios.account_id", "studios.id"],
            name=op.f("fk_special_events_account_id_studio_id_studios"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_special_events")),
    )
    protect("special_events")
    op.create_index(
        "ix_special_events_studio_id", "special_events", ["account_id", "studio_id"], unique=False
    )
    op.create_table(
        "task_types",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("default_department_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "default_department_id"],
            ["departments.account_id", "departments.id"],
            name=op.f("fk_task_types_account_id_default_department_id_departments"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_task_types")),
    )
    protect("task_types")
    op.create_index(
        "ix_task_types_default_department_id",
        "task_types",
        ["account_id", "default_department_id"],
        unique=False,
    )
    op.create_table(
        "appointment_types",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("length_minutes", sa.BigInteger(), nullable=True),
        sa.Column("colour", sa.Text(), nullable=True),
        sa.Column("default_resource_id", sa.Uuid(), nullable=True),
        sa.Column("linked_template", sa.Text(), nullable=True),
        sa.Column("unlinked_template", sa.Text(), nullable=True),
        sa.Column("is_bookable_online", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "default_resource_id"],
            ["resources.account_id", "resources.id"],
            name=op.f("fk_appointment_types_account_id_default_resource_id_resources"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_appointment_types")),
    )
    protect("appointment_types")
    op.create_index(
        "ix_appointment_types_default_resource_id",
        "appointment_types",
        ["account_id", "default_resource_id"],
        unique=False,
    )
    op.create_table(
        "clients",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_number", sa.BigInteger(), nullable=True),
        sa.Column("client_type", sa.Text(), nullable=False),
        sa.Column("studio_id", sa.Uuid(), nullable=True),
        sa.Column("salutation", sa.Text(), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("job_title", sa.Text(), nullable=True),
        sa.Column("company_name", sa.Text(), nullable=True),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("student_id", sa.Text(), nullable=True),
        sa.Column("graduation_year", sa.BigInteger(), nullable=True),
        sa.Column("address", postgresql.JSONB(), nullable=True),
        sa.Column("mailing_address", postgresql.JSONB(), nullable=True),
        sa.Column("new_address", postgresql.JSONB(), nullable=True),
        sa.Column("new_address_date", sa.Date(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phones", postgresql.JSONB(), nullable=False),
        sa.Column("call_warning", sa.Text(), nullable=True),
        sa.Column("family", postgresql.JSONB(), nullable=False),
        sa.Column("status_id", sa.Uuid(), nullable=True),
        sa.Column("status_due_date", sa.Date(), nullable=True),
        sa.Column("status_reason", sa.Text(), nullable=True),
        sa.Column("lead_source_id", sa.Uuid(), nullable=True),
        sa.Column("lead_source_other", sa.Text(), nullable=True),
        sa.Column("referred_by_id", sa.Uuid(), nullable=True),
        sa.Column("group_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("birthday", sa.Date(), nullable=True),
        sa.Column("anniversary", sa.Date(), nullable=True),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("unapplied_deposits", sa.BigInteger(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("status_notes", sa.Text(), nullable=True),
        sa.Column("custom", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "lead_source_id"],
            ["lead_sources.account_id", "lead_sources.id"],
            name=op.f("fk_clients_account_id_lead_source_id_lead_sources"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "organization_id"],
            ["organizations.account_id", "organizations.id"],
            name=op.f("fk_clients_account_id_organization_id_organizations"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "referred_by_id"],
            ["clients.account_id", "clients.id"],
            name=op.f("fk_clients_account_id_referred_by_id_clients"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "status_id"],
            ["client_statuses.account_id", "client_statuses.id"],
            name=op.f("fk_clients_account_id_status_id_client_statuses"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "studio_id"],
            ["studios.account_id", "studios.id"],
            name=op.f("fk_clients_account_id_studio_id_studios"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_clients")),
    )
    protect("clients")
    op.create_index("ix_clients_lead_source_id", "clients", ["account_id", "lead_source_id"], unique=False)
    op.create_index("ix_clients_organization_id", "clients", ["account_id", "organization_id"], unique=False)
    op.create_index("ix_clients_referred_by_id", "clients", ["account_id", "referred_by_id"], unique=False)
    op.create_index("ix_clients_status_id", "clients", ["account_id", "status_id"], unique=False)
    op.create_index("ix_clients_studio_id", "clients", ["account_id", "studio_id"], unique=False)
    op.create_index("uq_clients_client_number", "clients", ["account_id", "client_number"], unique=True)
    op.create_table(
        "session_types",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("length_minutes", sa.BigInteger(), nullable=True),
        sa.Column("colour", sa.Text(), nullable=True),
        sa.Column("default_resource_id", sa.Uuid(), nullable=True),
        sa.Column("default_photographer_id", sa.Uuid(), nullable=True),
        sa.Column("default_assistant_id", sa.Uuid(), nullable=True),
        sa.Column("price_list", sa.Text(), nullable=True),
        sa.Column("ledger_account", sa.Text(), nullable=True),
        sa.Column("is_for_organizations", sa.Boolean(), nullable=False),
        sa.Column("days_online", sa.BigInteger(), nullable=True),
        sa.Column("is_bookable_online", sa.Boolean(), nullable=False),
        sa.Column("is_delivered_digitally", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "default_assistant_id"],
            ["staff.account_id", "staff.id"],
            name=op.f("fk_session_types_account_id_default_assistant_id_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "default_photographer_id"],
            ["staff.account_id", "staff.id"],
            name=op.f("fk_session_types_account_id_default_photographer_id_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "default_resource_id"],
            ["resources.account_id", "resources.id"],
            name=op.f("fk_session_types_account_id_default_resource_id_resources"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_session_types")),
    )
    protect("session_types")
    op.create_index(
        "ix_session_types_default_assistant_id",
        "session_types",
        ["account_id", "default_assistant_id"],
        unique=False,
    )
    op.create_index(
        "ix_session_types_default_photographer_id",
        "session_types",
        ["account_id", "default_photographer_id"],
        unique=False,
    )
    op.create_index(
        "ix_session_types_default_resource_id",
        "session_types",
        ["account_id", "default_resource_id"],
        unique=False,
    )
    op.create_table(
        "task_statuses",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("is_initial", sa.Boolean(), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("duration_days", sa.BigInteger(), nullable=True),
        sa.Column("task_type_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "task_type_id"],
            ["task_types.account_id", "task_types.id"],
            name=op.f("fk_task_statuses_account_id_task_type_id_task_types"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_task_statuses")),
    )
    protect("task_statuses")
    op.create_index(
        "ix_task_statuses_task_type_id", "task_statuses", ["account_id", "task_type_id"], unique=False
    )
    op.create_table(
        "appointment_statuses",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("is_initial", sa.Boolean(), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("duration_days", sa.BigInteger(), nullable=True),
        sa.Column("appointment_type_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "appointment_type_id"],
            ["appointment_types.account_id", "appointment_types.id"],
            name=op.f("fk_appointment_statuses_account_id_appointment_type_id_appointment_types"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_appointment_statuses")),
    )
    protect("appointment_statuses")
    op.create_index(
        "ix_appointment_statuses_appointment_type_id",
        "appointment_statuses",
        ["account_id", "appointment_type_id"],
        unique=False,
    )
    op.create_table(
        "saved_cards",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("payment_method_id", sa.Uuid(), nullable=True),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("last_four", sa.Text(), nullable=False),
        sa.Column("expiry_month", sa.BigInteger(), nullable=False),
        sa.Column("expiry_year", sa.BigInteger(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "client_id"],
            ["clients.account_id", "clients.id"],
            name=op.f("fk_saved_cards_account_id_client_id_clients"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "payment_method_id"],
            ["payment_methods.account_id", "payment_methods.id"],
            name=op.f("fk_saved_cards_account_id_payment_method_id_payment_methods"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_saved_cards")),
    )
    protect("saved_cards")
    op.create_index("ix_saved_cards_client_id", "saved_cards", ["account_id", "client_id"], unique=False)
    op.create_index(
        "ix_saved_cards_payment_method_id", "saved_cards", ["account_id", "payment_method_id"], unique=False
    )
    op.create_table(
        "session_statuses",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_inactive", sa.Boolean(), nullable=False),
        sa.Column("is_initial", sa.Boolean(), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("duration_days", sa.BigInteger(), nullable=True),
        sa.Column("session_type_id", sa.Uuid(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("default_department_id", sa.Uuid(), nullable=True),
        sa.Column("is_shown_online", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "default_department_id"],
            ["departments.account_id", "departments.id"],
            name=op.f("fk_session_statuses_account_id_default_department_id_departments"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "session_type_id"],
            ["session_types.account_id", "session_types.id"],
            name=op.f("fk_session_statuses_account_id_session_type_id_session_types"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_session_statuses")),
    )
    protect("session_statuses")
    op.create_index(
        "ix_session_statuses_default_department_id",
        "session_statuses",
        ["account_id", "default_department_id"],
        unique=False,
    )
    op.create_index(
        "ix_session_statuses_session_type_id",
        "session_statuses",
        ["account_id", "session_type_id"],
        unique=False,
    )
    op.create_table(
        "sessions",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_number", sa.BigInteger(), nullable=True),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("session_type_id", sa.Uuid(), nullable=True),
        sa.Column("date", sa.Date(), nullable=True),
        sa.Column("start_time", sa.Time(), nullable=True),
        sa.Column("end_time", sa.Time(), nullable=True),
        sa.Column("arrival_time", sa.Time(), nullable=True),
        sa.Column("drive_minutes", sa.BigInteger(), nullable=True),
        sa.Column("studio_id", sa.Uuid(), nullable=True),
        sa.Column("photographer_id", sa.Uuid(), nullable=True),
        sa.Column("assistant_id", sa.Uuid(), nullable=True),
        sa.Column("resource_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("location_other", sa.Text(), nullable=True),
        sa.Column("events", postgresql.JSONB(), nullable=False),
        sa.Column("participants", postgresql.JSONB(), nullable=False),
        sa.Column("status_id", sa.Uuid(), nullable=True),
        sa.Column("status_due_date", sa.Date(), nullable=True),
        sa.Column("status_result", sa.Text(), nullable=True),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.Column("is_cancelled", sa.Boolean(), nullable=False),
        sa.Column("is_on_hold", sa.Boolean(), nullable=False),
        sa.Column("is_rescheduled", sa.Boolean(), nullable=False),
        sa.Column("booked_by_id", sa.Uuid(), nullable=True),
        sa.Column("is_booked_online", sa.Boolean(), nullable=False),
        sa.Column("online_booking_number", sa.Text(), nullable=True),
        sa.Column("promotions", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("yearbook_image", sa.Text(), nullable=True),
        sa.Column("yearbook_image_secondary", sa.Text(), nullable=True),
        sa.Column("yearbook_status", sa.Text(), nullable=True),
        sa.Column("is_shown_online", sa.Boolean(), nullable=False),
        sa.Column("web_price_list", sa.Text(), nullable=True),
        sa.Column("web_expire_date", sa.Date(), nullable=True),
        sa.Column("gallery_state", sa.Text(), nullable=False),
        sa.Column("gallery_images", sa.BigInteger(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_down_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("status_notes", sa.Text(), nullable=True),
        sa.Column("custom", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "assistant_id"],
            ["staff.account_id", "staff.id"],
            name=op.f("fk_sessions_account_id_assistant_id_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "booked_by_id"],
            ["staff.account_id", "staff.id"],
            name=op.f("fk_sessions_account_id_booked_by_id_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "client_id"],
            ["clients.account_id", "clients.id"],
            name=op.f("fk_sessions_account_id_client_id_clients"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "location_id"],
            ["locations.account_id", "locations.id"],
            name=op.f("fk_sessions_account_id_location_id_locations"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "organization_id"],
            ["organizations.account_id", "organizations.id"],
            name=op.f("fk_sessions_account_id_organization_id_organizations"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "photographer_id"],
            ["staff.account_id", "staff.id"],
            name=op.f("fk_sessions_account_id_photographer_id_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "session_type_id"],
            ["session_types.account_id", "session_types.id"],
            name=op.f("fk_sessions_account_id_session_type_id_session_types"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "status_id"],
            ["session_statuses.account_id", "session_statuses.id"],
            name=op.f("fk_sessions_account_id_status_id_session_statuses"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "studio_id"],
            ["studios.account_id", "studios.id"],
            name=op.f("fk_sessions_account_id_studio_id_studios"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_sessions")),
    )
    protect("sessions")
    op.create_index("ix_sessions_assistant_id", "sessions", ["account_id", "assistant_id"], unique=False)
    op.create_index("ix_sessions_booked_by_id", "sessions", ["account_id", "booked_by_id"], unique=False)
    op.create_index("ix_sessions_client_id", "sessions", ["account_id", "client_id"], unique=False)
    op.create_index("ix_sessions_location_id", "sessions", ["account_id", "location_id"], unique=False)
    op.create_index(
        "ix_sessions_organization_id", "sessions", ["account_id", "organization_id"], unique=False
    )
    op.create_index(
        "ix_sessions_photographer_id", "sessions", ["account_id", "photographer_id"], unique=False
    )
    op.create_index(
        "ix_sessions_session_type_id", "sessions", ["account_id", "session_type_id"], unique=False
    )
    op.create_index("ix_sessions_status_id", "sessions", ["account_id", "status_id"], unique=False)
    op.create_index("ix_sessions_studio_id", "sessions", ["account_id", "studio_id"], unique=False)
    op.create_index("uq_sessions_session_number", "sessions", ["account_id", "session_number"], unique=True)
    op.create_table(
        "appointments",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("appointment_type_id", sa.Uuid(), nullable=True),
        sa.Column("appointment_type_other", sa.Text(), nullable=True),
        sa.Column("status_id", sa.Uuid(), nullable=True),
        sa.Column("status_due_date", sa.Date(), nullable=True),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("start_time", sa.Time(), nullable=True),
        sa.Column("end_time", sa.Time(), nullable=True),
        sa.Column("studio_id", sa.Uuid(), nullable=True),
        sa.Column("user_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("resource_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("location_other", sa.Text(), nullable=True),
        sa.Column("colour", sa.Text(), nullable=True),
        sa.Column("booked_by_id", sa.Uuid(), nullable=True),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.Column("is_cancelled", sa.Boolean(), nullable=False),
        sa.Column("is_booked_online", sa.Boolean(), nullable=False),
        sa.Column("series_id", sa.Uuid(), nullable=True),
        sa.Column("recurrence", postgresql.JSONB(), nullable=True),
        sa.Column("is_detached", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("status_notes", sa.Text(), nullable=True),
        sa.Column("custom", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "appointment_type_id"],
            ["appointment_types.account_id", "appointment_types.id"],
            name=op.f("fk_appointments_account_id_appointment_type_id_appointment_types"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "booked_by_id"],
            ["staff.account_id", "staff.id"],
            name=op.f("fk_appointments_account_id_booked_by_id_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "client_id"],
            ["clients.account_id", "clients.id"],
            name=op.f("fk_appointments_account_id_client_id_clients"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "location_id"],
            ["locations.account_id", "locations.id"],
            name=op.f("fk_appointments_account_id_location_id_locations"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "session_id"],
            ["sessions.account_id", "sessions.id"],
            name=op.f("fk_appointments_account_id_session_id_sessions"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "status_id"],
            ["appointment_statuses.account_id", "appointment_statuses.id"],
            name=op.f("fk_appointments_account_id_status_id_appointment_statuses"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "studio_id"],
            ["studios.account_id", "studios.id"],
            name=op.f("fk_appointments_account_id_studio_id_studios"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_appointments")),
    )
    protect("appointments")
    op.create_index(
        "ix_appointments_appointment_type_id",
        "appointments",
        ["account_id", "appointment_type_id"],
        unique=False,
    )
    op.create_index(
        "ix_appointments_booked_by_id", "appointments", ["account_id", "booked_by_id"], unique=False
    )
    op.create_index("ix_appointments_client_id", "appointments", ["account_id", "client_id"], unique=False)
    op.create_index(
        "ix_appointments_location_id", "appointments", ["account_id", "location_id"], unique=False
    )
    op.create_index("ix_appointments_session_id", "appointments", ["account_id", "session_id"], unique=False)
    op.create_index("ix_appointments_status_id", "appointments", ["account_id", "status_id"], unique=False)
    op.create_index("ix_appointments_studio_id", "appointments", ["account_id", "studio_id"], unique=False)
    op.create_table(
        "invoices",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invoice_number", sa.BigInteger(), nullable=True),
        sa.Column("web_order_number", sa.Text(), nullable=True),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("bill_to_client_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("original_invoice_id", sa.Uuid(), nullable=True),
        sa.Column("studio_id", sa.Uuid(), nullable=True),
        sa.Column("invoice_type", sa.Text(), nullable=False),
        sa.Column("classification_id", sa.Uuid(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sales_rep_id", sa.Uuid(), nullable=True),
        sa.Column("terms", sa.Text(), nullable=True),
        sa.Column("invoice_date", sa.Date(), nullable=False),
        sa.Column("payment_due_date", sa.Date(), nullable=True),
        sa.Column("status_id", sa.Uuid(), nullable=True),
        sa.Column("status_due_date", sa.Date(), nullable=True),
        sa.Column("approximate_delivery_date", sa.Date(), nullable=True),
        sa.Column("subtotal", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("shipping", sa.BigInteger(), nullable=False),
        sa.Column("surcharge", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("written_off", sa.BigInteger(), nullable=False),
        sa.Column("balance_due", sa.BigInteger(), nullable=False),
        sa.Column("pending_payments", sa.BigInteger(), nullable=False),
        sa.Column("is_posted", sa.Boolean(), nullable=False),
        sa.Column("is_prepaid_online", sa.Boolean(), nullable=False),
        sa.Column("prepaid_upload_state", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("status_notes", sa.Text(), nullable=True),
        sa.Column("custom", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "bill_to_client_id"],
            ["clients.account_id", "clients.id"],
            name=op.f("fk_invoices_account_id_bill_to_client_id_clients"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "classification_id"],
            ["invoice_classifications.account_id", "invoice_classifications.id"],
            name=op.f("fk_invoices_account_id_classification_id_invoice_classifications"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "client_id"],
            ["clients.account_id", "clients.id"],
            name=op.f("fk_invoices_account_id_client_id_clients"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "original_invoice_id"],
            ["invoices.account_id", "invoices.id"],
            name=op.f("fk_invoices_account_id_original_invoice_id_invoices"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "sales_rep_id"],
            ["staff.account_id", "staff.id"],
            name=op.f("fk_invoices_account_id_sales_rep_id_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "session_id"],
            ["sessions.account_id", "sessions.id"],
            name=op.f("fk_invoices_account_id_session_id_sessions"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "status_id"],
            ["invoice_statuses.account_id", "invoice_statuses.id"],
            name=op.f("fk_invoices_account_id_status_id_invoice_statuses"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "studio_id"],
            ["studios.account_id", "studios.id"],
            name=op.f("fk_invoices_account_id_studio_id_studios"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_invoices")),
    )
    protect("invoices")
    op.create_index(
        "ix_invoices_bill_to_client_id", "invoices", ["account_id", "bill_to_client_id"], unique=False
    )
    op.create_index(
        "ix_invoices_classification_id", "invoices", ["account_id", "classification_id"], unique=False
    )
    op.create_index("ix_invoices_client_id", "invoices", ["account_id", "client_id"], unique=False)
    op.create_index(
        "ix_invoices_original_invoice_id", "invoices", ["account_id", "original_invoice_id"], unique=False
    )
    op.create_index("ix_invoices_sales_rep_id", "invoices", ["account_id", "sales_rep_id"], unique=False)
    op.create_index("ix_invoices_session_id", "invoices", ["account_id", "session_id"], unique=False)
    op.create_index("ix_invoices_status_id", "invoices", ["account_id", "status_id"], unique=False)
    op.create_index("ix_invoices_studio_id", "invoices", ["account_id", "studio_id"], unique=False)
    op.create_index("uq_invoices_invoice_number", "invoices", ["account_id", "invoice_number"], unique=True)
    op.create_index(
        "uq_invoices_web_order_number", "invoices", ["account_id", "web_order_number"], unique=True
    )
    op.create_table(
        "payments",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("invoice_id", sa.Uuid(), nullable=True),
        sa.Column("payment_method_id", sa.Uuid(), nullable=True),
        sa.Column("saved_card_id", sa.Uuid(), nullable=True),
        sa.Column("studio_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("payment_type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.Date(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("check_number", sa.Text(), nullable=True),
        sa.Column("card_brand", sa.Text(), nullable=True),
        sa.Column("card_last_four", sa.Text(), nullable=True),
        sa.Column("card_expiry", sa.Text(), nullable=True),
        sa.Column("authorization_code", sa.Text(), nullable=True),
        sa.Column("processor_reference", sa.Text(), nullable=True),
        sa.Column("is_posted", sa.Boolean(), nullable=False),
        sa.Column("status_notes", sa.Text(), nullable=True),
        sa.Column("custom", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "client_id"],
            ["clients.account_id", "clients.id"],
            name=op.f("fk_payments_account_id_client_id_clients"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "invoice_id"],
            ["invoices.account_id", "invoices.id"],
            name=op.f("fk_payments_account_id_invoice_id_invoices"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "payment_method_id"],
            ["payment_methods.account_id", "payment_methods.id"],
            name=op.f("fk_payments_account_id_payment_method_id_payment_methods"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "saved_card_id"],
            ["saved_cards.account_id", "saved_cards.id"],
            name=op.f("fk_payments_account_id_saved_card_id_saved_cards"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "studio_id"],
            ["studios.account_id", "studios.id"],
            name=op.f("fk_payments_account_id_studio_id_studios"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "user_id"],
            ["staff.account_id", "staff.id"],
            name=op.f("fk_payments_account_id_user_id_staff"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_payments")),
    )
    protect("payments")
    op.create_index("ix_payments_client_id", "payments", ["account_id", "client_id"], unique=False)
    op.create_index("ix_payments_invoice_id", "payments", ["account_id", "invoice_id"], unique=False)
    op.create_index(
        "ix_payments_payment_method_id", "payments", ["account_id", "payment_method_id"], unique=False
    )
    op.create_index("ix_payments_saved_card_id", "payments", ["account_id", "saved_card_id"], unique=False)
    op.create_index("ix_payments_studio_id", "payments", ["account_id", "studio_id"], unique=False)
    op.create_index("ix_payments_user_id", "payments", ["account_id", "user_id"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_number", sa.BigInteger(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("assigned_by_id", sa.Uuid(), nullable=True),
        sa.Column("assigned_department_id", sa.Uuid(), nullable=True),
        sa.Column("assigned_user_id", sa.Uuid(), nullable=True),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("complete_date", sa.Date(), nullable=True),
        sa.Column("priority", sa.BigInteger(), nullable=True),
        sa.Column("task_type_id", sa.Uuid(), nullable=True),
        sa.Column("status_id", sa.Uuid(), nullable=True),
        sa.Column("status_due_date", sa.Date(), nullable=True),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("studio_id", sa.Uuid(), nullable=True),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("invoice_id", sa.Uuid(), nullable=True),
        sa.Column("parent_task_id", sa.Uuid(), nullable=True),
        sa.Column("status_notes", sa.Text(), nullable=True),
        sa.Column("custom", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "assigned_by_id"],
            ["staff.account_id", "staff.id"],
            name=op.f("fk_tasks_account_id_assigned_by_id_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "assigned_department_id"],
            ["departments.account_id", "departments.id"],
            name=op.f("fk_tasks_account_id_assigned_department_id_departments"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "assigned_user_id"],
            ["staff.account_id", "staff.id"],
            name=op.f("fk_tasks_account_id_assigned_user_id_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "client_id"],
            ["clients.account_id", "clients.id"],
            name=op.f("fk_tasks_account_id_client_id_clients"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "invoice_id"],
            ["invoices.account_id", "invoices.id"],
            name=op.f("fk_tasks_account_id_invoice_id_invoices"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "parent_task_id"],
            ["tasks.account_id", "tasks.id"],
            name=op.f("fk_tasks_account_id_parent_task_id_tasks"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "session_id"],
            ["sessions.account_id", "sessions.id"],
            name=op.f("fk_tasks_account_id_session_id_sessions"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "status_id"],
            ["task_statuses.account_id", "task_statuses.id"],
            name=op.f("fk_tasks_account_id_status_id_task_statuses"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "studio_id"],
            ["studios.account_id", "studios.id"],
            name=op.f("fk_tasks_account_id_studio_id_studios"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "task_type_id"],
            ["task_types.account_id", "task_types.id"],
            name=op.f("fk_tasks_account_id_task_type_id_task_types"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_tasks")),
    )
    protect("tasks")
    op.create_index("ix_tasks_assigned_by_id", "tasks", ["account_id", "assigned_by_id"], unique=False)
    op.create_index(
        "ix_tasks_assigned_department_id", "tasks", ["account_id", "assigned_department_id"], unique=False
    )
    op.create_index("ix_tasks_assigned_user_id", "tasks", ["account_id", "assigned_user_id"], unique=False)
    op.create_index("ix_tasks_client_id", "tasks", ["account_id", "client_id"], unique=False)
    op.create_index("ix_tasks_invoice_id", "tasks", ["account_id", "invoice_id"], unique=False)
    op.create_index("ix_tasks_parent_task_id", "tasks", ["account_id", "parent_task_id"], unique=False)
    op.create_index("ix_tasks_session_id", "tasks", ["account_id", "session_id"], unique=False)
    op.create_index("ix_tasks_status_id", "tasks", ["account_id", "status_id"], unique=False)
    op.create_index("ix_tasks_studio_id", "tasks", ["account_id", "studio_id"], unique=False)
    op.create_index("ix_tasks_task_type_id", "tasks", ["account_id", "task_type_id"], unique=False)
    op.create_index("uq_tasks_task_number", "tasks", ["account_id", "task_number"], unique=True)
    op.create_table(
        "emails",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("invoice_id", sa.Uuid(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("email_type_id", sa.Uuid(), nullable=True),
        sa.Column("status_id", sa.Uuid(), nullable=True),
        sa.Column("studio_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("from_address", sa.Text(), nullable=True),
        sa.Column("to_addresses", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("cc_addresses", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("bcc_addresses", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("is_draft", sa.Boolean(), nullable=False),
        sa.Column("is_unread", sa.Boolean(), nullable=False),
        sa.Column("is_block_bypassed", sa.Boolean(), nullable=False),
        sa.Column("delivery_state", sa.Text(), nullable=False),
        sa.Column("delivery_error", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "client_id"],
            ["clients.account_id", "clients.id"],
            name=op.f("fk_emails_account_id_client_id_clients"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "email_type_id"],
            ["email_types.account_id", "email_types.id"],
            name=op.f("fk_emails_account_id_email_type_id_email_types"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "invoice_id"],
            ["invoices.account_id", "invoices.id"],
            name=op.f("fk_emails_account_id_invoice_id_invoices"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "session_id"],
            ["sessions.account_id", "sessions.id"],
            name=op.f("fk_emails_account_id_session_id_sessions"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "status_id"],
            ["email_statuses.account_id", "email_statuses.id"],
            name=op.f("fk_emails_account_id_status_id_email_statuses"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "studio_id"],
            ["studios.account_id", "studios.id"],
            name=op.f("fk_emails_account_id_studio_id_studios"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "task_id"],
            ["tasks.account_id", "tasks.id"],
            name=op.f("fk_emails_account_id_task_id_tasks"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "user_id"],
            ["staff.account_id", "staff.id"],
            name=op.f("fk_emails_account_id_user_id_staff"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_emails")),
    )
    protect("emails")
    op.create_index("ix_emails_client_id", "emails", ["account_id", "client_id"], unique=False)
    op.create_index("ix_emails_email_type_id", "emails", ["account_id", "email_type_id"], unique=False)
    op.create_index("ix_emails_invoice_id", "emails", ["account_id", "invoice_id"], unique=False)
    op.create_index("ix_emails_session_id", "emails", ["account_id", "session_id"], unique=False)
    op.create_index("ix_emails_status_id", "emails", ["account_id", "status_id"], unique=False)
    op.create_index("ix_emails_studio_id", "emails", ["account_id", "studio_id"], unique=False)
    op.create_index("ix_emails_task_id", "emails", ["account_id", "task_id"], unique=False)
    op.create_index("ix_emails_user_id", "emails", ["account_id", "user_id"], unique=False)
    op.create_table(
        "phone_calls",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("phone_call_type_id", sa.Uuid(), nullable=True),
        sa.Column("studio_id", sa.Uuid(), nullable=True),
        sa.Column("assigned_user_id", sa.Uuid(), nullable=True),
        sa.Column("assigned_department_id", sa.Uuid(), nullable=True),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("time", sa.Time(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=True),
        sa.Column("outcome_id", sa.Uuid(), nullable=True),
        sa.Column("complete_date", sa.Date(), nullable=True),
        sa.Column("follow_up_date", sa.Date(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("custom", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "assigned_department_id"],
            ["departments.account_id", "departments.id"],
            name=op.f("fk_phone_calls_account_id_assigned_department_id_departments"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "assigned_user_id"],
            ["staff.account_id", "staff.id"],
            name=op.f("fk_phone_calls_account_id_assigned_user_id_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "client_id"],
            ["clients.account_id", "clients.id"],
            name=op.f("fk_phone_calls_account_id_client_id_clients"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "outcome_id"],
            ["phone_call_outcomes.account_id", "phone_call_outcomes.id"],
            name=op.f("fk_phone_calls_account_id_outcome_id_phone_call_outcomes"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "phone_call_type_id"],
            ["phone_call_types.account_id", "phone_call_types.id"],
            name=op.f("fk_phone_calls_account_id_phone_call_type_id_phone_call_types"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "result_id"],
            ["phone_call_results.account_id", "phone_call_results.id"],
            name=op.f("fk_phone_calls_account_id_result_id_phone_call_results"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "session_id"],
            ["sessions.account_id", "sessions.id"],
            name=op.f("fk_phone_calls_account_id_session_id_sessions"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "studio_id"],
            ["studios.account_id", "studios.id"],
            name=op.f("fk_phone_calls_account_id_studio_id_studios"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "task_id"],
            ["tasks.account_id", "tasks.id"],
            name=op.f("fk_phone_calls_account_id_task_id_tasks"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_phone_calls")),
    )
    protect("phone_calls")
    op.create_index(
        "ix_phone_calls_assigned_department_id",
        "phone_calls",
        ["account_id", "assigned_department_id"],
        unique=False,
    )
    op.create_index(
        "ix_phone_calls_assigned_user_id", "phone_calls", ["account_id", "assigned_user_id"], unique=False
    )
    op.create_index("ix_phone_calls_client_id", "phone_calls", ["account_id", "client_id"], unique=False)
    op.create_index("ix_phone_calls_outcome_id", "phone_calls", ["account_id", "outcome_id"], unique=False)
    op.create_index(
        "ix_phone_calls_phone_call_type_id", "phone_calls", ["account_id", "phone_call_type_id"], unique=False
    )
    op.create_index("ix_phone_calls_result_id", "phone_calls", ["account_id", "result_id"], unique=False)
    op.create_index("ix_phone_calls_session_id", "phone_calls", ["account_id", "session_id"], unique=False)
    op.create_index("ix_phone_calls_studio_id", "phone_calls", ["account_id", "studio_id"], unique=False)
    op.create_index("ix_phone_calls_task_id", "phone_calls", ["account_id", "task_id"], unique=False)
    op.create_table(
        "text_messages",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("studio_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("is_unread", sa.Boolean(), nullable=False),
        sa.Column("delivery_state", sa.Text(), nullable=False),
        sa.Column("delivery_error", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "client_id"],
            ["clients.account_id", "clients.id"],
            name=op.f("fk_text_messages_account_id_client_id_clients"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "session_id"],
            ["sessions.account_id", "sessions.id"],
            name=op.f("fk_text_messages_account_id_session_id_sessions"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "studio_id"],
            ["studios.account_id", "studios.id"],
            name=op.f("fk_text_messages_account_id_studio_id_studios"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "task_id"],
            ["tasks.account_id", "tasks.id"],
            name=op.f("fk_text_messages_account_id_task_id_tasks"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "user_id"],
            ["staff.account_id", "staff.id"],
            name=op.f("fk_text_messages_account_id_user_id_staff"),
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_text_messages")),
    )
    protect("text_messages")
    op.create_index("ix_text_messages_client_id", "text_messages", ["account_id", "client_id"], unique=False)
    op.create_index(
        "ix_text_messages_session_id", "text_messages", ["account_id", "session_id"], unique=False
    )
    op.create_index("ix_text_messages_studio_id", "text_messages", ["account_id", "studio_id"], unique=False)
    op.create_index("ix_text_messages_task_id", "text_messages", ["account_id", "task_id"], unique=False)
    op.create_index("ix_text_messages_user_id", "text_messages", ["account_id", "user_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_text_messages_user_id", table_name="text_messages")
    op.drop_index("ix_text_messages_task_id", table_name="text_messages")
    op.drop_index("ix_text_messages_studio_id", table_name="text_messages")
    op.drop_index("ix_text_messages_session_id", table_name="text_messages")
    op.drop_index("ix_text_messages_client_id", table_name="text_messages")
    op.drop_table("text_messages")
    op.drop_index("ix_phone_calls_task_id", table_name="phone_calls")
    op.drop_index("ix_phone_calls_studio_id", table_name="phone_calls")
    op.drop_index("ix_phone_calls_session_id", table_name="phone_calls")
    op.drop_index("ix_phone_calls_result_id", table_name="phone_calls")
    op.drop_index("ix_phone_calls_phone_call_type_id", table_name="phone_calls")
    op.drop_index("ix_phone_calls_outcome_id", table_name="phone_calls")
    op.drop_index("ix_phone_calls_client_id", table_name="phone_calls")
    op.drop_index("ix_phone_calls_assigned_user_id", table_name="phone_calls")
    op.drop_index("ix_phone_calls_assigned_department_id", table_name="phone_calls")
    op.drop_table("phone_calls")
    op.drop_index("ix_emails_user_id", table_name="emails")
    op.drop_index("ix_emails_task_id", table_name="emails")
    op.drop_index("ix_emails_studio_id", table_name="emails")
    op.drop_index("ix_emails_status_id", table_name="emails")
    op.drop_index("ix_emails_session_id", table_name="emails")
    op.drop_index("ix_emails_invoice_id", table_name="emails")
    op.drop_index("ix_emails_email_type_id", table_name="emails")
    op.drop_index("ix_emails_client_id", table_name="emails")
    op.drop_table("emails")
    op.drop_index("uq_tasks_task_number", table_name="tasks")
    op.drop_index("ix_tasks_task_type_id", table_name="tasks")
    op.drop_index("ix_tasks_studio_id", table_name="tasks")
    op.drop_index("ix_tasks_status_id", table_name="tasks")
    op.drop_index("ix_tasks_session_id", table_name="tasks")
    op.drop_index("ix_tasks_parent_task_id", table_name="tasks")
    op.drop_index("ix_tasks_invoice_id", table_name="tasks")
    op.drop_index("ix_tasks_client_id", table_name="tasks")
    op.drop_index("ix_tasks_assigned_user_id", table_name="tasks")
    op.drop_index("ix_tasks_assigned_department_id", table_name="tasks")
    op.drop_index("ix_tasks_assigned_by_id", table_name="tasks")
    op.drop_table("tasks")
    op.drop_index("ix_payments_user_id", table_name="payments")
    op.drop_index("ix_payments_studio_id", table_name="payments")
    op.drop_index("ix_payments_saved_card_id", table_name="payments")
    op.drop_index("ix_payments_payment_method_id", table_name="payments")
    op.drop_index("ix_payments_invoice_id", table_name="payments")
    op.drop_index("ix_payments_client_id", table_name="payments")
    op.drop_table("payments")
    op.drop_index("uq_invoices_web_order_number", table_name="invoices")
    op.drop_index("uq_invoices_invoice_number", table_name="invoices")
    op.drop_index("ix_invoices_studio_id", table_name="invoices")
    op.drop_index("ix_invoices_status_id", table_name="invoices")
    op.drop_index("ix_invoices_session_id", table_name="invoices")
    op.drop_index("ix_invoices_sales_rep_id", table_name="invoices")
    op.drop_index("ix_invoices_original_invoice_id", table_name="invoices")
    op.drop_index("ix_invoices_client_id", table_name="invoices")
    op.drop_index("ix_invoices_classification_id", table_name="invoices")
    op.drop_index("ix_invoices_bill_to_client_id", table_name="invoices")
    op.drop_table("invoices")
    op.drop_index("ix_appointments_studio_id", table_name="appointments")
    op.drop_index("ix_appointments_status_id", table_name="appointments")
    op.drop_index("ix_appointments_session_id", table_name="appointments")
    op.drop_index("ix_appointments_location_id", table_name="appointments")
    op.drop_index("ix_appointments_client_id", table_name="appointments")
    op.drop_index("ix_appointments_booked_by_id", table_name="appointments")
    op.drop_index("ix_appointments_appointment_type_id", table_name="appointments")
    op.drop_table("appointments")
    op.drop_index("uq_sessions_session_number", table_name="sessions")
    op.drop_index("ix_sessions_studio_id", table_name="sessions")
    op.drop_index("ix_sessions_status_id", table_name="sessions")
    op.drop_index("ix_sessions_session_type_id", table_name="sessions")
    op.drop_index("ix_sessions_photographer_id", table_name="sessions")
    op.drop_index("ix_sessions_organization_id", table_name="sessions")
    op.drop_index("ix_sessions_location_id", table_name="sessions")
    op.drop_index("ix_sessions_client_id", table_name="sessions")
    op.drop_index("ix_sessions_booked_by_id", table_name="sessions")
    op.drop_index("ix_sessions_assistant_id", table_name="sessions")
    op.drop_table("sessions")
    op.drop_index("ix_session_statuses_session_type_id", table_name="session_statuses")
    op.drop_index("ix_session_statuses_default_department_id", table_name="session_statuses")
    op.drop_table("session_statuses")
    op.drop_index("ix_saved_cards_payment_method_id", table_name="saved_cards")
    op.drop_index("ix_saved_cards_client_id", table_name="saved_cards")
    op.drop_table("saved_cards")
    op.drop_index("ix_appointment_statuses_appointment_type_id", table_name="appointment_statuses")
    op.drop_table("appointment_statuses")
    op.drop_index("ix_task_statuses_task_type_id", table_name="task_statuses")
    op.drop_table("task_statuses")
    op.drop_index("ix_session_types_default_resource_id", table_name="session_types")
    op.drop_index("ix_session_types_default_photographer_id", table_name="session_types")
    op.drop_index("ix_session_types_default_assistant_id", table_name="session_types")
    op.drop_table("session_types")
    op.drop_index("uq_clients_client_number", table_name="clients")
    op.drop_index("ix_clients_studio_id", table_name="clients")
    op.drop_index("ix_clients_status_id", table_name="clients")
    op.drop_index("ix_clients_referred_by_id", table_name="clients")
    op.drop_index("ix_clients_organization_id", table_name="clients")
    op.drop_index("ix_clients_lead_source_id", table_name="clients")
    op.drop_table("clients")
    op.drop_index("ix_appointment_types_default_resource_id", table_name="appointment_types")
    op.drop_table("appointment_types")
    op.drop_index("ix_task_types_default_department_id", table_name="task_types")
    op.drop_table("task_types")
    op.drop_index("ix_special_events_studio_id", table_name="special_events")
    op.drop_table("special_events")
    op.drop_index("ix_resources_studio_id", table_name="resources")
    op.drop_table("resources")
    op.drop_index("ix_organizations_studio_id", table_name="organizations")
    op.drop_table("organizations")
    op.drop_index("ix_locations_studio_id", table_name="locations")
    op.drop_table("locations")
    op.drop_index("ix_email_statuses_email_type_id", table_name="email_statuses")
    op.drop_table("email_statuses")
    op.drop_index("ix_companies_client_number_status_id", table_name="companies")
    op.drop_table("companies")
    op.drop_index("uq_studios_studio_number", table_name="studios")
    op.drop_table("studios")
    op.drop_table("staff")
    op.drop_table("relationships")
    op.drop_table("phone_labels")
    op.drop_table("phone_call_types")
    op.drop_table("phone_call_results")
    op.drop_table("phone_call_outcomes")
    op.drop_table("payment_methods")
    op.drop_table("lead_sources")
    op.drop_table("invoice_statuses")
    op.drop_table("invoice_classifications")
    op.drop_table("email_types")
    op.drop_table("departments")
    op.drop_table("client_statuses")
    op.drop_table("client_groups")
