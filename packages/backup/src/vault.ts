import { type CallOptions, DriverError } from '@islet/driver';
import { newKey, type RecoveryKey, unwrapKey, wrapKey } from './keys.ts';
import { KEY } from './names.ts';
import type { Repository, StoredObject } from './repository.ts';
import { pack, unpack } from './seal.ts';

/** What a repository keeps of one service, compressed and sealed with the service's data key. Names are the service's own. */
export interface Vault {
  readonly service: string;
  /** Returns what was stored, as it was stored. */
  put(name: string, plain: Uint8Array, options: CallOptions & { readonly level?: number }): Promise<Uint8Array>;
  /** Throws `not-found` where it isn't there, `damaged` where it is not what was put there. */
  get(name: string, options: CallOptions): Promise<Uint8Array>;
  /** As it is stored, unopened. */
  stored(name: string, options: CallOptions): Promise<Uint8Array | undefined>;
  list(options: CallOptions): Promise<readonly StoredObject[]>;
  remove(name: string, options: CallOptions): Promise<void>;
}

export interface VaultOptions {
  readonly repository: Repository;
  readonly service: string;
  readonly by: RecoveryKey;
}

/** Opens a service's vault. Throws `not-found` where nothing was ever put there, `refused` for another recovery key. */
export async function openVault({ repository, service, by }: VaultOptions, options: CallOptions): Promise<Vault> {
  const stored = await repository.get(`${service}/${KEY}`, options);
  if (stored === undefined) {
    throw new DriverError('not-found', `there are no backups of ${service} in ${repository.place}`);
  }
  return vault(repository, service, unwrapKey(stored, { by, service }));
}

/** Opens it, or makes one with a new key. */
export async function ensureVault({ repository, service, by }: VaultOptions, options: CallOptions): Promise<Vault> {
  const stored = await repository.get(`${service}/${KEY}`, options);
  if (stored !== undefined) return vault(repository, service, unwrapKey(stored, { by, service }));
  const key = newKey();
  await repository.put(`${service}/${KEY}`, wrapKey(key, { by, service }), options);
  return vault(repository, service, key);
}

function vault(repository: Repository, service: string, key: Uint8Array): Vault {
  const whole = (name: string) => `${service}/${name}`;
  return {
    service,
    put: async (name, plain, { signal, level }) => {
      const packed = await pack({ key, name: whole(name) }, plain, level);
      await repository.put(whole(name), packed, { signal });
      return packed;
    },
    get: async (name, options) => {
      const packed = await repository.get(whole(name), options);
      if (packed === undefined) throw new DriverError('not-found', `${whole(name)} is missing in ${repository.place}`);
      return unpack({ key, name: whole(name) }, packed);
    },
    stored: (name, options) => repository.get(whole(name), options),
    list: async (options) =>
      (await repository.list(whole(''), options)).map(({ name, bytes }) => ({
        name: name.slice(whole('').length),
        bytes,
      })),
    remove: (name, options) => repository.remove(whole(name), options),
  };
}
