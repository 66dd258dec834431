import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { controlFileText } from '@islet/client';
import { BUILT_FOLDER } from '@islet/dashboard';
import { layoutOf } from '@islet/driver';
import {
  closeInherited,
  isDown,
  keeperArgv,
  listenLife,
  livingPid,
  reviveKeeper,
  socketPath,
  untilDown,
} from '@islet/keeper/life';
import { RUNTIME_FLAGS } from '@islet/proxy';
import { pino } from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import { createHandlers } from './api/handlers.ts';
import { type ApiServer, serveApi } from './api/server.ts';
import { systemClock } from './clock.ts';
import { type Composed, compose } from './compose.ts';
import { createPages } from './dashboard/pages.ts';
import { END_MS } from './deadlines.ts';
import { keepCertified } from './development/gateway.ts';
import { failpoint } from './failpoint.ts';
import { writeAtomically } from './own-file.ts';
import { boundOwnLogs } from './own-logs.ts';
import { prometheusOf } from './prometheus/system.ts';
import { removeEmptyRuntime } from './state.ts';

/*
 * The control plane of one system, as a process.
 *
 *   node main.ts --folder DIR --state DIR          the daemon: reconciles, and is kept alive by the keeper
 *   node main.ts --folder DIR --state DIR --once   answers the API and changes nothing, until stdin ends
 */
const { values } = parseArgs({
  options: { folder: { type: 'string' }, state: { type: 'string' }, once: { type: 'boolean', default: false } },
});
if (values.folder === undefined || values.state === undefined) {
  process.stderr.write('usage: control-plane --folder DIR --state DIR [--once]\n');
  process.exit(2);
}
const folder = resolve(values.folder);
const stateFolder = resolve(values.state);
const bare = { state: stateFolder, runtime: stateFolder };
const log = pino(
  { base: { process: 'control-plane', pid: process.pid } },
  pino.destination({ fd: values.once ? 2 : 1, sync: true }),
);

closeInherited();
// Services pass through it to their own folders; made by whoever is first, it must not be closed to them.
mkdirSync(stateFolder, { recursive: true, mode: 0o711 });
const life = await listenLife({ state: stateFolder, program: 'control-plane' });
if (life === undefined) {
  log.info('another control plane lives: nothing to do');
  process.exit(0);
}
// What nobody caught leaves this process in a state that nobody knows. It ends, the keeper starts another, and that one
// goes on from what is there.
process.on('uncaughtException', (error) => {
  log.fatal({ error: error.message, stack: error.stack }, 'a defect: the control plane ends');
  process.exit(1);
});
await (values.once ? serveOnce() : serve());

async function serve(): Promise<void> {
  let keeperPid: number | undefined;
  const composed = await start({ keeperPid: () => keeperPid, onDown: () => void goDown(), idle: false });
  const { system } = composed;
  clearDown(composed);
  writeKeeperFile();
  const keeper = reviveKeeper({ state: stateFolder, argv: keeperArgv(stateFolder) });
  const watchKeeper = setInterval(async () => {
    keeperPid = await livingPid({ state: stateFolder, program: 'keeper', signal: AbortSignal.timeout(1_000) }).catch(
      () => undefined,
    );
  }, 1_000);
  const prometheus = prometheusOf(system, composed.sentinel);
  const logs = boundOwnLogs(layoutOf.logs(bare), (error) => log.warn({ error: error.message }, 'a log is not rotated'));
  const { token, id, doorkeeper, ports, applied } = system.parts.state;
  const certificates = keepCertified({ applied: applied.current, clock: systemClock, log });
  const api = await serveApi(createHandlers(system, composed.sentinel), {
    token,
    version: packageJson.version,
    // The same as before, so that a dashboard that was left open finds the next control plane where this one was.
    port: await ports.take('control-plane').catch(() => 0),
    dashboard: { doorkeeper, pages: createPages(BUILT_FOLDER), system: id },
  });
  writeAtomically(
    layoutOf.control(bare),
    controlFileText({ url: api.url, pid: process.pid, version: packageJson.version }),
  );
  system.reconciler.poke();
  log.info({ url: api.url, folder }, 'the control plane serves');

  const stateGone = new AbortController();
  let goingDown = false;
  let ending = false;
  const end = async (how = { withProcesses: false }) => {
    if (ending) return;
    ending = true;
    stateGone.abort();
    // Nothing is lost by an end in the middle, so nothing that hangs may keep this process.
    setTimeout(() => process.exit(1), END_MS).unref();
    keeper[Symbol.dispose]();
    logs[Symbol.dispose]();
    prometheus[Symbol.dispose]();
    certificates[Symbol.dispose]();
    clearInterval(watchKeeper);
    await close(composed, api, how);
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end());
  // Nobody could ever take over what it runs, which would go on for ever without what it needs.
  void untilDown(stateFolder, stateGone.signal).then(() => {
    if (goingDown || ending) return;
    log.fatal('the state folder was removed while the system ran: all of it ends');
    void end({ withProcesses: true });
  });

  /** Everything is gone: `run/down` ends the proxy and the keeper, and keeps each from reviving another. */
  async function goDown(): Promise<void> {
    if (goingDown || ending) return;
    goingDown = true;
    // Before the mark, which is where a next control plane takes it that nothing is left to end.
    await system.care.end({ purge: system.parts.state.applied.current()?.gone.some(({ purge }) => purge) ?? false });
    await Promise.all([composed.backups.stop(), composed.telemetry?.stop()]);
    removeEmptyRuntime(system.parts.state.layout);
    writeFileSync(join(stateFolder, 'run', 'down'), '');
    failpoint('down: after the mark');
    await untilGone('proxy');
    failpoint('down: after the proxy');
    await untilGone('keeper');
    failpoint('down: after the keeper');
    rmSync(layoutOf.control(bare), { force: true });
    log.info('everything is down');
    await end();
  }
}

/** Answers reading calls and keeps secrets while the system is down. */
async function serveOnce(): Promise<void> {
  const composed = await start({ keeperPid: () => undefined, onDown: () => undefined, idle: true });
  const { token } = composed.system.parts.state;
  const api = await serveApi(createHandlers(composed.system, composed.sentinel), {
    token,
    port: 0,
    version: packageJson.version,
  });
  process.stdout.write(`${JSON.stringify({ url: api.url, token })}\n`);
  process.stdin.resume();
  const letGo = () => close(composed, api, { withProcesses: false });
  process.stdin.once('end', () => void letGo().then(() => process.exit(0)));
}

function start(options: Pick<Parameters<typeof compose>[0], 'keeperPid' | 'onDown' | 'idle'>): Promise<Composed> {
  return compose({ folder, stateFolder, version: packageJson.version, log, ...options });
}

async function close(composed: Composed, api: ApiServer, how: { readonly withProcesses: boolean }): Promise<void> {
  await api.close();
  await composed.close(how);
  await life?.close({ isLast: isDown(stateFolder) });
}

/** An earlier `down` was carried out to its end, and whoever starts a control plane again wants it to stay. */
function clearDown({ system }: Composed): void {
  const mark = join(stateFolder, 'run', 'down');
  if (!existsSync(mark)) return;
  const { applied } = system.parts.state;
  const before = applied.current();
  if (before?.goingDown) applied.put({ ...before, goingDown: false }, Date.now());
  rmSync(mark, { force: true });
}

/** What the keeper keeps alive, and how. */
function writeKeeperFile(): void {
  const main = fileURLToPath(import.meta.url);
  const proxy = fileURLToPath(import.meta.resolve('@islet/proxy/main'));
  const proxyArguments = [
    '--state',
    stateFolder,
    '--socket',
    socketPath(stateFolder, 'proxy'),
    '--table',
    layoutOf.routingTable(bare),
    '--kept',
  ];
  const programs = {
    // With the flags that this one was started with, which are its own and not the proxy's.
    'control-plane': [process.execPath, ...process.execArgv, main, '--folder', folder, '--state', stateFolder],
    proxy: [process.execPath, ...RUNTIME_FLAGS, proxy, ...proxyArguments],
  };
  writeAtomically(join(stateFolder, 'keeper.json'), JSON.stringify({ programs, env: compileCache() }));
}

/** After a reboot, systemd starts a keeper that knows nothing of it. */
function compileCache(): Record<string, string> {
  const { NODE_COMPILE_CACHE } = process.env;
  return NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };
}

/** It sees `run/down` by itself, a moment later: the signal only spares that moment. */
async function untilGone(program: string): Promise<void> {
  const deadline = AbortSignal.timeout(10_000);
  let told: number | undefined;
  while (!deadline.aborted) {
    const pid = await livingPid({ state: stateFolder, program, signal: deadline }).catch(() => undefined);
    if (pid === undefined) return;
    if (pid !== told) tellToEnd(pid);
    told = pid;
    await new Promise((done) => setTimeout(done, 20));
  }
}

function tellToEnd(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It has just ended.
  }
}
