import { newPassword } from '@islet/driver/server';
import { withClient } from './connect.ts';
import { type Credentials, type CredentialsFolder, loginOf } from './credentials.ts';
import { ensureLogin, insideConfig, nextLogin, removeOtherLogins, type Started, superuserConfig } from './store.ts';

/**
 * Credentials are replaced in three moves, each of which can be made again: what will hold is written down, then the server
 * learns of it, then it is what holds. A process that is killed in between leaves either the old ones or both.
 */
export async function rotateCredentials(
  started: Started,
  { credentials, now, signal }: { credentials: CredentialsFolder; now: () => number; signal: AbortSignal },
): Promise<void> {
  if (started.replaced !== undefined) return;
  const old = loginOf(started);
  const next = started.next ?? { login: nextLogin(started, old), password: newPassword() };
  await credentials.write({ ...started, next });
  await withClient(superuserConfig(started), signal, (client) => ensureLogin(client, started, next));
  const { next: _taken, ...kept } = started;
  await credentials.write({ ...kept, ...next, replaced: { ...old, at: now() } });
}

/** The server forgets first: a file that no longer names a login which still works would never be looked at again. */
export async function retireCredentials(
  started: Started,
  { credentials, signal }: { credentials: CredentialsFolder; signal: AbortSignal },
): Promise<void> {
  if (started.replaced === undefined) return;
  const { replaced: _gone, ...kept }: Started = started;
  const left: Credentials = kept;
  await withClient(insideConfig(started), signal, (client) => removeOtherLogins(client, left));
  await credentials.write(left);
}
