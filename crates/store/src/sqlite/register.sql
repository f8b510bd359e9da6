-- Any change here raises the layout's version: an older register is then made anew.
CREATE TABLE progress (id INTEGER PRIMARY KEY CHECK (id = 1), cursor INTEGER NOT NULL, clean INTEGER NOT NULL) STRICT;
INSERT INTO progress VALUES (1, 0, 1);
CREATE TABLE name (
    kind INTEGER NOT NULL, no INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (kind, no)
) STRICT, WITHOUT ROWID;
CREATE TABLE movement (
    seq INTEGER PRIMARY KEY, day INTEGER NOT NULL, kind INTEGER NOT NULL, mode INTEGER NOT NULL, site INTEGER NOT NULL,
    item INTEGER NOT NULL, batch INTEGER NOT NULL, amount INTEGER NOT NULL, peer INTEGER, dispatch INTEGER,
    breaches INTEGER NOT NULL
) STRICT;
CREATE TABLE movement_by_site (
    month INTEGER NOT NULL, site INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (month, site, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE movement_by_batch (
    month INTEGER NOT NULL, batch INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (month, batch, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE command (
    id BLOB PRIMARY KEY NOT NULL, seq INTEGER NOT NULL, count INTEGER NOT NULL, hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE entry (
    seq INTEGER PRIMARY KEY, recorded_at INTEGER NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL,
    subject TEXT NOT NULL
) STRICT;
CREATE INDEX entry_by_subject ON entry (subject, seq);
CREATE INDEX entry_by_kind ON entry (kind, seq);
CREATE INDEX entry_by_person ON entry (substr(actor, instr(actor, ':') + 1), seq);
CREATE TABLE refusal (
    seq INTEGER PRIMARY KEY, recorded_on INTEGER NOT NULL, code TEXT NOT NULL, command TEXT NOT NULL,
    actor TEXT NOT NULL
) STRICT;
CREATE INDEX refusal_by_day ON refusal (recorded_on, code);
CREATE INDEX refusal_by_actor ON refusal (actor, seq);
CREATE VIEW movement_named AS
SELECT
    m.seq, date(m.day * 86400, 'unixepoch') AS occurred_on, kind.text AS kind, mode.text AS mode, site.text AS site,
    item.text AS item, batch.text AS batch, m.amount, peer.text AS peer, m.dispatch AS dispatch_seq, m.breaches
FROM movement m
LEFT JOIN name site ON site.kind = 0 AND site.no = m.site
LEFT JOIN name item ON item.kind = 1 AND item.no = m.item
LEFT JOIN name batch ON batch.kind = 2 AND batch.no = m.batch
LEFT JOIN name kind ON kind.kind = 3 AND kind.no = m.kind
LEFT JOIN name mode ON mode.kind = 4 AND mode.no = m.mode
LEFT JOIN name peer ON peer.kind = 0 AND peer.no = m.peer;
CREATE VIEW entry_dated AS
SELECT seq, strftime('%Y-%m-%dT%H:%M:%fZ', recorded_at / 1e6, 'unixepoch') AS recorded_at, kind, actor, subject
FROM entry;
CREATE VIEW refusal_dated AS
SELECT seq, date(recorded_on * 86400, 'unixepoch') AS recorded_on, code, command, actor FROM refusal;
