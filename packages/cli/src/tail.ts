import type { LogLine } from '@islet/client';
import { ApiError, reconnect } from '@islet/client/remote';
import type { Session } from './session.ts';

export interface TailOptions {
  readonly service?: string | undefined;
  readonly lines: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
  readonly print: (line: LogLine) => void;
  /** The control plane was away; lines of the meantime are in the log files only. */
  readonly onGap?: () => void;
}

/** How long a followed control plane may be away. */
const AWAY_TIMEOUT_MS = 30_000;

/** Hands on services' lines, over any number of control planes. */
export async function tail({ client: first, system }: Session, options: TailOptions): Promise<void> {
  const { service, follow, signal, print } = options;
  let client = first;
  let lines = options.lines;
  while (true) {
    try {
      const query = { service, lines: String(lines), follow: follow ? 'true' : undefined };
      for await (const line of client.logs(query, { signal })) print(line);
      if (!follow) return;
    } catch (error) {
      if (!follow || !(error instanceof ApiError && error.code === 'unavailable')) throw error;
    }
    signal.throwIfAborted();
    // What was printed before must not be printed again.
    lines = 0;
    ({ client } = await reconnect(system.stateFolder, signal, AWAY_TIMEOUT_MS));
    options.onGap?.();
  }
}
