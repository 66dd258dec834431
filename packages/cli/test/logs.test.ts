import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LogRecord } from '@islet/client';
import { ApiError } from '@islet/client/errors';
import { fakeSystem } from './fake-system.ts';
import { islet } from './run.ts';

const system = fakeSystem();
const { answering } = system;

const NONE = { gaps: [], looked: { segments: 0, records: 0, complete: true } };

function record(id: string, text: string, changes: Partial<LogRecord> = {}): LogRecord {
  return { id, at: 1_000, service: 'web', instance: 'web-1.0-0', stream: 'output', text, ...changes };
}

describe('logs', () => {
  test('come from the store, the oldest first, with every line of a stack under its name', async () => {
    const logs = [record('b', 'Error: x\n    at f'), record('a', 'first')];
    const fake = await answering({ logRecords: () => ({ logs, ...NONE }) });
    const { code, stdout } = await islet(['logs', 'web', '-n', '2', '--level', 'warn', '--grep', 'x'], {
      cwd: system.folder,
    });
    assert.deepEqual([code, stdout], [0, 'web.0        | first\nweb.0        | Error: x\nweb.0        |     at f\n']);
    assert.deepEqual(fake.calls.at(-1)?.input, { service: 'web', level: 'warn', grep: 'x', limit: 2 });
  });

  test('say what a line of JSON said beside its sentence, and a level that somebody should see', async () => {
    const [order, stack] = ['a-1', 'x'.repeat(200)];
    const logs = [
      record('d', 'ERROR: already named', { level: 'error', attributes: { ms: 3 } }),
      record('c', 'card declined', { level: 'error', attributes: { order, stack, 'exception.type': 'Declined' } }),
      record('b', 'Warning of its own', { level: 'warn' }),
      record('a', 'request', { level: 'info', attributes: { path: '/', status: 200 } }),
    ];
    await answering({ logRecords: () => ({ logs, ...NONE }) });
    const { stdout } = await islet(['logs', 'web'], { cwd: system.folder });
    assert.deepEqual(stdout.replaceAll('web.0        | ', '').split('\n'), [
      'request path=/ status=200',
      'Warning of its own',
      'ERROR card declined order=a-1',
      'ERROR: already named ms=3',
      '',
    ]);
  });

  test('say where nothing is known', async () => {
    await answering({
      logRecords: () => ({ ...NONE, logs: [], gaps: [{ from: 0, to: 1_000, why: 'the disk was full' }] }),
    });
    const { stderr } = await islet(['logs'], { cwd: system.folder });
    assert.match(stderr, /nothing is known from 1970-01-01T00:00:00\.000Z to .*: the disk was full/);
  });

  test('that are followed print nothing twice and miss nothing between the question and the stream', async () => {
    const controller = new AbortController();
    let asked = 0;
    await answering({
      logRecords: () => {
        asked++;
        const now = Date.now() + 60_000;
        return {
          ...NONE,
          logs: asked === 1 ? [record('a', 'one')] : [record('b', 'between', { at: now }), record('a', 'one')],
        };
      },
      tailLogRecords: async function* stream() {
        yield record('b', 'between');
        yield record('c', 'three');
        await new Promise(() => {});
      },
    });
    const onWrite = (text: string) => {
      if (text.includes('three')) controller.abort(new DOMException('interrupted', 'AbortError'));
    };
    const { code, stdout } = await islet(['logs', '-f'], { cwd: system.folder, signal: controller.signal, onWrite });
    assert.deepEqual([code, stdout], [130, 'web.0        | one\nweb.0        | between\nweb.0        | three\n']);
  });

  describe('of a store that is down', () => {
    const down = () => {
      throw new ApiError('unavailable', 'the telemetry process is being started');
    };
    const line = (said: string) => ({ service: 'web', instance: 'web-1.0-0', line: said });

    test('come from the files, which is said, and are searched all the same', async () => {
      await answering({ logRecords: down, logs: () => [line('one fish'), line('two')] });
      const { code, stdout, stderr } = await islet(['logs', '--grep', 'FISH'], { cwd: system.folder });
      assert.deepEqual([code, stdout], [0, 'web.0        | one fish\n']);
      assert.match(stderr, /store is down; these are the log files/);
    });

    test('can not be told by what files do not know', async () => {
      await answering({ logRecords: down, logs: () => [line('one')] });
      const { code, stdout, stderr } = await islet(['logs', '--level', 'error', '--since', '1h'], {
        cwd: system.folder,
      });
      assert.deepEqual([code, stdout], [4, '']);
      assert.match(stderr, /know nothing of --level, --since/);
    });
  });
});
