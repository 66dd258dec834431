import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Span } from '@islet/client';
import { runOf } from './support/service.ts';
import { makeSystem, type System } from './support/system.ts';
import { isWhole } from './support/trace.ts';
import { until } from './support/until.ts';

/*
 * Stock OpenTelemetry agents, as they are published, in services that know nothing of them: Python's from PyPI, Java's from
 * Maven Central. Islet finds them in the service's folder, and tells them where to send to and as whom.
 */

const PYTHON = `
import os, urllib.request
from flask import Flask
app = Flask(__name__)

@app.get('/readyz')
def ready():
    return 'yes'

@app.get('/')
def page():
    with urllib.request.urlopen(os.environ['STOCK_URL'] + '/count') as answer:
        return 'in stock: ' + answer.read().decode()

app.run(host=os.environ['HOST'], port=int(os.environ['PORT']))
`;
const PACKAGES = [
  ...['flask', 'opentelemetry-distro', 'opentelemetry-exporter-otlp-proto-http'],
  ...['opentelemetry-instrumentation-flask', 'opentelemetry-instrumentation-urllib'],
];
const JAVA = `
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;

public class Main {
  public static void main(String[] args) throws Exception {
    var address = new InetSocketAddress(System.getenv("HOST"), Integer.parseInt(System.getenv("PORT")));
    var server = HttpServer.create(address, 0);
    server.createContext("/", exchange -> {
      var body = "7".getBytes();
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
  }
}
`;
const AGENT = 'io.opentelemetry.javaagent:opentelemetry-javaagent:2.20.1:jar';
const JAR = 'opentelemetry-javaagent.jar';

const BUILD = `/usr/bin/env python3 -m venv .venv && .venv/bin/pip install --quiet ${PACKAGES.join(' ')}`;
/** A download of a hundred packages, and a Java that instruments itself while it starts. */
const SLOW = { startup: { http: '/readyz', deadline: '120s' }, ready: { http: '/readyz' } };
const services = {
  web: {
    file: { run: runOf({ command: '.venv/bin/python main.py', build: BUILD }), uses: ['stock'], health: SLOW },
    files: { 'main.py': PYTHON },
  },
  stock: {
    file: { run: runOf({ command: 'java Main.java' }), api: { protocol: 'http' }, health: SLOW },
    files: { 'Main.java': JAVA },
  },
};

test('a request through a service in Python and one in Java is one trace, hop by hop', async (t) => {
  const jar = javaAgent();
  assert.ok(jar, `this tier needs ${AGENT} from Maven Central`);
  t.after(() => rmSync(jar.folder, { recursive: true }));
  await using system = await makeSystem({ name: 'agents', services });
  mkdirSync(join(system.folder, 'services/stock/lib'));
  copyFileSync(jar.path, join(system.folder, 'services/stock/lib', JAR));
  await system.up();
  assert.equal(await (await system.get('/web/')).text(), 'in stock: 7');

  const spans = await until('every hop has told of itself', async () => {
    const found = await traceOf(system, 'web');
    const told = found
      .filter(({ kind, source }) => kind === 'server' && source === 'otlp')
      .map(({ service }) => service);
    return told.includes('web') && told.includes('stock') && isWhole(found) && found;
  });
  for (const service of ['web', 'stock']) {
    const own = spans.find((one) => one.service === service && one.kind === 'server' && one.source === 'otlp');
    const parent = spans.find(({ span }) => span === own?.parent);
    assert.deepEqual([parent?.source, parent?.service, parent?.name], ['proxy', service, 'try 1'], `above ${service}`);
    const { instanceList } = await system.service(service);
    assert.equal(own?.instance, instanceList[0]?.id);
  }
  // The call from one to the other is below the request that asked for it.
  const call = spans.find(({ service, kind, source }) => service === 'web' && kind === 'client' && source === 'otlp');
  const below = spans.find(({ parent, service }) => parent === call?.span && service === 'stock');
  assert.deepEqual([below?.source, below?.kind], ['proxy', 'server']);
});

async function traceOf(system: System, service: string): Promise<readonly Span[]> {
  const { stdout } = await system.islet('traces', service, '--json');
  for (const { trace, spans } of JSON.parse(stdout) as readonly { trace: string; spans: number }[]) {
    if (spans < 2) continue;
    const told = await system.islet('trace', trace, '--json');
    const found = (JSON.parse(told.stdout) as { spans: readonly Span[] }).spans;
    if (found.some(({ name }) => name.includes('/web'))) return found;
  }
  return [];
}

/** As whoever builds with Maven gets it; undefined: there is no Maven, or no network. */
function javaAgent(): { readonly folder: string; readonly path: string } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'islet-agent-'));
  const args = [
    '-q',
    '-B',
    'dependency:copy',
    `-Dartifact=${AGENT}`,
    `-DoutputDirectory=${folder}`,
    '-Dmdep.stripVersion',
  ];
  const { status } = spawnSync('mvn', args, { cwd: folder, stdio: 'ignore', timeout: 300_000 });
  if (status === 0) return { folder, path: join(folder, JAR) };
  rmSync(folder, { recursive: true });
  return undefined;
}
