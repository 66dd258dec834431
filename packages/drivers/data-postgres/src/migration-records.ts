import { DriverError } from '@islet/driver';
import type { Migration, RecordedMigration } from '@islet/driver/migrations';
import type { Client } from 'pg';
import { quoteName } from './names.ts';

/** Which migrations a database holds, kept in it: in the schema that the role would make a table in. */
export class MigrationRecords {
  readonly #client: Client;
  /** Named whole, since a migration may change the search path. */
  readonly #table: string;

  private constructor(client: Client, table: string) {
    this.#client = client;
    this.#table = table;
  }

  static async open(client: Client): Promise<MigrationRecords> {
    const { rows } = await client.query<{ schema: string | null }>('SELECT current_schema() AS schema');
    const schema = rows[0]?.schema;
    if (!schema) {
      throw new DriverError('refused', 'the database has no schema to keep islet_migrations in', {
        hint: 'make the schema that the search_path of this role names',
      });
    }
    return new MigrationRecords(client, `${quoteName(schema)}.islet_migrations`);
  }

  async make(): Promise<void> {
    await this.#client.query(
      `CREATE TABLE IF NOT EXISTS ${this.#table}
         (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
  }

  /** None where there is no table yet. */
  async list(): Promise<readonly RecordedMigration[]> {
    const { rows: found } = await this.#client.query<{ there: boolean }>(
      'SELECT to_regclass($1) IS NOT NULL AS there',
      [this.#table],
    );
    if (found[0]?.there !== true) return [];
    const { rows } = await this.#client.query<{ name: string; checksum: string; applied_at: Date }>(
      `SELECT name, checksum, applied_at FROM ${this.#table}`,
    );
    return rows.map((row) => ({ name: row.name, checksum: row.checksum, appliedAt: row.applied_at.toISOString() }));
  }

  async add({ name, checksum }: Migration): Promise<void> {
    await this.#client.query(`INSERT INTO ${this.#table} (name, checksum) VALUES ($1, $2)`, [name, checksum]);
  }
}
