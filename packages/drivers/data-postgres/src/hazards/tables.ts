import type { RangeVar } from 'libpg-query';
import type { Client } from 'pg';
import { LIMITS } from '../options.ts';

/** What the catalog says of the tables that a migration names, and all that a rule may ask. */
export interface Catalog {
  /** Undefined: it is not there yet, so it is empty when the migration has made it. */
  table(name: RangeVar): TableFacts | undefined;
  /** A function whose result differs from row to row. */
  isVolatile(name: string): boolean;
}

export interface TableFacts {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'partitioned table' | 'materialized view';
  /** Of its rows, without indexes; of all partitions. */
  readonly bytes: number;
  readonly columns: Readonly<Record<string, ColumnFacts>>;
  /** Names and definitions of its CHECK constraints that hold for every row. */
  readonly checks: Readonly<Record<string, string>>;
}

export interface ColumnFacts {
  /** `character varying(20)`. */
  readonly type: string;
  readonly notNull: boolean;
}

/** Small enough that a scan or a rewrite of it is over before anyone has waited. */
export function isSmall({ bytes }: TableFacts): boolean {
  return bytes <= LIMITS.smallTableBytes;
}

export async function readCatalog(client: Client, names: readonly string[]): Promise<Catalog> {
  const [tables, functions] = [
    await client.query<TableRow>(TABLES, [names]),
    await client.query<{ name: string }>(`SELECT DISTINCT proname AS name FROM pg_proc WHERE provolatile = 'v'`),
  ];
  const volatile = new Set(functions.rows.map(({ name }) => name));
  return {
    table: ({ schemaname, relname }) =>
      tables.rows
        .filter(({ name, schema, visible }) => name === relname && (schemaname ? schema === schemaname : visible))
        .map(({ bytes, kind, ...row }) => ({ ...row, bytes: Number(bytes), kind: KINDS[kind] }))[0],
    isVolatile: (name) => volatile.has(name),
  };
}

interface TableRow extends Omit<TableFacts, 'bytes' | 'kind'> {
  readonly bytes: string;
  readonly kind: keyof typeof KINDS;
  readonly visible: boolean;
}

const KINDS = { r: 'table', p: 'partitioned table', m: 'materialized view' } as const;

const TABLES = `
  SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind, pg_table_is_visible(c.oid) AS visible,
    CASE c.relkind
      WHEN 'p' THEN (SELECT coalesce(sum(pg_relation_size(relid)), 0) FROM pg_partition_tree(c.oid))
      ELSE pg_relation_size(c.oid)
    END AS bytes,
    coalesce((SELECT jsonb_object_agg(attname,
        jsonb_build_object('type', format_type(atttypid, atttypmod), 'notNull', attnotnull))
      FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped), '{}') AS columns,
    coalesce((SELECT jsonb_object_agg(conname, pg_get_constraintdef(oid))
      FROM pg_constraint WHERE conrelid = c.oid AND contype = 'c' AND convalidated), '{}') AS checks
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'm') AND c.relname = ANY($1)`;
