import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

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

/**
 * One file per service, readable by Islet's own user only. This driver alone writes them, so it reads them once: what
 * stores there are is known on every turn without a look at the disk.
 */
export class CredentialsFolder {
  readonly #folder: string;
  readonly #known = new Map<string, Credentials>();

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(dirname(folder), { recursive: true });
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
    for (const file of readdirSync(folder)) {
      // A draft that was never renamed.
      if (file.endsWith('.new')) rmSync(join(folder, file));
      if (!file.endsWith('.json')) continue;
      const credentials = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Credentials;
      if (credentials.engine === 'postgres') this.#known.set(credentials.service, credentials);
    }
  }

  get(service: string): Credentials | undefined {
    return this.#known.get(service);
  }

  services(): readonly string[] {
    return [...this.#known.keys()];
  }

  /** Durable when it returns. */
  async write(credentials: Credentials): Promise<void> {
    const path = this.#path(credentials.service);
    const draft = `${path}.new`;
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(credentials));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
    await this.#sync();
    this.#known.set(credentials.service, credentials);
  }

  async remove(service: string): Promise<void> {
    await rm(this.#path(service), { force: true });
    await this.#sync();
    this.#known.delete(service);
  }

  #path(service: string): string {
    return join(this.#folder, `${service}.json`);
  }

  async #sync(): Promise<void> {
    const folder = await open(this.#folder, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}
