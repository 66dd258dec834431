import type { StoreCredentials } from '@islet/driver';
import { userOf, writeAccess } from './access.ts';
import type { Inside } from './backup/backups.ts';
import { administer } from './client.ts';
import { placeOf } from './place.ts';
import { loginOf, newPassword, nextLogin, type RedisRecord, type Started } from './records.ts';

/** What the driver lends for it. */
export type Renewing = Pick<Inside, 'options' | 'records' | 'turns' | 'started' | 'changed'>;

/** A user for each generation: with the old one go the connections that it opened. */
export function createCredentials({ options, records, turns, started, changed }: Renewing): StoreCredentials {
  const keep = async (record: RedisRecord) => {
    await records.write(record);
    changed();
  };
  return {
    rotate: ({ service }, { signal }) =>
      turns.take(service, async () => {
        const before = started(service);
        if (before.replaced !== undefined) return;
        const next = rotated(before, Date.now());
        await writeAccess(await placeOf(options, service), next);
        // The server learns of the new one before `connection` tells of it.
        await administer(before, ['ACL', 'SETUSER', ...userOf(loginOf(next))], signal);
        await keep(next);
      }),
    retire: ({ service }, { signal }) =>
      turns.take(service, async () => {
        const { replaced, ...kept } = started(service);
        if (replaced === undefined) return;
        await writeAccess(await placeOf(options, service), kept);
        await administer(kept, ['ACL', 'DELUSER', replaced.login ?? kept.name], signal);
        await keep(kept);
      }),
  };
}

function rotated(started: Started, now: number): Started {
  const replaced = { ...loginOf(started), at: now };
  return { ...started, login: nextLogin(started), password: newPassword(), replaced };
}
