import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Lets a process open no more than so many files beyond those that it has; disposing of it gives back what it had. */
export function withoutDescriptors(pid: number, { spare = 0 } = {}): Disposable {
  const [, soft = '', hard = ''] =
    /^Max open files\s+(\S+)\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8')) ?? [];
  const highest = Math.max(...readdirSync(`/proc/${pid}/fd`).map(Number));
  limit(pid, `${highest + 1 + spare}:${hard}`);
  return { [Symbol.dispose]: () => limit(pid, `${soft}:${hard}`) };
}

function limit(pid: number, limits: string): void {
  try {
    execFileSync('prlimit', ['--pid', `${pid}`, `--nofile=${limits}`], { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    // It has ended meanwhile.
    if (!/No such process/.test(String((error as { stderr?: unknown }).stderr))) throw error;
  }
}
