-- Instants are nanoseconds since 1970; ids are 16 bytes.
-- What is called sealed is encrypted under its person's key in the vault: erasing the person erases it, in backups too.
create table credential (
    person blob primary key,
    login blob not null unique, -- keyed digest of the log-in name, to find it by
    sealed_login blob not null,
    sealed_hash blob not null, -- of the password
    password_changed_at integer not null,
    must_change integer not null,
    sealed_totp blob,
    last_totp_step integer
) strict, without rowid;

-- Failed sign-ins, also of names nobody has: kept under a pseudonym, for what is typed there may be a password.
create table attempt (
    login blob primary key,
    failures integer not null,
    last_at integer not null
) strict, without rowid;

create table session (
    token blob primary key, -- SM3 of the token, which is never stored
    person blob not null,
    chosen_role text,
    chosen_organisation text,
    must_change integer not null,
    created_at integer not null,
    last_seen_at integer not null,
    reauthenticated_at integer not null
) strict, without rowid;
create index session_of_person on session (person);

create table draft (
    owner blob not null,
    form text not null,
    sealed_content blob not null,
    updated_at integer not null,
    primary key (owner, form)
) strict, without rowid;

create table outbox (
    key text primary key,
    channel text not null,
    recipient blob not null,
    sealed_content blob not null, -- title and body
    attempts integer not null default 0,
    due_at integer not null,
    last_error text,
    delivered_at integer
) strict, without rowid;
create index outbox_due on outbox (due_at) where delivered_at is null;

create table inbox (
    person blob not null,
    key text not null,
    sealed_content blob not null, -- title, body and link
    at integer not null,
    read_at integer,
    primary key (person, key)
) strict, without rowid;
create index inbox_by_time on inbox (person, at);

create table job (
    id blob primary key,
    owner blob not null,
    organisation text not null,
    kind text not null,
    title text not null,
    input text not null,
    state text not null check (state in ('waiting', 'running', 'done', 'failed', 'cancelled')),
    worker text,
    lease_until integer,
    done integer not null default 0,
    total integer not null default 0,
    message text not null default '',
    cancel integer not null default 0,
    created_at integer not null,
    finished_at integer
) strict, without rowid;
create index job_of_organisation on job (organisation, kind, created_at);
create index job_to_do on job (created_at) where state in ('waiting', 'running');

-- Links by which somebody without an account reads the outcome of a job.
create table share (
    token blob primary key, -- SM3 of the token, which is never stored
    job blob not null,
    label text not null,
    created_at integer not null,
    until integer not null
) strict, without rowid;
create index share_of_job on share (job, created_at);

-- What a virus scanner said of a kept file, as its words in JSON.
create table scan (
    file blob primary key, -- its digest
    verdict text not null,
    at integer not null
) strict, without rowid;

pragma user_version = 4;
