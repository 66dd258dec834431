import type { TestEvent } from 'node:test/reporters';

/** A reporter of node's test runner: the path of the file of each test that fails, a line each. */
// biome-ignore lint/style/noDefaultExport: a reporter is what its file exports by default.
export default async function* failedFiles(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    if (event.type === 'test:fail' && event.data.file !== undefined) yield `${event.data.file}\n`;
  }
}
