-- The dual-teacher classroom: class lists, paired screens, slides and clips with their uploads, observers and their marks.
-- Accounts may be observers now (researchers, principals). The check on an account's role is part of its table, so the
-- table is made anew; whoever migrates has foreign keys off meanwhile and checks them before the commit.

create table accounts_with_observers (
    id text primary key,
    -- What is typed to sign in; stored in NFC and lower case.
    name text not null,
    display_name text not null,
    role text not null,
    school text references schools (id),
    password_hash text not null,
    created_ms bigint not null,
    constraint accounts_name unique (name),
    constraint accounts_role check (role in ('administrator', 'master', 'assistant', 'pupil', 'observer'))
);
insert into accounts_with_observers (id, name, display_name, role, school, password_hash, created_ms)
    select id, name, display_name, role, school, password_hash, created_ms from accounts;
drop table accounts;
alter table accounts_with_observers rename to accounts;

-- A class list is read and replaced as a whole: JSON [{"number": 1, "name": "…", "group": null}, …].
alter table classrooms add column seats text not null default '[]';
-- The class list as it was when the lesson began, so that its report stays what it was; null until then.
alter table lesson_classrooms add column seats text;
-- How many classrooms may talk at once.
alter table lessons add column floor_limit bigint not null default 3;

-- A classroom's screen that was confirmed by its school's staff. It may sit at that classroom's place and nowhere else.
create table devices (
    id text primary key,
    classroom text not null references classrooms (id) on delete cascade,
    name text not null,
    -- SHA-256 as lower-case hex, like that of other tokens.
    token_hash text not null,
    paired_by text not null references accounts (id),
    paired_ms bigint not null,
    last_seen_ms bigint,
    constraint devices_token unique (token_hash)
);
create index devices_by_classroom on devices (classroom);

-- The files are decks/ID.pdf and clips/ID.mp4 below the data folder.
create table decks (
    id text primary key,
    lesson text not null references lessons (id) on delete cascade,
    title text not null,
    pages bigint not null,
    bytes bigint not null,
    created_ms bigint not null
);
create index decks_by_lesson on decks (lesson);

create table clips (
    id text primary key,
    lesson text not null references lessons (id) on delete cascade,
    duration_ms bigint not null,
    bytes bigint not null,
    created_ms bigint not null
);
create index clips_by_lesson on clips (lesson);

-- What is being uploaded: uploads/ID below the data folder holds the first `received` bytes.
create table uploads (
    id text primary key,
    lesson text not null references lessons (id) on delete cascade,
    account text not null references accounts (id) on delete cascade,
    kind text not null,
    name text not null,
    bytes bigint not null,
    received bigint not null default 0,
    state text not null default 'open',
    -- Why it was refused: a stable code and words that are safe to show.
    code text,
    message text,
    created_ms bigint not null,
    touched_ms bigint not null,
    constraint uploads_kind check (kind in ('deck', 'clip')),
    constraint uploads_state check (state in ('open', 'checking', 'ready', 'refused'))
);
create index uploads_by_account on uploads (account);
create index uploads_by_touch on uploads (touched_ms);

-- What an observer noted: scores and notes as JSON, read and replaced as a whole.
create table observations (
    lesson text not null references lessons (id) on delete cascade,
    account text not null references accounts (id) on delete cascade,
    scores text not null,
    notes text not null,
    released bigint not null default 0,
    updated_ms bigint not null,
    primary key (lesson, account)
);
