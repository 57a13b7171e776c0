"""What limits are told as."""

from pydantic import Field

from app.http.schemas import Answer


class SyncLimits(Answer):
    """How much may be asked or sent at once."""

    max_rows: int = Field(description="Records in a page.", examples=[10_000])
    max_page_bytes: int = Field(description="Bytes in a page.", examples=[8_000_000])
    max_changes: int = Field(description="Changes in a push.", examples=[500])
    max_push_bytes: int = Field(
        description="Bytes in the body of a request below `/v1/sync`.", examples=[4_000_000]
    )


class BodyLimits(Answer):
    """What the body of a request may be like; how long each text may be is in the manifest."""

    max_bytes: int = Field(description="Bytes outside `/v1/sync` and `/v1/auth`.", examples=[1_000_000])
    max_sign_in_bytes: int = Field(description="Bytes below `/v1/auth`.", examples=[32_000])
    max_depth: int = Field(description="Levels of objects and lists.", examples=[32])
    max_integer: int = Field(
        description="The largest whole number, and its negative the smallest.", examples=[2**53 - 1]
    )
    seconds: int = Field(description="Seconds within which it must have arrived.", examples=[30])


class RequestLimits(Answer):
    """How many requests; more are refused with `Retry-After`."""

    per_minute_per_sign_in: int = Field(description="Of one sign-in: `rate_limited`.", examples=[60_000])
    per_minute_per_key: int = Field(
        description="Of one API key: `rate_limited`; `RateLimit` tells what is left.", examples=[1_200]
    )
    per_minute_per_address: int = Field(description="Of one address: `rate_limited`.", examples=[120_000])
    head_bytes: int = Field(
        description="Bytes of one's address and headers together: `head_too_large`.", examples=[65_536]
    )
    waiting_per_account: int = Field(
        description="Of one account that wait until others of it are done: `account_busy`.", examples=[64]
    )


class LiveLimits(Answer):
    """How one may wait for pokes."""

    streams_per_sign_in: int = Field(
        description="Streams and waits of one sign-in; one more ends the oldest.", examples=[3]
    )
    streams_per_account: int = Field(
        description="Streams and waits of one account: `too_many_streams`.", examples=[200]
    )
    seconds: int = Field(description="Seconds a stream lasts, up to a fifth more or less.", examples=[600])
    heartbeat_seconds: int = Field(
        description="Seconds without a poke after which a stream shows that it lives.", examples=[45]
    )
    longest_wait_seconds: int = Field(description="The most `seconds` of a wait.", examples=[55])


class SignInLimits(Answer):
    """How one may sign in, and for how long."""

    devices_per_licence: int = Field(description="Active devices for each licence.", examples=[2])
    access_token_seconds: int = Field(description="Seconds an access token lasts.", examples=[900])
    refresh_token_days: int = Field(description="Days a refresh token lasts.", examples=[30])
    days: int = Field(description="Days a sign-in lasts, however often it is refreshed.", examples=[180])
    wrong_passwords: int = Field(
        description="Wrong passwords after which a user or phone has to wait: `rate_limited`.", examples=[10]
    )
    wrong_passwords_in_account: int = Field(
        description="Of all who try an account and are not known to belong there.", examples=[200]
    )
    wrong_passwords_from_network: int = Field(
        description="From an address, or a network of 64 bits of the sixth version, for all accounts.",
        examples=[100],
    )
    wrong_passwords_seconds: int = Field(
        description="Seconds within which they are counted, and after which they are forgotten.",
        examples=[900],
    )
    shortest_password: int = Field(description="Characters of a new password at least.", examples=[12])
    longest_password: int = Field(description="Characters of a new password at most.", examples=[256])


class RetentionLimits(Answer):
    """For how long a phone may be away, and still go on where it was."""

    absent_days: int = Field(
        description="Days without a sign of a phone after which deletions and verdicts it has not heard of"
        " may be forgotten.",
        examples=[180],
    )


class DeskLimits(Answer):
    """How much a desk may ask for at once, and how long its keys are known."""

    max_rows: int = Field(description="Records in a page of a list.", examples=[500])
    max_page_bytes: int = Field(
        description="Bytes of records after which a page of a list ends.", examples=[2_000_000]
    )
    max_key_characters: int = Field(description="Characters of an `Idempotency-Key`.", examples=[255])
    key_hours: int = Field(description="Hours an `Idempotency-Key` is kept at least.", examples=[24])
    max_search_characters: int = Field(
        description="Characters of a `search` in the client list.", examples=[200]
    )
    max_search_words: int = Field(description="Words of one.", examples=[10])
    max_shortcuts: int = Field(description="Shortcuts of a user's own.", examples=[50])


class HubLimits(Answer):
    """How much a hub may be asked for at once, and how much is kept of it."""

    max_rows: int = Field(description="Records in a page, and moved on at once.", examples=[500])
    max_page_bytes: int = Field(description="Bytes of records after which a page ends.", examples=[2_000_000])
    max_columns: int = Field(description="Columns: `invalid_query`.", examples=[60])
    max_search_words: int = Field(description="Words of a search: `invalid_query`.", examples=[10])
    max_filter_depth: int = Field(description="Filters inside of filters: `invalid_query`.", examples=[10])
    max_filter_tests: int = Field(
        description="Tests of a filter, in all its groups: `invalid_query`.", examples=[100]
    )
    max_filter_groups: int = Field(
        description="Groups of a filter, one inside of another or not: `invalid_query`.", examples=[100]
    )
    max_filter_values: int = Field(description="Values of `in`: `invalid_query`.", examples=[500])
    max_days: int = Field(description="The `n` of days told by today: `invalid_query`.", examples=[3660])
    max_groups: int = Field(description="Values that are counted by; others are left out.", examples=[1000])
    seconds: float = Field(
        description="Within which records are found, of each page: `query_too_slow`.", examples=[5]
    )
    max_saved: int = Field(
        description="Filters of a user in a hub, and shared ones in it, and as many layouts: "
        "`saved_limit_reached`.",
        examples=[200],
    )
    max_saved_bytes: int = Field(
        description="Bytes of a filter that is saved, as JSON: `invalid_query`.", examples=[20_000]
    )


class ScheduleLimits(Answer):
    """How much of the schedule may be asked for at once, and what calendar feeds tell."""

    max_days: int = Field(description="Days: `range_too_long`.", examples=[62])
    max_calendars: int = Field(
        description="Users and resources together: `too_many_calendars`.", examples=[50]
    )
    max_entries: int = Field(description="Bookings: `schedule_too_large`.", examples=[5000])
    max_feeds: int = Field(description="Calendar feeds of a user: `too_many_calendar_feeds`.", examples=[5])
    feed_days_back: int = Field(description="Days before today that a feed tells.", examples=[30])
    feed_days_ahead: int = Field(description="Days behind today that a feed tells.", examples=[365])
    feed_entries: int = Field(description="Bookings a feed tells; of more the earliest.", examples=[2000])
    feed_reads_per_minute: int = Field(description="Of one feed: `rate_limited`.", examples=[20])
    feed_misses_per_minute: int = Field(
        description="Of feeds that are none, from a network: `rate_limited`.", examples=[60]
    )


class ImportLimits(Answer):
    """How large a file may be that is brought in, and how long it is kept."""

    max_bytes: int = Field(description="Bytes of a file: `too_large`.", examples=[20_000_000])
    seconds: int = Field(description="Seconds within which it must have arrived.", examples=[120])
    max_rows: int = Field(description="Rows, cards or events: `import_too_long`.", examples=[50_000])
    max_columns: int = Field(description="Columns: `import_too_long`.", examples=[200])
    max_cells: int = Field(description="Cells of a table: `import_too_long`.", examples=[1_500_000])
    max_characters: int = Field(
        description="Characters of all rows together: `import_too_long`.", examples=[50_000_000]
    )
    max_row_characters: int = Field(
        description="Characters of a row; one with more is an error by itself.", examples=[50_000]
    )
    max_bytes_unpacked: int = Field(
        description="Bytes of all parts of a workbook together: `import_too_long`.", examples=[150_000_000]
    )
    max_imports: int = Field(description="Imports a user keeps: `import_limit_reached`.", examples=[20])
    kept_days: int = Field(description="Days after which one is forgotten.", examples=[7])


class SeriesLimits(Answer):
    """How long a series of appointments may be."""

    max_occurrences: int = Field(description="Occurrences of one; those behind are not made.", examples=[200])
    max_years: int = Field(description="Years it may go on; what is behind is not made.", examples=[2])
    max_occurrences_together: int = Field(
        description="Occurrences made by one push or request: `too_many_occurrences`.", examples=[1_000]
    )


class CardLimits(Answer):
    """How much is charged to a card at once, and how often."""

    max_amount: int = Field(description="The most of one payment, in minor units.", examples=[999_999_999])
    max_bytes: int = Field(description="Bytes of a request: `too_large`.", examples=[8_000])
    reserved_minutes: int = Field(
        description="Minutes after which what nobody charges is let go.", examples=[30]
    )
    charges_per_minute: int = Field(
        description="Charges, voids, refunds, cards to be saved of one sign-in: `rate_limited`.",
        examples=[60],
    )


class PictureLimits(Answer):
    """How large and how many pictures may be, and how they are sent."""

    max_bytes: int = Field(description="Bytes of a file: `picture_too_large`.", examples=[100_000_000])
    max_pixels: int = Field(
        description="Pixels of a picture, width times height: refused as `too_many_pixels`.",
        examples=[120_000_000],
    )
    max_name_characters: int = Field(
        description="Characters of a file's name: `picture_name_refused`.", examples=[100]
    )
    max_pictures: int = Field(description="Pictures of a session: `too_many_pictures`.", examples=[20_000])
    max_uploads: int = Field(
        description="Files of an account on their way: `too_many_uploads`.", examples=[20_000]
    )
    max_parts: int = Field(
        description="Parts a file may come in, of 4 MiB at most each: refused as `too_many_parts`.",
        examples=[2_000],
    )
    max_groups: int = Field(description="Groups of a session: `too_many_picture_groups`.", examples=[200])
    max_ids: int = Field(description="Pictures that are changed at once.", examples=[5_000])
    max_account_bytes: int = Field(
        description="Bytes of all originals of an account: `picture_quota_exceeded`.",
        examples=[200_000_000_000],
    )
    upload_days: int = Field(description="Days for which an upload waits to be gone on with.", examples=[7])
    piece_seconds: int = Field(description="Seconds within which a piece must have arrived.", examples=[900])
    link_misses_per_minute: int = Field(
        description="Of links that are none, from a network: `rate_limited`.", examples=[60]
    )


class PortalLimits(Answer):
    """How clients come into their galleries, and how much they may do there."""

    misses_per_minute: int = Field(
        description="Of addresses that are none, from a network: `rate_limited`.", examples=[30]
    )
    writes_per_minute: int = Field(
        description="Forms a client who is signed in may send: `rate_limited`.", examples=[120]
    )
    reads_per_minute: int = Field(
        description="Pages one sign-in may ask for: `rate_limited`.", examples=[600]
    )
    max_form_bytes: int = Field(description="Bytes of a form.", examples=[256_000])
    sign_in_days: int = Field(description="Days a sign-in lasts.", examples=[7])
    default_password_tries: int = Field(
        description="How often a default password may be tried until it is void.", examples=[5]
    )
    default_password_hours: int = Field(description="Hours after which it is void.", examples=[24])
    choosing_minutes: int = Field(
        description="Minutes within which who came in by it chooses another.", examples=[30]
    )
    link_minutes: int = Field(
        description="Minutes for which a link to a new password is good, once it was sent.", examples=[60]
    )
    forgotten_per_hour: int = Field(
        description="How often a forgotten login is told from a network: `rate_limited`.", examples=[10]
    )
    letters_per_hour: int = Field(
        description="Letters about a client's forgotten login; of more none is written.", examples=[3]
    )
    max_groups: int = Field(description="Groups of a client's own.", examples=[30])
    max_cart_lines: int = Field(description="Lines of a cart: `cart_full`.", examples=[100])
    max_quantity: int = Field(description="Of one product in a line: `quantity_refused`.", examples=[999])
    orders_per_hour: int = Field(
        description="Orders a client may place; ten times that from a network: `rate_limited`.",
        examples=[30],
    )
    charges_per_quarter: int = Field(
        description="Cards a client may charge in 15 minutes; ten times that from a network: `rate_limited`.",
        examples=[10],
    )
    cart_days: int = Field(description="Days after which a cart nobody touches is forgotten.", examples=[90])


class TemplateLimits(Answer):
    """How many templates there may be, and how long letters may be."""

    max_templates: int = Field(description="Templates: `template_limit_reached`.", examples=[500])
    max_fields: int = Field(description="Fields in one part of a template: `too_many`.", examples=[300])
    max_tags: int = Field(description="Tags such as `[% if %]` in one part: `too_many`.", examples=[100])
    max_depth: int = Field(description="Conditions in one another: `too_deep`.", examples=[8])
    max_tag_characters: int = Field(description="Characters of a tag: `too_long`.", examples=[200])
    max_subject_characters: int = Field(description="Characters of a subject.", examples=[200])
    max_text_characters: int = Field(description="Characters of a template's text.", examples=[20_000])
    max_html_characters: int = Field(description="Characters of a template's HTML.", examples=[200_000])
    max_value_characters: int = Field(
        description="Characters of a field in a letter: longer ones are cut.", examples=[2_000]
    )
    max_letter_text_characters: int = Field(description="Characters of a letter's text.", examples=[50_000])
    max_letter_html_characters: int = Field(description="Characters of a letter's HTML.", examples=[200_000])
    max_message_characters: int = Field(description="Characters of a text message.", examples=[1_600])


class LetterLimits(Answer):
    """How large the files of letters may be, and how many there may be."""

    max_files: int = Field(description="Files: `letter_files_full`.", examples=[500])
    max_file_bytes: int = Field(description="Bytes of a file: `letter_file_too_large`.", examples=[3_000_000])
    max_bytes: int = Field(description="Bytes of all files: `letter_files_full`.", examples=[100_000_000])
    max_files_per_letter: int = Field(description="Files of a letter.", examples=[10])
    max_file_bytes_per_letter: int = Field(
        description="Bytes of a letter's files: `too_large`.", examples=[8_000_000]
    )


class WebhookLimits(Answer):
    """How many addresses are told of events, and with what patience."""

    max_webhooks: int = Field(description="Webhooks: `too_many_webhooks`.", examples=[20])
    max_types: int = Field(description="Kinds of events one asks for.", examples=[100])
    post_seconds: int = Field(description="Seconds within which a post must be answered.", examples=[15])
    tries: int = Field(description="Tries over three days, then an event has failed.", examples=[10])
    kept_days: int = Field(description="Days an event can be looked up and replayed.", examples=[30])


class LimitsAnswer(Answer):
    """Every limit a client can meet."""

    sync: SyncLimits = Field(description="Pages and pushes; the `limits` of the manifest.")
    body: BodyLimits = Field(description="The body of a request.")
    requests: RequestLimits = Field(description="How many requests.")
    live: LiveLimits = Field(description="Live streams and waits.")
    desk: DeskLimits = Field(description="Lists at a desk and requests sent again.")
    hubs: HubLimits = Field(description="Hubs, their filters and what is kept of them.")
    schedule: ScheduleLimits = Field(description="The schedule and calendar feeds.")
    imports: ImportLimits = Field(description="Files that are brought in.")
    series: SeriesLimits = Field(description="Series of appointments.")
    cards: CardLimits = Field(description="Cards that are charged.")
    pictures: PictureLimits = Field(description="Pictures of online galleries.")
    portal: PortalLimits = Field(description="Clients in their galleries.")
    letters: LetterLimits = Field(description="Files of letters.")
    templates: TemplateLimits = Field(description="Templates and letters made of them.")
    webhooks: WebhookLimits = Field(description="Addresses that are told of events.")
    retention: RetentionLimits = Field(description="What is remembered for phones that are away.")
    sign_in: SignInLimits = Field(description="Sign-ins, tokens and passwords.")
