"""The database's tables, as steps that are added to and never changed.

All times are Unix milliseconds. ``PRAGMA user_version`` is the number of steps that a file has seen.
"""

from __future__ import annotations

# history.source is the file's path, or '' for typed text, which then stands in history.input; output is JSON.
# tags.by is 'model' or 'person'. texts.rowid is files.id; texts keeps the words' index and not the texts.
# FTS5's own secure-delete needs the deleted text, which texts does not keep: Database.compact removes what is left.
_FIRST = """
CREATE TABLE history (
  id INTEGER PRIMARY KEY, made_at INTEGER NOT NULL, task TEXT NOT NULL, source TEXT NOT NULL, input TEXT,
  output TEXT NOT NULL, model TEXT NOT NULL);
CREATE TABLE files (
  id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, volume TEXT NOT NULL, inode TEXT NOT NULL,
  size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, content_hash BLOB NOT NULL, text_hash BLOB, language TEXT,
  label_set TEXT, label TEXT, confidence REAL, status TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
  seen_at INTEGER NOT NULL);
CREATE INDEX files_identity ON files (volume, inode);
CREATE INDEX files_content ON files (content_hash);
CREATE INDEX files_status ON files (status);
CREATE TABLE vectors (
  file_id INTEGER PRIMARY KEY REFERENCES files ON DELETE CASCADE, space TEXT NOT NULL, vector BLOB NOT NULL);
CREATE TABLE sketches (
  id INTEGER PRIMARY KEY AUTOINCREMENT, file_id INTEGER NOT NULL UNIQUE REFERENCES files ON DELETE CASCADE,
  space TEXT NOT NULL, sketch BLOB NOT NULL);
CREATE INDEX sketches_space ON sketches (space);
CREATE TABLE tags (
  file_id INTEGER NOT NULL REFERENCES files ON DELETE CASCADE, label TEXT NOT NULL, by TEXT NOT NULL,
  tagged_at INTEGER NOT NULL, PRIMARY KEY (file_id, label)) WITHOUT ROWID;
CREATE TABLE corrections (
  id INTEGER PRIMARY KEY, file_id INTEGER REFERENCES files ON DELETE CASCADE, label_set TEXT NOT NULL,
  label TEXT NOT NULL, instead_of TEXT, made_at INTEGER NOT NULL);
CREATE INDEX corrections_file ON corrections (file_id);
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, path TEXT NOT NULL, state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, not_before INTEGER NOT NULL DEFAULT 0, added_at INTEGER NOT NULL,
  error TEXT, UNIQUE (kind, path));
CREATE TABLE actions (
  id INTEGER PRIMARY KEY, done_at INTEGER NOT NULL, kind TEXT NOT NULL, path TEXT NOT NULL, before TEXT,
  after TEXT, state TEXT NOT NULL);
CREATE TABLE receipts (
  id INTEGER PRIMARY KEY, made_at INTEGER NOT NULL, task TEXT NOT NULL, asked_by TEXT NOT NULL,
  outcome TEXT NOT NULL, input_length INTEGER NOT NULL, input_hash BLOB NOT NULL, model TEXT NOT NULL,
  adapter TEXT NOT NULL, tokens_read INTEGER NOT NULL, tokens_written INTEGER NOT NULL,
  cpu_seconds REAL NOT NULL, seconds REAL NOT NULL, blocked INTEGER NOT NULL);
CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE texts USING fts5(
  body, tags, content='', contentless_delete=1, detail=full, tokenize="unicode61 remove_diacritics 2");
"""

MIGRATIONS: tuple[str, ...] = (_FIRST,)
"""SQL scripts in the order of their numbers, the first of which is 1."""
