-- An index in an order of its own.
CREATE COLLATION ours (provider = icu, locale = 'en-u-kf-upper');
CREATE TABLE words AS SELECT chr(65 + n % 26) || n AS word FROM generate_series(1, 500) n;
INSERT INTO words SELECT lower(word) FROM words;
CREATE INDEX ON words (word COLLATE ours);
