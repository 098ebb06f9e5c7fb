-- One Mailchimp account. Times are ISO 8601 text in UTC with whole seconds, so that text order is time order.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE lists (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    document TEXT NOT NULL                  -- what the API shows of the list itself, without stats and links
);

CREATE TABLE merge_fields (
    list_no INTEGER NOT NULL,
    merge_id INTEGER NOT NULL,
    tag TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (list_no, merge_id),
    UNIQUE (list_no, tag)
) WITHOUT ROWID;

CREATE TABLE interest_categories (
    no INTEGER PRIMARY KEY,
    list_no INTEGER NOT NULL,
    id TEXT NOT NULL,
    title TEXT NOT NULL,
    type TEXT NOT NULL,
    display_order INTEGER NOT NULL,
    UNIQUE (list_no, id)
);

CREATE TABLE interests (
    no INTEGER PRIMARY KEY,
    list_no INTEGER NOT NULL,
    category_id TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    display_order INTEGER NOT NULL,
    UNIQUE (list_no, id)
);

CREATE TABLE members (
    no INTEGER PRIMARY KEY,
    list_no INTEGER NOT NULL,
    id TEXT NOT NULL,                       -- MD5 of the lower-cased e-mail
    email_address TEXT NOT NULL,
    unique_email_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    web_id INTEGER NOT NULL,
    email_type TEXT NOT NULL,
    status TEXT NOT NULL,
    unsubscribe_reason TEXT NOT NULL,
    unsubscribed_by TEXT NOT NULL,          -- member, admin or nobody ('')
    unsubscribed_at TEXT NOT NULL,          -- '' where it is not
    merge_fields TEXT NOT NULL,             -- JSON, every merge field of the list
    interests TEXT NOT NULL,                -- JSON, every interest of the list
    stats TEXT NOT NULL,
    ip_signup TEXT NOT NULL,
    timestamp_signup TEXT NOT NULL,
    ip_opt TEXT NOT NULL,
    timestamp_opt TEXT NOT NULL,
    member_rating INTEGER NOT NULL,
    last_changed TEXT NOT NULL,
    language TEXT NOT NULL,
    vip INTEGER NOT NULL,
    email_client TEXT NOT NULL,
    location TEXT NOT NULL,
    source TEXT NOT NULL,
    UNIQUE (list_no, id)
);
CREATE INDEX members_by_change ON members (list_no, last_changed);
CREATE INDEX members_in_order ON members (list_no, no, status);
CREATE INDEX members_by_contact ON members (contact_id);

CREATE TABLE forgotten (
    list_no INTEGER NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (list_no, id)
) WITHOUT ROWID;

CREATE TABLE segments (
    id INTEGER PRIMARY KEY,
    list_no INTEGER NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,                     -- static (a tag), saved or fuzzy
    options TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (list_no, name)
);

CREATE TABLE segment_members (
    segment_id INTEGER NOT NULL,
    member_no INTEGER NOT NULL,
    added_at TEXT NOT NULL,
    PRIMARY KEY (segment_id, member_no)
) WITHOUT ROWID;
CREATE INDEX segments_of_member ON segment_members (member_no);

CREATE TABLE campaigns (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    list_no INTEGER NOT NULL,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    create_time TEXT NOT NULL,
    send_time TEXT NOT NULL,
    document TEXT NOT NULL
);

CREATE TABLE events (
    no INTEGER PRIMARY KEY,
    campaign_id TEXT NOT NULL,
    list_no INTEGER NOT NULL,
    email_id TEXT NOT NULL,
    action TEXT NOT NULL,                   -- sent, open, click, bounce, unsubscribe
    timestamp TEXT NOT NULL,
    url TEXT NOT NULL,
    type TEXT NOT NULL,                     -- hard or soft, of a bounce
    ip TEXT NOT NULL
);
CREATE INDEX events_of_campaign ON events (campaign_id, action, email_id);
CREATE INDEX events_of_member ON events (list_no, email_id, timestamp);

CREATE TABLE batches (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    submitted_at TEXT NOT NULL,
    completed_at TEXT NOT NULL,
    due REAL NOT NULL,                      -- seconds since 1970 of the machine's clock: batches take real time
    total INTEGER NOT NULL,
    errored INTEGER NOT NULL,
    base_url TEXT NOT NULL,
    operations TEXT NOT NULL
);

CREATE TABLE batch_results (
    batch_no INTEGER NOT NULL,
    position INTEGER NOT NULL,
    result TEXT NOT NULL,
    PRIMARY KEY (batch_no, position)
) WITHOUT ROWID;
