import type { FollowLog, StoreReader } from '@islet/driver';
import { copyFile } from './copy.ts';
import { FollowProcess } from './follow-process.ts';
import { parseSource } from './source.ts';

/** Copies and follows SQLite files, with a process of its own for all of them. */
export function createSqliteReader(): StoreReader {
  const process = new FollowProcess();
  const follow: FollowLog = async function* ({ source, from }, { signal }) {
    const { path, owner } = parseSource(source);
    for (let at = from; ; ) {
      const chunk = await process.next({ path, owner, from: at }, signal);
      yield chunk;
      at = chunk.to;
    }
  };
  return {
    engine: 'sqlite',
    identity: async (source) => parseSource(source).identity,
    copy: async function* (source, { signal }) {
      const { path, owner } = parseSource(source);
      const end = () => process.end({ path, owner }, signal);
      const from = await end();
      const copy = copyFile({ path, owner }, signal);
      // What is copied is the file as it was when this came: between the two ends.
      await copy.begun;
      const needs = { from, to: await end() };
      yield* copy.bytes();
      return { needs, notes: {} };
    },
    follow,
  };
}
