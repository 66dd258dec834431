import type { ServiceStatus } from '@islet/client/browser';
import { useMemo } from 'react';
import { api } from '../../live/api.ts';
import { useAsk } from '../../live/ask.ts';
import { useStatus } from '../../live/status.ts';
import { plural, shortNumber, UNKNOWN } from '../../model/format.ts';
import type { Tone } from '../../model/overview.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Link } from '../../parts/link.tsx';
import { Empty } from '../../parts/states.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { Ago } from '../../parts/time.tsx';
import { Chip } from '../../parts/tone.tsx';

type State = ServiceStatus['instanceList'][number]['state'];
const TONES: Readonly<Record<State, Tone>> = {
  ready: 'good',
  warm: 'good',
  starting: 'busy',
  draining: 'busy',
  stopping: 'busy',
  drained: 'idle',
  unready: 'warn',
  exited: 'bad',
} as const;

/** Why there are so many. */
function ScaleReason({ service }: { readonly service: string }) {
  const asked = useAsk('scaling', { service }, { on: useStatus()?.revision });
  if (asked.value === undefined) return null;
  const { why, min, max, mode, signals } = asked.value;
  const measured = signals.flatMap(({ metric, total, target }) =>
    total === undefined ? [] : [`${metric} ${shortNumber(total)}, ${shortNumber(target)} for each`],
  );
  return (
    <p className="lead scale-reason">
      {[why, mode === 'auto' ? `between ${min} and ${max}` : undefined, ...measured].filter(Boolean).join('; ')}
    </p>
  );
}

interface DrainProps {
  readonly service: string;
  readonly instance: string;
  readonly state: State;
}

/** Out of traffic, and back; of one that is leaving anyway, nothing. */
function Drain({ service, instance, state }: DrainProps) {
  const ask = (back: boolean, text: string) => async () => {
    await api.ask('drain', { service, instance, back });
    return text;
  };
  switch (state) {
    case 'drained':
      return (
        <Confirm
          verb="Take back"
          title={`Take ${instance} back into traffic?`}
          act={ask(true, `${instance} gets requests again`)}
        >
          <p>It gets requests again. What stands in for it is drained, and then ends.</p>
        </Confirm>
      );
    case 'ready':
    case 'unready':
    case 'starting':
      return (
        <Confirm
          verb="Drain"
          title={`Drain ${instance}?`}
          act={ask(false, `${instance} leaves traffic once another stands in for it`)}
        >
          <p>
            Another instance is started in its place. Once that serves, this one gets no new requests, and what it has
            in flight ends. It runs on, to be looked at, until it is taken back or its revision is replaced.
          </p>
        </Confirm>
      );
    case 'draining':
    case 'warm':
    case 'stopping':
    case 'exited':
      return null;
  }
}

type Instance = ServiceStatus['instanceList'][number];

function columnsOf(service: string): readonly Column<Instance>[] {
  return [
    {
      name: 'Instance',
      kind: 'head',
      className: () => 'id',
      show: ({ id }) => (
        <Link href={`/logs?service=${service}&instance=${id}`} title="its logs">
          {id}
        </Link>
      ),
    },
    {
      name: 'State',
      show: ({ state, exits, why }) => (
        <>
          <Chip tone={TONES[state]}>{state}</Chip>
          {exits === 0 ? null : <span className="muted"> ended {plural(exits, 'time')}</span>}
          {why === undefined ? null : <span className="muted"> {why}</span>}
        </>
      ),
    },
    { name: 'Revision', kind: 'id', show: ({ revision }) => revision.slice(0, 7) },
    { name: 'Started', show: ({ startedAt }) => (startedAt === undefined ? UNKNOWN : <Ago at={startedAt} />) },
    { name: 'Process', kind: 'number', show: ({ pid }) => pid ?? UNKNOWN },
    { name: 'Port', kind: 'number', show: ({ port }) => port ?? UNKNOWN },
    {
      name: 'Traffic',
      isUnseen: true,
      className: () => 'actions',
      show: ({ id, state }) => <Drain service={service} instance={id} state={state} />,
    },
  ];
}

export function Instances({ service: { name, instanceList } }: { readonly service: ServiceStatus }) {
  const columns = useMemo(() => columnsOf(name), [name]);
  return (
    <section aria-labelledby="instances">
      <h2 id="instances">Instances</h2>
      <ScaleReason service={name} />
      {instanceList.length === 0 ? (
        <Empty title="None runs">“Scale” above starts some, where the file does not.</Empty>
      ) : (
        <Table label="Table of instances" columns={columns} rows={instanceList} keyOf={({ id }) => id} />
      )}
    </section>
  );
}
