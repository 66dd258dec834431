import { randomBytes } from 'node:crypto';
import { type ClusterPlace, clusterExists } from './cluster.ts';
import type { Credentials, CredentialsFolder } from './credentials.ts';
import { failpoint } from './failpoint.ts';
import { lostCredentials } from './failures.ts';
import { storeName } from './names.ts';

/** Written down before the first effect. Throws `refused` where there is a cluster that other credentials are for. */
export async function newCredentials(
  folder: CredentialsFolder,
  service: string,
  place: ClusterPlace,
): Promise<Credentials> {
  if (await clusterExists(place)) throw lostCredentials(service, place.folder);
  const credentials: Credentials = {
    engine: 'postgres',
    service,
    name: storeName(service),
    password: randomBytes(32).toString('hex'),
    superuserPassword: randomBytes(32).toString('hex'),
    port: undefined,
  };
  await folder.write(credentials);
  failpoint('postgres: after the credentials');
  return credentials;
}
