/** A service of a test's system: what differs from a tiny one that runs at once, and is replaced at once. */
export interface ServiceFixture {
  /** Sections of its `service.yaml`; each replaces the tiny one's. */
  readonly file?: Readonly<Record<string, unknown>>;
  /** Other files of it, by path; `server.mjs` and `reply` are there by default. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Files of a service by their paths in its folder. */
export function filesOf(name: string, { file = {}, files = {} }: ServiceFixture): Record<string, string> {
  const spec = {
    name,
    run: runOf({}),
    api: { expose: { path: `/${name}`, strip: true } },
    health: { ready: { http: '/readyz', period: '200ms' } },
    rollout: { minHealthy: '0s', bake: '0s', healthyDeadline: '30s' },
    ...file,
  };
  // JSON is YAML.
  return { 'service.yaml': JSON.stringify(spec, null, 2), 'server.mjs': SERVER, reply: `I am ${name}\n`, ...files };
}

/** The section `run` of a tiny service. */
export function runOf(more: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { command: 'node server.mjs', stop: { grace: '2s', drain: '5s' }, ...more };
}

/** What `SERVER` answers on every other path. */
export interface Answer {
  readonly reply: string;
  readonly pid: number;
  readonly service: string;
  readonly instance: string;
  readonly revision: string;
  readonly path: string;
}

/**
 * Answers with who it is and what its file `reply` said when it started. `/print/…` writes the rest to its output, `/env/NAME`
 * tells a variable, `/from/NAME/…` calls what it uses, `/exit` ends the process without an answer.
 */
export const SERVER = `
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
const { PORT, HOST, ISLET_SERVICE: service, ISLET_INSTANCE: instance, ISLET_REVISION: revision } = process.env;
const reply = readFileSync('reply', 'utf8').trim();
const acts = {
  readyz: () => 'yes',
  print: (rest) => (console.log(decodeURIComponent(rest)), 'printed'),
  env: (name) => process.env[name] ?? '',
  from: async (rest) => {
    const [name, ...path] = rest.split('/');
    const response = await fetch(process.env[name.toUpperCase() + '_URL'] + '/' + path.join('/'));
    return response.text();
  },
  exit: () => process.exit(7),
};
const server = createServer(async (request, response) => {
  const [act, ...rest] = request.url.slice(1).split('/');
  const answer = JSON.stringify({ reply, pid: process.pid, service, instance, revision, path: request.url });
  try {
    response.end(acts[act] === undefined ? answer : await acts[act](rest.join('/')));
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
});
server.listen(Number(PORT), HOST, () => console.log('listening as ' + instance));
process.once('SIGTERM', () => server.close(() => process.exit(0)));
`;
