/**
 * The name of a service's database and role: what SQL takes without quotes. PostgreSQL keeps some names for itself, and
 * `islet` is the superuser's.
 */
export function storeName(service: string): string {
  const name = service.toLowerCase().replaceAll('-', '_');
  return RESERVED.has(name) || name.startsWith('pg_') ? `svc_${name}` : name;
}

export const SUPERUSER = 'islet';

const RESERVED: ReadonlySet<string> = new Set([
  SUPERUSER,
  'postgres',
  'template0',
  'template1',
  'public',
  'none',
  'user',
  'current_role',
  'current_user',
  'session_user',
]);

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
