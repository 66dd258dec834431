import type { StoreLimits } from '@islet/driver';
import { withClient } from './connect.ts';
import type { CredentialsFolder } from './credentials.ts';
import { connectionsThatFit } from './fit.ts';
import { LIMITS } from './options.ts';
import { type Started, superuserConfig } from './store.ts';

/** As many connections as the server has places for: one that ran on knows nothing of what was asked for since. */
export async function allowConnections(
  started: Started,
  limits: StoreLimits,
  { credentials, signal }: { readonly credentials: CredentialsFolder; readonly signal: AbortSignal },
): Promise<Started> {
  const places = await withClient(superuserConfig(started), signal, connectionsThatFit);
  const connections = Math.min(limits.connections, places);
  if (connections === (started.connections ?? LIMITS.serviceConnections)) return started;
  const next = { ...started, connections };
  await credentials.write(next);
  return next;
}
