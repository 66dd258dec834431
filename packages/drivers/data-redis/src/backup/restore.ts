import { chmod, lchown, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DriverError, type RestoreOutcome, type RestoreRequest } from '@islet/driver';
import { makePassage, removeOwnedFolder } from '@islet/driver/owned-folder';
import { syncFolder } from '@islet/driver/records';
import { hasServer } from '@islet/driver/server';
import { lastComplaint, logSince, logSize } from '@islet/supervise';
import { failpoint } from '../failpoint.ts';
import { draftOf, placeOf, type StorePlace } from '../place.ts';
import { checksValues, requireServer } from '../program.ts';
import { newRecord, type RedisRecord } from '../records.ts';
import { versionOf } from '../server-version.ts';
import type { Inside } from './backups.ts';
import { type LaidOut, layOut } from './lay-out.ts';

/** All of the copy and of the log is laid out and read before a server starts on it. */
export async function restoreRedis(
  inside: Inside,
  request: RestoreRequest,
  signal: AbortSignal,
): Promise<RestoreOutcome> {
  const { servers, path } = inside;
  const { records } = servers;
  const { service } = request;
  signal.throwIfAborted();
  if (records.get(service)) throw hasServer(servers.whose(service));
  const record: RedisRecord = { ...newRecord(service), incomplete: true };
  // Before the first effect: what is there of it can be purged.
  await records.write(record);
  failpoint('redis: after the restore is written down');
  const place = await placeOf(servers, service);
  const { isWhole } = await unpack(place, request);
  failpoint('redis: after the copy is laid out');
  const isChecked = checksValues(await versionOf(requireServer(path), signal));
  const settings = isChecked ? { 'sanitize-dump-payload': 'yes' } : {};
  const logFrom = await logSize(place.log);
  const started = await inside.startUntilReady(record, settings, signal);
  // A server starts nevertheless where it could not run a command of its log.
  const said = lastComplaint(await logSince(place.log, logFrom), REFUSED);
  if (REFUSED.test(said)) throw notRun(said);
  failpoint('redis: after the restored server is ready');
  const { incomplete: _done, ...whole } = started;
  await records.write(whole);
  servers.health.setReady(service);
  servers.changed();
  return { kind: isWhole ? 'restored' : 'short' };
}

/** It gets its name when all of it is there. */
async function unpack(place: StorePlace, request: RestoreRequest): Promise<LaidOut> {
  const { folder, data, user } = place;
  const draft = draftOf(place);
  await makePassage(folder);
  await removeOwnedFolder(draft);
  // Root's until the end: nobody swaps a file for a link in it.
  await mkdir(draft, { mode: 0o700 });
  const file = join(draft, AOF);
  const laidOut = await layOut(file, request);
  if (user) {
    await lchown(file, user.uid, user.gid);
    await lchown(draft, user.uid, user.gid);
  }
  await chmod(draft, 0o700);
  await rename(draft, data);
  await syncFolder(folder);
  return laidOut;
}

const REFUSED = /AOF-loading-client/;

function notRun(said: string): DriverError {
  return new DriverError('damaged', `the log can't be run on the copy: ${said}`, {
    hint: 'restore an earlier moment, or another copy',
  });
}

/** What every version looks for; since version 7 a server takes it apart when it starts. */
const AOF = 'appendonly.aof';
