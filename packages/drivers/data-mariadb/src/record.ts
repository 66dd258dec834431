import { randomBytes } from 'node:crypto';
import { newPassword, type Series, type ServerRecord, type Started } from '@islet/driver/server';

/** How a service's server is reached, and by whom. */
export interface MariadbRecord extends ServerRecord, Login {
  /** Of the data: a store that was made anew, or restored, has another. */
  readonly id: string;
  /** The service's database. */
  readonly name: string;
  /** What `rotate` replaced, and still lets in. */
  readonly replaced?: Login & { readonly at: number };
  /** Of Islet's own user, and of the one that only looks. */
  readonly adminPassword: string;
  /** Of the server that last ran on the data. Absent: an older Islet did not note it. */
  readonly series?: Series;
  /** The newer one that has begun to take the data over, and has not ended: no older one may touch it any more. */
  readonly takenOverBy?: Series;
}

export interface Login {
  readonly login: string;
  readonly password: string;
}

export type StartedMariadb = Started<MariadbRecord>;

export function newRecord(service: string): MariadbRecord {
  const name = storeName(service);
  const passwords = { password: newPassword(), adminPassword: newPassword() };
  return { service, id: randomBytes(8).toString('hex'), name, login: name, ...passwords, port: undefined };
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
