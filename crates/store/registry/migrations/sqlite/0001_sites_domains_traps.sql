-- Times are whole microseconds since 1970-01-01T00:00:00Z. Names are stored in lower case.

CREATE TABLE sites (
    -- AUTOINCREMENT: a number is never given twice, since addresses seal it for ever.
    id             INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id BETWEEN 1 AND 1048575),
    slug           TEXT NOT NULL UNIQUE,
    owner          TEXT,
    key_generation INTEGER NOT NULL DEFAULT 0 CHECK (key_generation BETWEEN 0 AND 65535),
    created_us     INTEGER NOT NULL
) STRICT;

CREATE TABLE site_hosts (
    host TEXT PRIMARY KEY,
    site INTEGER NOT NULL REFERENCES sites (id),
    -- The order in which they were given.
    place INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX site_hosts_by_site ON site_hosts (site, place);

CREATE TABLE domains (
    name     TEXT PRIMARY KEY,
    note     TEXT,
    created_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE static_traps (
    address  TEXT PRIMARY KEY,
    domain   TEXT NOT NULL REFERENCES domains (name),
    note     TEXT,
    created_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Changes with every change of the above, whoever makes it: a server reads this one number to know whether it must
-- read the rest again.
CREATE TABLE revision (
    only   INTEGER PRIMARY KEY CHECK (only = 1),
    number INTEGER NOT NULL
) STRICT;
INSERT INTO revision VALUES (1, 0);

CREATE TRIGGER sites_inserted AFTER INSERT ON sites BEGIN UPDATE revision SET number = number + 1; END;
CREATE TRIGGER sites_updated AFTER UPDATE ON sites BEGIN UPDATE revision SET number = number + 1; END;
CREATE TRIGGER sites_deleted AFTER DELETE ON sites BEGIN UPDATE revision SET number = number + 1; END;
CREATE TRIGGER site_hosts_inserted AFTER INSERT ON site_hosts BEGIN UPDATE revision SET number = number + 1; END;
CREATE TRIGGER site_hosts_updated AFTER UPDATE ON site_hosts BEGIN UPDATE revision SET number = number + 1; END;
CREATE TRIGGER site_hosts_deleted AFTER DELETE ON site_hosts BEGIN UPDATE revision SET number = number + 1; END;
CREATE TRIGGER domains_inserted AFTER INSERT ON domains BEGIN UPDATE revision SET number = number + 1; END;
CREATE TRIGGER domains_updated AFTER UPDATE ON domains BEGIN UPDATE revision SET number = number + 1; END;
CREATE TRIGGER domains_deleted AFTER DELETE ON domains BEGIN UPDATE revision SET number = number + 1; END;
CREATE TRIGGER static_traps_inserted AFTER INSERT ON static_traps BEGIN UPDATE revision SET number = number + 1; END;
CREATE TRIGGER static_traps_updated AFTER UPDATE ON static_traps BEGIN UPDATE revision SET number = number + 1; END;
CREATE TRIGGER static_traps_deleted AFTER DELETE ON static_traps BEGIN UPDATE revision SET number = number + 1; END;
