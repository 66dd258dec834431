import type { Answer, LogRecord } from '@islet/client/browser';
import { memo, useEffect, useMemo, useState } from 'react';
import { useSearchParams } from 'wouter';
import { useAsk } from '../live/ask.ts';
import { type Connection, keepOpen } from '../live/connection.ts';
import { toneOfLevel, withRecords } from '../model/log-lines.ts';
import { Filters } from '../parts/filters.tsx';
import { Found } from '../parts/found.tsx';
import { useGrowing } from '../parts/growing.ts';
import { Link } from '../parts/link.tsx';
import { Answered, Empty, Failure } from '../parts/states.tsx';
import { StretchChoice, useStretch } from '../parts/stretch.tsx';
import { Clock } from '../parts/time.tsx';
import { useTitle } from '../parts/title.ts';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
const FIELDS = [
  { name: 'service', label: 'Service', kind: 'service' },
  { name: 'level', label: 'From level', kind: 'choice', choices: LEVELS },
  { name: 'grep', label: 'Text, or /pattern/', kind: 'text', wide: true },
  { name: 'instance', isRare: true, label: 'Instance', kind: 'text' },
  { name: 'trace', isRare: true, label: 'Trace', kind: 'text' },
] as const;

const LIMIT = 300;
/** Lines that came within this time are drawn together. */
const TOGETHER_MS = 150;

/** What services wrote: searched for, and live as it comes. */
export function LogsPage() {
  const [params, setParams] = useSearchParams();
  const { from, to } = useStretch();
  const isLive = params.get('live') !== 'off';
  const filter = filterOf(params);
  const [opened] = useState({ from, to });
  // While lines come by themselves, what was there before is asked for once.
  const asked = useAsk('logRecords', { ...filter, ...(isLive ? opened : { from, to }), limit: LIMIT }, { on: isLive });
  useTitle('Logs');
  return (
    <>
      <header className="page-head">
        <h1>Logs</h1>
      </header>
      <Filters fields={FIELDS}>
        <StretchChoice />
        <button
          type="button"
          className="button"
          aria-pressed={isLive}
          onClick={() => {
            const next = new URLSearchParams(params);
            if (isLive) next.set('live', 'off');
            else next.delete('live');
            setParams(next, { replace: true });
          }}
        >
          {isLive ? 'Pause' : 'Go live'}
        </button>
      </Filters>
      <Answered asked={asked} what="the logs">
        {(found) => <Tail key={JSON.stringify(filter)} found={found} filter={filter} isLive={isLive} />}
      </Answered>
    </>
  );
}

interface Filter {
  readonly service?: string;
  readonly instance?: string;
  readonly grep?: string;
  readonly trace?: string;
  readonly level?: (typeof LEVELS)[number];
}

function filterOf(params: URLSearchParams): Filter {
  const texts = (['service', 'instance', 'grep', 'trace'] as const).flatMap((name) => {
    const value = params.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  const level = LEVELS.find((one) => one === params.get('level'));
  return { ...Object.fromEntries(texts), ...(level === undefined ? {} : { level }) };
}

interface TailProps {
  readonly found: Answer<'logRecords'>;
  readonly filter: Filter;
  readonly isLive: boolean;
}

function Tail({ found, filter, isLive }: TailProps) {
  const [tailed, setTailed] = useState<readonly LogRecord[]>([]);
  const [connection, setConnection] = useState<Connection>({ kind: 'connecting' });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter makes another component, by its key.
  useEffect(() => {
    if (!isLive) return undefined;
    let fresh: LogRecord[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      const records = fresh;
      fresh = [];
      setTailed((before) => withRecords(before, records));
    };
    const end = keepOpen({
      name: 'tailLogRecords',
      input: filter,
      onValue: (record) => {
        fresh.push(record);
        timer ??= setTimeout(flush, TOGETHER_MS);
      },
      onConnection: setConnection,
    });
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [isLive]);
  const records = useGrowing(useMemo(() => withRecords(found.logs, tailed), [found.logs, tailed]));
  return (
    <>
      {isLive && connection.kind === 'stale' ? <Failure error={connection.error} /> : null}
      <Found gaps={found.gaps} looked={found.looked} />
      {records.length === 0 ? (
        <Empty title="No line matches">
          {Object.keys(filter).length > 0
            ? 'Fewer filters or a longer time may find some.'
            : 'Services have written nothing yet.'}
        </Empty>
      ) : (
        <ol className="logs panel" aria-label="Log records, the newest first">
          {records.map((record) => (
            <Line key={record.id} record={record} withService={filter.service === undefined} />
          ))}
        </ol>
      )}
    </>
  );
}

const Line = memo(function Line({
  record,
  withService,
}: {
  readonly record: LogRecord;
  readonly withService: boolean;
}) {
  const { at, service, instance, level, text, trace } = record;
  return (
    <li className={`log log-${toneOfLevel(level)}`}>
      <span className="log-at">
        <Clock at={at} />
      </span>
      {withService ? (
        <Link href={`/services/${service}`} className="log-service" title={instance}>
          {service}
        </Link>
      ) : (
        <span className="log-service" title={instance}>
          {instance}
        </span>
      )}
      <span className="log-level">{level ?? ''}</span>
      <span className="log-text">{text}</span>
      {trace === undefined ? null : (
        <Link href={`/traces/${trace}`} className="log-trace">
          trace
        </Link>
      )}
    </li>
  );
});
