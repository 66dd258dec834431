import type { LogRecord } from '@islet/client';
import type { Answer, Input } from '@islet/client/remote';
import { OWN_SERVICE } from '../logs/all-output.ts';
import type { Block } from '../store/block.ts';
import type { DecodedText } from '../store/codecs.ts';
import { attributesOf, type LogRow, levelRank } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { needleOf } from './grep.ts';
import { type Found, newest } from './search.ts';
import { stretchOf } from './stretch.ts';

export type LogFilter = Pick<Answerable, 'service' | 'instance' | 'level' | 'grep' | 'trace'>;
type Answerable = Input<'logRecords'>;

const LIMIT = 200;

export async function findLogs(store: Store, asked: Answerable, now: number): Promise<Answer<'logRecords'>> {
  const { from, to } = stretchOf(asked, now);
  const { found, looked } = await newest(store, 'logs', {
    service: asked.service,
    from,
    to,
    limit: Number(asked.limit ?? LIMIT),
    trace: asked.trace,
    rank: asked.level === undefined ? undefined : levelRank(asked.level),
    inBlock: blockFilter(asked),
    inMemory: rowFilter(asked),
  });
  return { logs: found.map(logRecord), gaps: store.gaps.between(from, to, ['output', 'otlp', 'stored']), looked };
}

/** Islet's own logs are there for whoever asks for them, and no noise among those of services. */
export function rowFilter({ service, instance, level, grep, trace }: LogFilter): (row: LogRow) => boolean {
  const needle = grep === undefined || grep === '' ? undefined : needleOf(grep);
  const rank = levelRank(level);
  return (row) =>
    (service === undefined ? row.service !== OWN_SERVICE : row.service === service) &&
    (instance === undefined || row.instance === instance) &&
    (trace === undefined || row.trace === trace) &&
    (level === undefined || levelRank(row.level) >= rank) &&
    (needle === undefined || needle.isIn(row.text) || needle.isIn(row.attributes));
}

/** The cheap columns first, then the text, and last what a line says beside it, as an order's number in a line of JSON. */
function blockFilter({
  service,
  instance,
  level,
  grep,
}: LogFilter): (block: Block<LogRow>) => (index: number) => boolean {
  const needle = grep === undefined || grep === '' ? undefined : needleOf(grep);
  const rank = levelRank(level);
  return (block) => {
    const levels = level === undefined ? undefined : block.column<string>('level');
    const instances = instance === undefined ? undefined : block.column<string>('instance');
    const services = service === undefined ? block.column<string>('service') : undefined;
    let inText: ((index: number) => boolean) | undefined;
    let inAttributes: ((index: number) => boolean) | undefined;
    return (index) => {
      if (levels !== undefined && levelRank(levels.at(index) || undefined) < rank) return false;
      if (services?.at(index) === OWN_SERVICE) return false;
      if (instances !== undefined && instances.at(index) !== instance) return false;
      if (needle === undefined) return true;
      inText ??= needle.rowsOf(block.column<string>('text') as DecodedText);
      if (inText(index)) return true;
      inAttributes ??= needle.rowsOf(block.column<string>('attributes') as DecodedText);
      return inAttributes(index);
    };
  };
}

export function logRecord({ row, at, number }: Pick<Found<LogRow>, 'row' | 'at' | 'number'>): LogRecord {
  const { service, instance, revision, stream, level, text, trace, span, attributes } = row;
  return {
    id: `${Math.round(at * 1000).toString(36)}-${number.toString(36)}`,
    at,
    service,
    instance,
    stream,
    text,
    ...(revision !== '' && { revision }),
    ...(level !== undefined && { level }),
    ...(trace !== '' && { trace }),
    ...(span !== '' && { span }),
    ...(attributes !== '' && { attributes: attributesOf(attributes) }),
  };
}
