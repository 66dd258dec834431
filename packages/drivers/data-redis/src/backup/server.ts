import { DriverError } from '@islet/driver';
import { infoOf } from '../info.ts';
import { FOLLOWER } from '../names.ts';
import type { RedisSource } from './source.ts';
import { Wire } from './wire.ts';

/** A connection to the very process that the source tells of. */
export async function reach({ port, password, run }: RedisSource, signal: AbortSignal): Promise<Wire> {
  try {
    const wire = await Wire.open(port, signal);
    try {
      wire.send('AUTH', FOLLOWER, password);
      await wire.line();
      if ((await infoAbout(wire, 'server')).text('run_id') !== run) {
        throw new DriverError('unavailable', 'another server is there by now');
      }
      return wire;
    } catch (error) {
      wire[Symbol.dispose]();
      throw error;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DriverError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new DriverError('unavailable', `Redis can not be reached: ${why}`, { cause: error });
  }
}

/** What the server tells its replicas. */
export interface Telling {
  readonly stream: string;
  /** So many bytes were told. */
  readonly offset: number;
  /** From there on it still has them; undefined: it keeps none yet. */
  readonly kept: number | undefined;
}

export async function tellingOf(wire: Wire): Promise<Telling> {
  const number = await infoAbout(wire, 'replication');
  // The server counts a stream's bytes from 1.
  const kept = number('repl_backlog_active') === 1 ? number('repl_backlog_first_byte_offset') - 1 : undefined;
  return { stream: number.text('master_replid'), offset: number('master_repl_offset'), kept };
}

/** Becomes a replica with a whole copy to come. Returns as of when that is. */
export async function askForCopy(wire: Wire): Promise<Pick<Telling, 'stream' | 'offset'>> {
  wire.send('REPLCONF', 'capa', 'eof', 'capa', 'psync2');
  await wire.line();
  wire.send('PSYNC', '?', '-1');
  const [answer, stream, offset] = (await wire.line()).split(' ');
  if (answer === '+FULLRESYNC' && stream !== undefined) return { stream, offset: Number(offset) };
  throw new DriverError('unavailable', `the server makes no copy: ${answer}`);
}

async function infoAbout(wire: Wire, section: string): Promise<ReturnType<typeof infoOf>> {
  wire.send('INFO', section);
  return infoOf(await wire.text());
}
