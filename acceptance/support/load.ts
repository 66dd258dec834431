import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./load-process.ts', import.meta.url));

/** How requests ended: `ok` by status 200, the others by what they got. */
export interface Outcomes {
  readonly ok: number;
  readonly others: Readonly<Record<string, number>>;
}

/** Disposing of it ends the process. */
export interface Load extends Disposable {
  /** Waits for the requests in flight, and tells how all ended. */
  stop(): Promise<Outcomes>;
}

/** Light, steady GETs over connections that are kept alive, from a process of their own; returns when the first is answered. */
export async function startLoad(url: string): Promise<Load> {
  const child = spawn(process.execPath, [PROGRAM, url], { stdio: ['pipe', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    printed += text;
  });
  await once(child.stdout, 'data');
  return {
    stop: async () => {
      child.stdin.end();
      await once(child, 'close');
      return JSON.parse(printed.split('\n')[1] ?? '') as Outcomes;
    },
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  };
}
