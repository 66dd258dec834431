import { DriverError, type StoreConnection } from '@islet/driver';

/** Ports that a URL of this scheme means when it names none. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  'postgres:': 5432,
  'postgresql:': 5432,
  'mysql:': 3306,
  'mariadb:': 3306,
  'redis:': 6379,
  'rediss:': 6379,
  'mongodb:': 27_017,
  'amqp:': 5672,
};

/** The parts of an outside server's URL. It is a secret: an error says what is wrong with it, and quotes nothing. */
export function parseStoreUrl(service: string, url: string | undefined): StoreConnection {
  if (url === undefined) throw refuse(service, 'is missing', 'give the secret a value: islet secret set');
  if (!URL.canParse(url)) throw refuse(service, 'is no URL', 'write scheme://user:password@host:port/name');
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  if (!hostname) throw refuse(service, 'names no host', 'write scheme://user:password@host:port/name');
  const number = port ? Number(port) : DEFAULT_PORTS[protocol];
  if (!number) throw refuse(service, 'names no port', 'write scheme://user:password@host:port/name');
  return {
    url,
    // An IPv6 address stands in brackets in a URL, and nowhere else.
    host: hostname.replace(/^\[|\]$/g, ''),
    port: number,
    user: decode(service, username),
    password: decode(service, password),
    name: decode(service, pathname.slice(1)),
    path: undefined,
  };
}

function decode(service: string, part: string): string | undefined {
  try {
    return part === '' ? undefined : decodeURIComponent(part);
  } catch {
    throw refuse(service, 'has a % that begins no escape', 'write a literal % as %25');
  }
}

function refuse(service: string, what: string, hint: string): DriverError {
  return new DriverError('refused', `the URL of the outside store of ${service} ${what}`, { hint });
}
