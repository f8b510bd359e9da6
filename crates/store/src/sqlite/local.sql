CREATE TABLE person (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT, language TEXT
) STRICT;
CREATE TABLE enrolment (
    person TEXT PRIMARY KEY, token_hash BLOB NOT NULL UNIQUE, code_hash BLOB, renews_all INTEGER NOT NULL,
    proposal INTEGER, open INTEGER NOT NULL, failures INTEGER NOT NULL, expires_at INTEGER NOT NULL
) STRICT;
CREATE TABLE credential (
    person TEXT PRIMARY KEY, password TEXT NOT NULL, secret BLOB NOT NULL, last_step INTEGER NOT NULL,
    failures INTEGER NOT NULL, locked_until INTEGER NOT NULL
) STRICT;
CREATE TABLE session (
    token_hash BLOB PRIMARY KEY, person TEXT NOT NULL, actor TEXT NOT NULL, bearer INTEGER NOT NULL,
    made_at INTEGER NOT NULL, seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_person ON session (person);
CREATE TABLE api_key (
    id TEXT PRIMARY KEY, key_hash BLOB NOT NULL UNIQUE, actor TEXT NOT NULL, label TEXT NOT NULL,
    made_by TEXT NOT NULL, made_at INTEGER NOT NULL, used_at INTEGER, ended_at INTEGER
) STRICT;
CREATE INDEX api_key_by_actor ON api_key (actor);
CREATE TABLE viewed (
    no INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, subject TEXT NOT NULL
) STRICT;
CREATE INDEX viewed_by_subject ON viewed (subject, no);
CREATE TABLE notice (
    no INTEGER PRIMARY KEY, at INTEGER NOT NULL, person TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL,
    tries INTEGER NOT NULL, again_at INTEGER NOT NULL, sent_at INTEGER
) STRICT;
CREATE INDEX notice_waiting ON notice (again_at) WHERE sent_at IS NULL;
CREATE TABLE evidence (
    hash BLOB PRIMARY KEY, bytes BLOB NOT NULL, person TEXT NOT NULL, kept_at INTEGER NOT NULL
) STRICT;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
