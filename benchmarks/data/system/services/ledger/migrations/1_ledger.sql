CREATE TABLE ledger (lane int NOT NULL, id bigint NOT NULL, sum bigint NOT NULL, PRIMARY KEY (lane, id));
CREATE TABLE ballast (id bigint PRIMARY KEY, bytes bytea NOT NULL);
