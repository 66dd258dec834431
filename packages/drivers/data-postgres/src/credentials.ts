import type { StoreLimits } from '@islet/driver';
import type { Records } from '@islet/driver/records';

/** How a service's server is reached, and by whom. Kept from before the first effect until the purge. */
export interface Credentials {
  readonly engine: 'postgres';
  readonly service: string;
  /** Database and role of the service. */
  readonly name: string;
  readonly password: string;
  /** Who logs in by `password`; absent: `name` itself, which owns all there is. */
  readonly login?: string;
  /** What `rotate` is about to give, written down before the server learns of it. */
  readonly next?: Login;
  /** What `rotate` replaced, and still lets in. */
  readonly replaced?: Login & { readonly at: number };
  readonly superuserPassword: string;
  /** Where it was last started; undefined: never. */
  readonly port: number | undefined;
  /** The service's own settings, as they hold now. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What was asked for; what the server reads at its start alone may not hold yet. Absent: the default. */
  readonly limits?: StoreLimits;
  /** What each login may have open, as it holds now. Absent: the default. */
  readonly connections?: number;
  /** What it was started by last. Absent: by an Islet that knew npm's programs alone. */
  readonly programs?: { readonly binaries: string; readonly bin: string };
  /** A restore has begun and not ended: what is there can't be used, only purged. */
  readonly incomplete?: true;
}

export interface Login {
  readonly login: string;
  readonly password: string;
}

/** Who the service logs in as. */
export function loginOf({ name, login, password }: Credentials): Login {
  return { login: login ?? name, password };
}

export type CredentialsFolder = Records<Credentials>;
