import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

/** What the figures hold for, with how busy it was when the run began. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() || 'unknown processor';
  const [load = 0] = loadavg();
  return [
    `${availableParallelism()} cores, ${model}`,
    `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    `${type()} ${release()}`,
    `Node ${process.version}`,
    `load ${load.toFixed(1)} at the start`,
  ].join(' · ');
}
