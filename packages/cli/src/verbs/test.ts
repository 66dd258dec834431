import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServiceSpec } from '@islet/spec';
import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { noSuchService } from '../failures.ts';
import { parseFolder } from '../offline.ts';
import { renderDuration } from '../render/duration.ts';
import { type Cell, renderTable } from '../render/table.ts';
import { findSystem, findUpwards } from '../system.ts';
import { toolPath } from '../toolpath.ts';

export interface TestOptions {
  readonly env?: string;
  readonly json?: true;
}

interface Verdict {
  readonly service: string;
  readonly outcome: 'passed' | 'failed' | 'none';
  readonly ms: number;
}

export async function run(
  context: Context,
  service: string | undefined,
  folder: string | undefined,
  options: TestOptions,
): Promise<ExitCode> {
  const ownSuite = fileURLToPath(new URL('../../../../scripts/test.ts', import.meta.url));
  if (service === undefined && folder === undefined && findUpwards(context.cwd) === undefined && existsSync(ownSuite))
    return runOwnSuite(ownSuite);
  const system = findSystem(context, { folder });
  const { spec } = parseFolder(system.folder, options.env);
  const verdicts: Verdict[] = [];
  for (const one of chosen(spec.services, service)) verdicts.push(await testService(context, one, system.folder));
  if (options.json) writeJson(context.stdout, verdicts);
  else writeLines(context.stdout, ['', ...renderVerdicts(verdicts, context)]);
  return verdicts.some(({ outcome }) => outcome === 'failed') ? EXIT.failed : EXIT.ok;
}

async function runOwnSuite(script: string): Promise<ExitCode> {
  const child = spawn(process.execPath, [script, 'everyday'], {
    stdio: 'inherit',
    cwd: fileURLToPath(new URL('../../../../', import.meta.url)),
  });
  const [code] = await once(child, 'exit');
  return code ?? EXIT.failed;
}

function chosen(services: readonly ServiceSpec[], name: string | undefined): readonly ServiceSpec[] {
  if (name === undefined) return services;
  const found = services.filter((service) => service.name === name);
  if (found.length === 0)
    throw noSuchService(
      name,
      services.map((service) => service.name),
    );
  return found;
}

/** The tests' own output goes to standard error: standard output holds the result only. */
async function testService(context: Context, { name, folder, test }: ServiceSpec, root: string): Promise<Verdict> {
  if (test.unit === undefined) return { service: name, outcome: 'none', ms: 0 };
  const { stderr, env, signal } = context;
  writeLines(stderr, [stderr.colours.bold(`${name}: ${test.unit}`)]);
  const startedAt = performance.now();
  const child = spawn('sh', ['-c', test.unit], {
    cwd: join(root, folder),
    env: { ...env, PATH: toolPath(env.PATH, process.execPath) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.on('data', (chunk) => stderr.write(chunk));
  child.stderr.on('data', (chunk) => stderr.write(chunk));
  const [code] = await once(child, 'close');
  signal.throwIfAborted();
  return { service: name, outcome: code === 0 ? 'passed' : 'failed', ms: performance.now() - startedAt };
}

function renderVerdicts(verdicts: readonly Verdict[], { stdout: { colours, terminal } }: Context): string[] {
  return renderTable({
    headers: ['service', 'tests', 'took'],
    rows: verdicts.map(({ service, outcome, ms }) => [
      service,
      outcomeCell(outcome, colours),
      outcome === 'none' ? '' : renderDuration(ms),
    ]),
    columns: terminal?.columns,
    paintHeader: colours.dim,
  });
}

function outcomeCell(outcome: Verdict['outcome'], colours: Context['stdout']['colours']): Cell {
  switch (outcome) {
    case 'passed':
      return { text: 'passed', paint: colours.green };
    case 'failed':
      return { text: 'failed', paint: colours.red };
    case 'none':
      return { text: 'has none (test.unit)', paint: colours.dim };
  }
}
