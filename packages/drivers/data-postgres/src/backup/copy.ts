import { type CallOptions, type CopyFacts, DriverError, type StoreSource } from '@islet/driver';
import { LIMITS } from '../options.ts';
import { CopyStream } from './copy-stream.ts';
import { parseLsn, positionOf, segmentStart } from './lsn.ts';
import { parseSource, readFacts, replicationError, withReplication } from './source.ts';

/**
 * A base backup: the cluster's files as a tar archive, taken while they change, and therefore worth nothing without the
 * log from the backup's beginning to its end. The server's own manifest (length and SHA-256 of each file, as the server
 * read it) goes along, so that what was damaged before it got here is found as well.
 */
export async function* copyPostgres(
  source: StoreSource,
  { signal }: CallOptions,
): AsyncGenerator<Uint8Array, CopyFacts> {
  const { password, name, binaries, ...where } = parseSource(source);
  const opened = Promise.withResolvers<Copying>();
  const finished = Promise.withResolvers<void>();
  const connection = withReplication({ ...where, password, name }, signal, async (client) => {
    const facts = await readFacts(client);
    const stream = new CopyStream(COMMAND);
    client.query(stream);
    opened.resolve({ stream, facts });
    await finished.promise;
  });
  connection.catch(opened.reject);
  try {
    const { stream, facts } = await opened.promise;
    const manifest: Buffer[] = [];
    yield* archiveOf(stream, manifest);
    const [start, ...others] = stream.rows;
    const end = others.at(-1);
    if (!start?.[0] || !end?.[0]) throw new DriverError('unavailable', 'the server did not end its backup');
    const from = segmentStart(parseLsn(start[0]), facts.segmentBytes);
    return {
      needs: { from: positionOf(from), to: positionOf(parseLsn(end[0])) },
      notes: {
        name,
        superuserPassword: password,
        binaries,
        manifest: Buffer.concat(manifest).toString(),
        timeline: String(facts.timeline),
        segmentBytes: String(facts.segmentBytes),
      },
    };
  } catch (error) {
    signal.throwIfAborted();
    throw replicationError(error);
  } finally {
    // A copy that is given up breaks the connection, which ends the backup.
    finished.resolve();
    await connection.catch(() => {});
  }
}

interface Copying {
  readonly stream: CopyStream;
  readonly facts: Awaited<ReturnType<typeof readFacts>>;
}

/** At once, whatever the checkpoint costs; then no faster than a production disk can spare. */
const COMMAND = `BASE_BACKUP (LABEL 'islet', CHECKPOINT 'fast', WAIT false, MANIFEST 'yes', MANIFEST_CHECKSUMS 'SHA256', MAX_RATE ${LIMITS.copyRateKilobytes})`;

/** The bytes of the one archive. Each message begins with a letter that says what it is. */
async function* archiveOf(stream: CopyStream, manifest: Buffer[]): AsyncGenerator<Uint8Array, void> {
  let inManifest = false;
  for await (const message of stream.messages()) {
    const body = message.subarray(1);
    switch (String.fromCharCode(message[0] ?? 0)) {
      case 'n': {
        const archive = body.toString('utf8', 0, body.indexOf(0));
        if (archive === 'base.tar') break;
        throw new DriverError('unsupported', 'a cluster with tablespaces of its own is not backed up');
      }
      case 'm':
        inManifest = true;
        break;
      case 'd':
        if (inManifest) manifest.push(body);
        else yield body;
        break;
      default:
        break;
    }
  }
}
