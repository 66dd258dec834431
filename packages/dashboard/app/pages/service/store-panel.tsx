import type { Answer, ServiceStatus } from '@islet/client/browser';
import type { ReactNode } from 'react';
import { api } from '../../live/api.ts';
import { bytesText, durationText, percentText, rateText } from '../../model/format.ts';
import { Confirm } from '../../parts/confirm.tsx';

type StoreTold = Answer<'storeStatus'>[number];

interface StoreProps {
  readonly title: string;
  readonly store: Pick<NonNullable<ServiceStatus['database']>, 'engine' | 'state' | 'pid'>;
  /** What it says of itself; undefined: it was not asked yet, or does not answer. */
  readonly told: StoreTold | undefined;
  /** What can be asked of it. */
  readonly children?: ReactNode;
}

export function Store({ title, store, told, children }: StoreProps) {
  const id = `store-${title.toLowerCase()}`;
  const facts = [
    ['Engine', [store.engine, told?.version].filter(Boolean).join(' ')],
    ['State', store.state],
    ['Process', store.pid],
    ['Size', told?.bytes === undefined ? undefined : bytesText(told.bytes)],
    ['Connections', told?.connections && `${told.connections.open} of ${told.connections.most}`],
    [
      store.engine === 'redis' ? 'Commands/s' : 'Transactions/s',
      told?.commitsPerSecond === undefined ? undefined : rateText(told.commitsPerSecond),
    ],
    ['Read from memory', told?.cacheHits === undefined ? undefined : percentText(told.cacheHits)],
  ] as const;
  return (
    <section className="panel" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <dl className="facts-list">
        {facts.map(([name, value]) =>
          value === undefined ? null : (
            <div key={name} className="fact">
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
      {told?.why === undefined ? null : <p className="muted">{told.why}</p>}
      {told?.slow.map(({ forMs, text }) => (
        <p key={text} className="slow">
          <span className="tone-warn">runs for {durationText(forMs)}</span> <code>{text}</code>
        </p>
      ))}
      {children === undefined ? null : <div className="buttons panel-buttons">{children}</div>}
    </section>
  );
}

export function Rotate({ service }: { readonly service: string }) {
  return (
    <Confirm
      verb="Rotate credentials"
      title={`Rotate the credentials of ${service}’s database?`}
      act={async () => {
        await api.ask('rotate', { service });
        return `${service} gets new credentials`;
      }}
    >
      <p>
        Makes new credentials beside the old ones, and replaces every instance by one that uses them. Once nothing has
        the old ones any more, they let nobody in.
      </p>
    </Confirm>
  );
}

export function Seed({ service }: { readonly service: string }) {
  return (
    <Confirm
      verb="Seed"
      title={`Fill the database of ${service}?`}
      act={async () => seededText(service, await api.ask('seed', { service, force: false }))}
    >
      <p>
        Runs what its file names as <code>database.seed</code>. In an environment such as production it is refused.
      </p>
    </Confirm>
  );
}

function seededText(service: string, answer: Answer<'seed'>): string {
  switch (answer.kind) {
    case 'seeded':
      return `${service} is filled from ${answer.files.join(', ')}`;
    case 'failed':
      throw new Error(`${answer.file} failed: ${answer.reason}`);
    case 'command':
      throw new Error(`its seed is a command, which the command line runs: islet db seed ${service}`);
  }
}
