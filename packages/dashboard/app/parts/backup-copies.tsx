import type { BackupCopy } from '@islet/client/browser';
import { useAsk } from '../live/ask.ts';
import { useStatus } from '../live/status.ts';
import { bytesText, UNKNOWN } from '../model/format.ts';
import type { Tone } from '../model/overview.ts';
import { Answered, Empty } from './states.tsx';
import { type Column, Table } from './table.tsx';
import { Clock } from './time.tsx';
import { Chip } from './tone.tsx';

const TONES = { whole: 'good', unfinished: 'busy', damaged: 'bad' } as const satisfies Record<string, Tone>;

const COLUMNS: readonly Column<BackupCopy>[] = [
  { name: 'Copy', kind: 'head', className: () => 'id', show: ({ id }) => id },
  {
    name: 'State',
    show: ({ state, problem }) => (
      <>
        <Chip tone={TONES[state]}>{state}</Chip>{' '}
        {problem === undefined ? null : <span className="muted">{problem}</span>}
      </>
    ),
  },
  { name: 'Begun', show: ({ startedAt }) => <Clock at={startedAt} /> },
  { name: 'Reaches to', show: ({ to }) => (to === undefined ? UNKNOWN : <Clock at={to} />) },
  { name: 'Stored', kind: 'number', show: ({ storedBytes }) => bytesText(storedBytes) },
  { name: 'Data', kind: 'number', show: ({ plainBytes }) => bytesText(plainBytes) },
];

export function Copies({ service }: { readonly service: string }) {
  const asked = useAsk('backupList', { service }, { on: useStatus() });
  return (
    <section aria-labelledby={`copies-${service}`}>
      <h2 id={`copies-${service}`}>Copies{service.includes('.') ? ` of ${service}` : ''}</h2>
      <Answered asked={asked} what="its copies">
        {(all) => {
          // What comes back together with it is listed with it, and has a table of its own.
          const copies = all.filter(({ store }) => store === service);
          return copies.length === 0 ? (
            <Empty title="There is no copy yet">The first is made soon after the store first runs.</Empty>
          ) : (
            <Table label="Table of copies" columns={COLUMNS} rows={copies} keyOf={({ id }) => id} />
          );
        }}
      </Answered>
    </section>
  );
}
