import { connect } from 'node:net';
import { socketPath } from './socket-path.ts';

/** The pid of the living instance of `program`; undefined when none lives. Rejects when the signal is aborted. */
export function livingPid(options: {
  readonly state: string;
  readonly program: string;
  readonly signal: AbortSignal;
}): Promise<number | undefined> {
  const { state, program, signal } = options;
  return new Promise((resolve, reject) => {
    let said = '';
    const line = connect({ path: socketPath(state, `${program}.life`), signal });
    line.setEncoding('utf8');
    line.on('data', (text) => {
      said += text;
      if (said.endsWith('\n')) line.destroy();
    });
    line.on('error', () => line.destroy());
    line.on('close', () => {
      if (signal.aborted) reject(signal.reason);
      else resolve(said.endsWith('\n') ? Number(said) : undefined);
    });
  });
}
