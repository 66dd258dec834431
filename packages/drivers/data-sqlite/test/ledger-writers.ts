import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A commit, and the instants around its acknowledgement, by this machine's clock. */
export interface Commit {
  readonly id: number;
  readonly askedAt: number;
  readonly acknowledgedAt: number;
}

export const LEDGER = 'CREATE TABLE ledger (id INTEGER PRIMARY KEY, writer int NOT NULL, sum int NOT NULL)';

/** A text, since the service's user need not be able to read our files. */
const PROGRAM = `
const { writeSync } = require('node:fs');
const { DatabaseSync } = require('node:sqlite');
const [path, writer] = process.argv.slice(1);
const database = new DatabaseSync(path, { timeout: 60_000 });
database.exec('PRAGMA synchronous = FULL');
const newest = database.prepare('SELECT id, sum FROM ledger ORDER BY id DESC LIMIT 1');
const enter = database.prepare('INSERT INTO ledger VALUES (?, ?, ?)');
for (;;) {
  const askedAt = Date.now();
  database.exec('BEGIN IMMEDIATE');
  const { id, sum } = newest.get() ?? { id: 0, sum: 0 };
  enter.run(id + 1, Number(writer), sum + id + 1);
  database.exec('COMMIT');
  writeSync(1, id + 1 + ' ' + askedAt + ' ' + Date.now() + '\\n');
}`;

/**
 * Processes that write one ledger, as the service. Each row holds the sum of all before it, whoever wrote them: a commit that is
 * lost, doubled or half there shows. What was acknowledged is remembered here.
 */
export class LedgerWriters {
  readonly commits: Commit[] = [];
  readonly #path: string;
  readonly #uid: number | undefined;
  readonly #running: ChildProcess[];

  constructor(path: string, { uid, count }: { readonly uid: number | undefined; readonly count: number }) {
    this.#path = path;
    this.#uid = uid;
    this.#running = Array.from({ length: count }, (_, writer) => this.#start(writer));
  }

  /** One of them dies, wherever it is, and another takes its place. */
  async replace(writer: number): Promise<void> {
    await this.#end(writer);
    this.#running[writer] = this.#start(writer);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.map((_, writer) => this.#end(writer)));
  }

  async #end(writer: number): Promise<void> {
    const child = this.#running[writer];
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  }

  #start(writer: number): ChildProcess {
    const identity = this.#uid === undefined ? {} : { uid: this.#uid, gid: this.#uid };
    const child = spawn(process.execPath, ['-e', PROGRAM, this.#path, String(writer)], {
      ...identity,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [id = 0, askedAt = 0, acknowledgedAt = 0] = line.split(' ').map(Number);
        this.commits.push({ id, askedAt, acknowledgedAt });
      }
    });
    return child;
  }
}
