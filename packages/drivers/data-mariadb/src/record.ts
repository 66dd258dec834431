import { randomBytes } from 'node:crypto';

/** How a service's server is reached, and by whom. Kept from before the first effect until the purge. */
export interface MariadbRecord extends Login {
  readonly service: string;
  /** Of the data: a store that was made anew, or restored, has another. */
  readonly id: string;
  /** The service's database. */
  readonly name: string;
  /** What `rotate` replaced, and still lets in. */
  readonly replaced?: Login & { readonly at: number };
  /** Of Islet's own user, and of the one that only looks. */
  readonly adminPassword: string;
  /** What the service says beside `SETTINGS`, as it holds now. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where it was last started; undefined: never. */
  readonly port: number | undefined;
  /** A restore has begun and not ended: what is there can't be used, only purged. */
  readonly incomplete?: true;
}

export interface Login {
  readonly login: string;
  readonly password: string;
}

export type Started = MariadbRecord & { readonly port: number };

export function isStarted(record: MariadbRecord | undefined): record is Started {
  return record?.port !== undefined;
}

export function newRecord(service: string): MariadbRecord {
  const name = storeName(service);
  const passwords = { password: newPassword(), adminPassword: newPassword() };
  return { service, id: randomBytes(8).toString('hex'), name, login: name, ...passwords, port: undefined };
}

export function newPassword(): string {
  return randomBytes(32).toString('hex');
}

/** Two logins of one service take turns. */
export function otherLogin({ name, login }: MariadbRecord): string {
  return login === name ? `${name}_b` : name;
}

/** What SQL takes without quotes, and is neither the server's nor Islet's. */
function storeName(service: string): string {
  const name = service.toLowerCase().replaceAll('-', '_');
  return RESERVED.test(name) ? `svc_${name}` : name;
}

const RESERVED = /^(islet(_reader)?|root|mysql|mariadb|sys|performance_schema|information_schema|public)$/;
