//! Rows that break what their tables promise, where no page shows it.

use crate::{
    case::{Case, Truth, prepare, refused},
    hosts::Hosts,
    source::Source,
    support::Prepared,
};
use contract::pods::CheckName::Constraints;

/// A host on which `statements` ran in its database one after the other, captured while it runs.
fn after(statements: &[&str]) -> Prepared {
    let source = Source::new();
    for statement in statements {
        source.run("app", statement);
    }
    prepare(source.capture())
}

fn broken(name: &'static str, text: &'static str, prepared: fn(&Hosts) -> Prepared) -> Case {
    refused(name, Constraints, text, prepared)
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    vec![
        broken("a row that another excludes", "app.public.booking booking_during_excl", |_| {
            after(&[
                BOOKINGS,
                "UPDATE pg_class SET relhasindex = false WHERE relname = 'booking'",
                "INSERT INTO booking SELECT 7, during FROM booking WHERE room = 5",
                "UPDATE pg_class SET relhasindex = true WHERE relname = 'booking'",
            ])
        }),
        broken("a row in a partition it does not belong to", "app.public.p1 partition", |_| {
            after(&[
                PARTITIONS,
                "UPDATE pg_class SET relispartition = false WHERE relname = 'p1'",
                "INSERT INTO p1 VALUES (777, 'stray')",
                "UPDATE pg_class SET relispartition = true WHERE relname = 'p1'",
            ])
        }),
        broken("a row whose parent is gone", "app.public.child child_id_fkey", |_| {
            after(&[
                "CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent SELECT generate_series(1, 300);
                 CREATE TABLE child (id int REFERENCES parent); INSERT INTO child SELECT generate_series(1, 300)",
                "SET session_replication_role = replica; DELETE FROM parent WHERE id = 50",
            ])
        }),
        broken("a row without a value that has to be there", "app.public.accounts not null", |_| {
            let allow = "UPDATE pg_attribute SET attnotnull = false
                         WHERE attrelid = 'accounts'::regclass AND attname = 'owner'";
            after(&[
                allow,
                "INSERT INTO accounts VALUES (90000, NULL, 1)",
                &allow.replace("= false", "= true"),
            ])
        }),
        broken("a row that a condition does not allow", "app.public.c c_n_check", |_| {
            after(&[
                "CREATE TABLE c (n int CHECK (n > 0)); INSERT INTO c SELECT generate_series(1, 100)",
                "UPDATE pg_class SET relchecks = 0 WHERE relname = 'c'",
                "INSERT INTO c VALUES (-5)",
                "UPDATE pg_class SET relchecks = 1 WHERE relname = 'c'",
            ])
        }),
        Case {
            name: "rows that keep what their tables promise",
            truth: Truth::Sound(&[]),
            prepared: |_| {
                after(&[
                    BOOKINGS,
                    PARTITIONS,
                    "CREATE TABLE other (at timestamptz, \"odd \"\"key\" text, EXCLUDE USING hash (\"odd \"\"key\" WITH =));
                     INSERT INTO other VALUES (now(), 'a'), (now(), 'b'), (now(), NULL), (now(), NULL);
                     CREATE TABLE days (at timestamptz, t text) PARTITION BY RANGE (at);
                     CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM (MINVALUE) TO ('2026-01-01 00:00+05');
                     CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('2026-01-01 00:00+05') TO (MAXVALUE)
                         PARTITION BY LIST (t);
                     CREATE TABLE days_2_a PARTITION OF days_2 FOR VALUES IN ('a', NULL);
                     CREATE TABLE days_2_b PARTITION OF days_2 DEFAULT;
                     INSERT INTO days SELECT '2025-12-20 00:00+00'::timestamptz + n * interval '1 h', (ARRAY['a', 'b', NULL])[n % 3 + 1]
                         FROM generate_series(1, 500) n;
                     CREATE TABLE hashed (n int) PARTITION BY HASH (n);
                     CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
                     CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
                     INSERT INTO hashed SELECT generate_series(1, 500)",
                ])
            },
        },
    ]
}

const BOOKINGS: &str = "
    CREATE TABLE booking (room int, during tsrange, EXCLUDE USING gist (during WITH &&));
    INSERT INTO booking SELECT n, tsrange('epoch'::timestamp + n * interval '1 h', 'epoch'::timestamp + (n + 1) * interval '1 h')
        FROM generate_series(1, 500) n";

const PARTITIONS: &str = "
    CREATE TABLE p (n int, t text) PARTITION BY RANGE (n); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (500);
    CREATE TABLE p2 PARTITION OF p DEFAULT; INSERT INTO p SELECT n, md5(n::text) FROM generate_series(1, 1000) n";
