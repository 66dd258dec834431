import { DriverError } from '@islet/driver';
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
      if ((await infoOf(wire, 'server')).run_id !== run) {
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
  const info = await infoOf(wire, 'replication');
  const { master_replid: stream = '', master_repl_offset: offset, repl_backlog_active: active } = info;
  const first = Number(info.repl_backlog_first_byte_offset);
  // The server counts a stream's bytes from 1.
  return { stream, offset: Number(offset), kept: active === '1' ? first - 1 : undefined };
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

async function infoOf(wire: Wire, section: string): Promise<Readonly<Record<string, string>>> {
  wire.send('INFO', section);
  const lines = (await wire.text()).split('\r\n').filter((line) => line.includes(':'));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}
