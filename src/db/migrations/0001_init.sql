-- The first shape of the database: who there is, what is taught when, what happened in a live lesson, what was recorded.
-- Ids are ULIDs as text, times UTC milliseconds, booleans 0 or 1.

create table schools (
    id text primary key,
    name text not null,
    created_ms bigint not null,
    constraint schools_name unique (name)
);

create table accounts (
    id text primary key,
    -- What is typed to sign in; stored in NFC and lower case.
    name text not null,
    display_name text not null,
    role text not null,
    school text references schools (id),
    password_hash text not null,
    created_ms bigint not null,
    constraint accounts_name unique (name),
    constraint accounts_role check (role in ('administrator', 'master', 'assistant', 'pupil'))
);

-- A class in its room. The consent flag allows its sound to be written to disk.
create table classrooms (
    id text primary key,
    school text not null references schools (id),
    name text not null,
    assistant text references accounts (id),
    consent bigint not null default 0,
    created_ms bigint not null,
    constraint classrooms_name unique (school, name)
);

create table lessons (
    id text primary key,
    title text not null,
    subject text not null,
    master text not null references accounts (id),
    starts_ms bigint not null,
    ends_ms bigint not null,
    started_ms bigint,
    ended_ms bigint,
    state text not null default 'scheduled',
    recorded bigint not null,
    created_ms bigint not null,
    constraint lessons_state check (state in ('scheduled', 'live', 'ended')),
    constraint lessons_times check (ends_ms > starts_ms)
);
create index lessons_by_start on lessons (starts_ms);
create index lessons_by_state on lessons (state);

-- Who listens, and which assistant is paired with the master there.
create table lesson_classrooms (
    lesson text not null references lessons (id) on delete cascade,
    classroom text not null references classrooms (id),
    assistant text references accounts (id),
    place bigint not null,
    primary key (lesson, classroom)
);

-- Opaque tokens, SHA-256 as lower-case hex. A session has no lesson; a lesson token is bound to one lesson and seat.
create table tokens (
    hash text primary key,
    account text not null references accounts (id) on delete cascade,
    lesson text references lessons (id) on delete cascade,
    seat text,
    classroom text references classrooms (id) on delete cascade,
    created_ms bigint not null,
    expires_ms bigint not null
);
create index tokens_by_expiry on tokens (expires_ms);

-- What happened in a lesson, in order; replayed after a restart.
create table journal (
    lesson text not null references lessons (id) on delete cascade,
    n bigint not null,
    at_ms bigint not null,
    line text not null,
    primary key (lesson, n)
);

create table recordings (
    id text primary key,
    lesson text not null references lessons (id),
    started_ms bigint not null,
    duration_ms bigint not null default 0,
    state text not null default 'recording',
    -- Title, subject, master and schools in lower case, for the search of the library.
    search text not null,
    created_ms bigint not null,
    constraint recordings_state check (state in ('recording', 'ready', 'damaged'))
);
create index recordings_by_lesson on recordings (lesson);
create index recordings_by_start on recordings (started_ms);

create table settings (
    key text primary key,
    value text not null
);
