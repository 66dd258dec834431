import { join } from 'node:path';
import { rotateLog, SUPERVISION_LIMITS } from '@islet/supervise';

/** What Islet's own processes write to, in the state folder's `logs`. */
const LOGS = ['control-plane.log', 'proxy.log', 'keeper.log', 'backup.log', 'telemetry.log'];
const LOOK_MS = 60_000;

/** Keeps the logs of Islet's own processes from filling the disk. `onTrouble` is told what could not be rotated. */
export function boundOwnLogs(folder: string, onTrouble: (error: Error) => void): Disposable {
  let turning = false;
  const timer = setInterval(async () => {
    if (turning) return;
    turning = true;
    for (const log of LOGS) await rotateLog(join(folder, log), SUPERVISION_LIMITS.rotation).catch(onTrouble);
    turning = false;
  }, LOOK_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
