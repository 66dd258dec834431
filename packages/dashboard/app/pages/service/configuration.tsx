import type { EffectiveValue } from '@islet/client/browser';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { api } from '../../live/api.ts';
import { useAsk } from '../../live/ask.ts';
import { useStatus } from '../../live/status.ts';
import { originText, sectionsOf, valueText } from '../../model/service.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Filters } from '../../parts/filters.tsx';
import { Secrets } from '../../parts/secrets.tsx';
import { Answered, Empty } from '../../parts/states.tsx';
import { type Column, Table } from '../../parts/table.tsx';

const FIELDS = [
  { name: 'key', label: 'Key or value', kind: 'text', wide: true },
  { name: 'from', label: 'From', kind: 'choice', choices: ['a file'] },
] as const;

/** A cache that is on, of the service or of a route or a caller alone. */
const CACHED = /^traffic\.(.*\.)?cache\./;

/** Every effective value, and the line that it comes from. */
export function ConfigurationTab({ service }: { readonly service: string }) {
  const asked = useAsk('describe', { service }, { on: useStatus()?.revision });
  const [params] = useSearchParams();
  const wanted = (params.get('key') ?? '').toLowerCase();
  const onlyOwn = params.get('from') !== null;
  const isShown = ({ path, value, from }: EffectiveValue) =>
    (!onlyOwn || from !== undefined) && `${path} ${valueText(value)}`.toLowerCase().includes(wanted);
  return (
    <>
      <Filters fields={FIELDS}>
        {asked.value?.values.some(({ path }) => CACHED.test(path)) ? <Purge service={service} /> : null}
      </Filters>
      <Answered asked={asked} what={`what ${service} is configured to be`}>
        {({ file, values }) => (
          <>
            <p className="muted">
              As last asked for, of <code>{file}</code>
            </p>
            <Values file={file} values={values.filter(isShown)} />
          </>
        )}
      </Answered>
      <OwnSecrets service={service} />
    </>
  );
}

function Values({ file, values }: { readonly file: string; readonly values: readonly EffectiveValue[] }) {
  if (values.length === 0) return <Empty title="No value matches" />;
  const columns: readonly Column<EffectiveValue>[] = [
    { name: 'Key', kind: 'head', className: () => 'id', show: ({ path }) => path },
    { name: 'Value', isUnseen: true, kind: 'id', show: ({ value }) => valueText(value) },
    {
      name: 'From',
      isUnseen: true,
      className: ({ from }) => (from === undefined ? 'muted' : undefined),
      show: ({ from }) => originText(from, file),
    },
  ];
  return sectionsOf(values).map(({ name, values: inside }) => (
    <section key={name} aria-labelledby={`of-${name}`}>
      <h2 id={`of-${name}`}>{name}</h2>
      <Table
        label={`Values of ${name}`}
        columns={columns}
        rows={inside}
        keyOf={({ path }) => path}
        className="values"
      />
    </section>
  ));
}

function Purge({ service }: { readonly service: string }) {
  const [path, setPath] = useState('');
  const [group, setGroup] = useState('');
  return (
    <Confirm
      verb="Purge cache"
      title={`Forget stored responses of ${service}?`}
      act={async () => {
        const only = { ...(path === '' ? {} : { path }), ...(group === '' ? {} : { group }) };
        const { purged } = await api.ask('purge', { service, ...only });
        return `${purged} stored ${purged === 1 ? 'response is' : 'responses are'} forgotten`;
      }}
    >
      <p>The proxy asks {service} anew for what it has stored of it.</p>
      <label className="field">
        <span>Path, such as /products/*; empty: all</span>
        <input value={path} pattern="/.*" onChange={(event) => setPath(event.target.value.trim())} />
      </label>
      <label className="field">
        <span>Group, as responses name it in Cache-Groups; empty: all</span>
        <input value={group} onChange={(event) => setGroup(event.target.value.trim())} />
      </label>
    </Confirm>
  );
}

function OwnSecrets({ service }: { readonly service: string }) {
  const asked = useAsk('secrets', {}, { on: useStatus()?.revision });
  const own = asked.value?.filter(({ usedBy }) => usedBy.includes(service)) ?? [];
  if (own.length === 0) return null;
  return (
    <section aria-labelledby="secrets">
      <h2 id="secrets">Secrets</h2>
      <Secrets secrets={own} again={asked.again} />
    </section>
  );
}
