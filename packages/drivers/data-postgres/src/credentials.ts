import type { Records } from '@islet/driver/records';
import type { ServerRecord } from '@islet/driver/server';

/** How a service's server is reached, and by whom. What is asked for of its limits holds, in part, from its next start on. */
export interface Credentials extends ServerRecord {
  readonly engine: 'postgres';
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
  /** What each login may have open, as it holds now. Absent: the default. */
  readonly connections?: number;
  /** What it was started by last. Absent: by an Islet that knew npm's programs alone. */
  readonly programs?: { readonly binaries: string; readonly bin: string };
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
