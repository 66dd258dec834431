import { DriverError } from '@islet/driver';
import { type Client, DatabaseError } from 'pg';
import { quoteName } from './names.ts';

export type Settings = Readonly<Record<string, string>>;

/**
 * A service's own settings, kept by the server itself (`ALTER SYSTEM`), which says what it accepts. They hold from the next
 * statement on, and no connection is lost: so one that a server reads only at its start is refused, and so is one that
 * Islet gives on the command line, where it would be without effect.
 */
export async function applySettings(client: Client, before: Settings, after: Settings): Promise<void> {
  await refuseOthers(client, Object.keys(after));
  for (const name of Object.keys(before)) {
    if (!(name in after)) await client.query(`ALTER SYSTEM RESET ${quoteName(name)}`);
  }
  for (const [name, value] of Object.entries(after)) await set(client, name, value);
  await client.query('SELECT pg_reload_conf()');
}

async function refuseOthers(client: Client, names: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ name: string; context: string; source: string }>(
    'SELECT name, context, source FROM pg_settings WHERE name = ANY($1)',
    [names],
  );
  for (const name of names) {
    const known = rows.find((row) => row.name === name);
    if (known === undefined) throw refuse(name, 'is no setting of this server', 'see pg_settings for those that are');
    if (known.source === 'command line') throw refuse(name, "is Islet's own to set", 'remove it');
    if (known.context === 'postmaster' || known.context === 'internal') {
      throw refuse(name, 'is read only when a server starts, which would break every connection', 'remove it');
    }
  }
}

async function set(client: Client, name: string, value: string): Promise<void> {
  try {
    await client.query(`ALTER SYSTEM SET ${quoteName(name)} = '${value.replaceAll("'", "''")}'`);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    throw refuse(name, `can't be ${value}: ${error.message}`, error.hint ?? 'see pg_settings for its unit and range');
  }
}

function refuse(name: string, what: string, hint: string): DriverError {
  return new DriverError('refused', `database.settings.${name} ${what}`, { hint });
}
