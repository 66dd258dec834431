import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface LoadResult {
  readonly ok: number;
  readonly failed: number;
  readonly errors: readonly string[];
  /** Answers by the pid of who gave them. */
  readonly pids: Readonly<Record<string, number>>;
}

export interface Load {
  /** Ends it after what is under way, and tells what became of each request. */
  stop(): Promise<LoadResult>;
}

const MAIN = fileURLToPath(new URL('./load-main.ts', import.meta.url));

/**
 * Requests at a steady rate from a process of their own, so that nothing done here slows or spares them. Resolves at the
 * first answer.
 */
export async function startLoad(url: string): Promise<Load> {
  const child = spawn(process.execPath, [MAIN, url], { stdio: ['pipe', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (chunk) => (printed += chunk));
  await once(child.stdout, 'data');
  return {
    stop: async () => {
      child.stdin.end();
      await once(child, 'close');
      return JSON.parse(printed) as LoadResult;
    },
  };
}
