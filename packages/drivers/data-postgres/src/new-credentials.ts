import { lostRecord, newPassword } from '@islet/driver/server';
import { type ClusterPlace, clusterExists } from './cluster.ts';
import type { Credentials } from './credentials.ts';
import { failpoint } from './failpoint.ts';
import { storeName } from './names.ts';
import type { PostgresServers } from './server.ts';

/** Written down before the first effect. Throws `refused` where there is a cluster that other credentials are for. */
export async function newCredentials(
  servers: PostgresServers,
  service: string,
  place: ClusterPlace,
): Promise<Credentials> {
  if (await clusterExists(place)) {
    throw lostRecord(servers.whose(service), { folder: place.folder, record: `credentials/${service}.json` });
  }
  const credentials: Credentials = {
    engine: 'postgres',
    service,
    name: storeName(service),
    password: newPassword(),
    superuserPassword: newPassword(),
    port: undefined,
  };
  await servers.records.write(credentials);
  failpoint('postgres: after the credentials');
  return credentials;
}
