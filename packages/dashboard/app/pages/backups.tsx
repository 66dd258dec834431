import type { StoreBackup } from '@islet/client/browser';
import { useAsk } from '../live/ask.ts';
import { useStatus } from '../live/status.ts';
import { bytesText, durationText, UNKNOWN } from '../model/format.ts';
import { proofOf, serviceOfStore } from '../model/overview.ts';
import { Link } from '../parts/link.tsx';
import { Answered, Empty } from '../parts/states.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { Ago, Clock } from '../parts/time.tsx';
import { useTitle } from '../parts/title.ts';
import { Chip } from '../parts/tone.tsx';

const COLUMNS: readonly Column<StoreBackup>[] = [
  {
    name: 'Store',
    kind: 'head',
    show: ({ service, engine }) => (
      <>
        <Link href={`/services/${serviceOfStore(service)}/data`}>{service}</Link>{' '}
        <span className="muted">{engine}</span>
      </>
    ),
  },
  { name: 'Proof', className: () => 'wide', show: (backup) => <ProofOf backup={backup} /> },
  { name: 'Last copy', show: ({ last }) => (last === undefined ? UNKNOWN : <Ago at={last.finishedAt} />) },
  { name: 'Back to', show: ({ from }) => (from === undefined ? UNKNOWN : <Clock at={from} />) },
  { name: 'Would be lost now', kind: 'number', show: ({ rpoMs }) => durationText(rpoMs) },
  { name: 'Time to restore', kind: 'number', show: ({ drill }) => durationText(drill?.rtoMs) },
  { name: 'Stored', kind: 'number', show: ({ bytes }) => bytesText(bytes) },
  {
    name: 'Second place',
    show: ({ mirroredAt }) =>
      mirroredAt === undefined ? <span className="muted">none</span> : <Ago at={mirroredAt} />,
  },
];

/** Every store, and whether it would come back. */
export function BackupsPage() {
  const asked = useAsk('backups', {}, { on: useStatus() });
  useTitle('Backups');
  return (
    <>
      <header className="page-head">
        <h1>Backups</h1>
        <p className="lead">
          A backup that was never brought back is a hope. “Proven” says when a drill last restored it, and checked it.
        </p>
      </header>
      <Answered asked={asked} what="the backups">
        {(backups) =>
          backups.length === 0 ? (
            <Empty title="No service keeps data">
              One that has <code>database: postgres</code> in its file is backed up from its first start.
            </Empty>
          ) : (
            <Table
              label="Backups"
              columns={COLUMNS}
              rows={backups}
              keyOf={({ service, engine }) => `${service} ${engine}`}
            />
          )
        }
      </Answered>
    </>
  );
}

function ProofOf({ backup }: { readonly backup: StoreBackup }) {
  const proof = proofOf(backup);
  return (
    <>
      {proof === undefined ? UNKNOWN : <Chip tone={proof.tone}>{proof.text}</Chip>}{' '}
      {proof?.at === undefined ? null : <Ago at={proof.at} />}
      {backup.problems.map((problem) => (
        <div key={problem} className="tone-bad sentence">
          {problem}
        </div>
      ))}
    </>
  );
}
